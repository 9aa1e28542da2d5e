"""The core is away for a moment."""

from screens.widgets.sheet import Sheet


class WaitPage(Sheet):
    """Laid out in ``wait.kv``."""
