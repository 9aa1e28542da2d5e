"""Paper moves; do not pull."""

from screens.widgets.sheet import Sheet


class PrintingPage(Sheet):
    """Laid out in ``printing.kv``."""
