"""Lay the card here."""

from screens.widgets.sheet import Sheet


class PutCardPage(Sheet):
    """Laid out in ``put_card.kv``."""
