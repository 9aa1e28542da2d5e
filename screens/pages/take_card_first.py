"""A card is still on the machine."""

from screens.widgets.sheet import Sheet


class TakeCardFirstPage(Sheet):
    """Laid out in ``take_card_first.kv``."""
