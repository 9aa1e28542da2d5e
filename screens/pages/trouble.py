"""What happened, did it go through, what now, whom to call."""

from screens.widgets.sheet import Sheet


class TroublePage(Sheet):
    """Laid out in ``trouble.kv``."""
