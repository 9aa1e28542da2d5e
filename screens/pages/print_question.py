"""The printer stopped: what came out?"""

from screens.widgets.sheet import Sheet


class PrintQuestionPage(Sheet):
    """Laid out in ``print_question.kv``."""
