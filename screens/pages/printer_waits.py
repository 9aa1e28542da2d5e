"""The receipt is still owed; what the printer needs first."""

from screens.widgets.sheet import Sheet


class PrinterWaitsPage(Sheet):
    """Laid out in ``printer_waits.kv``."""
