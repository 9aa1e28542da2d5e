"""On or off, again, louder, softer."""

from screens.widgets.sheet import Sheet


class VoicePage(Sheet):
    """Laid out in ``voice.kv``."""
