"""好差评, five faces."""

from screens.widgets.sheet import Sheet


class RatePage(Sheet):
    """Laid out in ``rate.kv``."""
