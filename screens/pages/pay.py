"""How much, and where the phone goes."""

from screens.widgets.sheet import Sheet


class PayPage(Sheet):
    """Laid out in ``pay.kv``."""
