"""The platform's answer on the screen."""

from screens.widgets.sheet import Sheet


class ShowResultPage(Sheet):
    """Laid out in ``show_result.kv``."""
