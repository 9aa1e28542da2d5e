"""Papers under the overhead camera."""

from screens.widgets.sheet import Sheet


class ScanPage(Sheet):
    """Laid out in ``scan.kv``."""
