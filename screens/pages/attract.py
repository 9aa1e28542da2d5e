"""Idle: come in, this works, touch here; and the one thing that needs the clerk's hands."""

from screens.widgets.sheet import Sheet


class AttractPage(Sheet):
    """Laid out in ``attract.kv``."""
