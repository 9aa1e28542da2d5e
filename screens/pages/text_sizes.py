"""Four sizes, each shown in itself."""

from screens.widgets.sheet import Sheet


class TextSizesPage(Sheet):
    """Laid out in ``text_sizes.kv``."""
