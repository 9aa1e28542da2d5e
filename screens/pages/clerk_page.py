"""The clerk's task, large."""

from screens.widgets.sheet import Sheet


class ClerkPagePage(Sheet):
    """Laid out in ``clerk_page.kv``."""
