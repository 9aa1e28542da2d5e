"""Whom to call, and 报修."""

from screens.widgets.sheet import Sheet


class HelpPage(Sheet):
    """Laid out in ``help.kv``."""
