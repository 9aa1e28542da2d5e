"""Thanks; everything has been wiped."""

from screens.widgets.sheet import Sheet


class GoodbyePage(Sheet):
    """Laid out in ``goodbye.kv``."""
