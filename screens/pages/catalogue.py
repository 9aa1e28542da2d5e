"""The services, at most five, the withdrawn ones grey with their reason and where to go."""

from screens.widgets.sheet import Sheet


class CataloguePage(Sheet):
    """Laid out in ``catalogue.kv``."""
