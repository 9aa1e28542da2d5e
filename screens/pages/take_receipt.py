"""Take your card, take your receipt."""

from screens.widgets.sheet import Sheet


class TakeReceiptPage(Sheet):
    """Laid out in ``take_receipt.kv``."""
