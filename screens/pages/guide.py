"""办事指南: what to bring, how long, how much, what comes of it."""

from screens.widgets.sheet import Sheet


class GuidePage(Sheet):
    """Laid out in ``guide.kv``."""
