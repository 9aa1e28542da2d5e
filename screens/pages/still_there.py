"""Nobody touched anything for a while: a number that counts down."""

from screens.widgets.sheet import Sheet


class StillTherePage(Sheet):
    """Laid out in ``still_there.kv``."""
