"""Is it you? Masked, with two answers of the same size."""

from screens.widgets.sheet import Sheet


class ConfirmPage(Sheet):
    """Laid out in ``confirm.kv``."""
