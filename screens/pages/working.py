"""The machine works; how long it usually takes."""

from screens.widgets.sheet import Sheet


class WorkingPage(Sheet):
    """Laid out in ``working.kv``."""
