"""回首页 in the middle of a matter asks once."""

from screens.widgets.sheet import Sheet


class LeaveQuestionPage(Sheet):
    """Laid out in ``leave_question.kv``."""
