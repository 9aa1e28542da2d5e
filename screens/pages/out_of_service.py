"""No service can be offered: what holds, where else, whom to call."""

from screens.widgets.sheet import Sheet


class OutOfServicePage(Sheet):
    """Laid out in ``out_of_service.kv``."""
