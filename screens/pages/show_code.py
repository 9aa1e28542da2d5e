"""A code to be photographed."""

from screens.widgets.sheet import Sheet


class ShowCodePage(Sheet):
    """Laid out in ``show_code.kv``."""
