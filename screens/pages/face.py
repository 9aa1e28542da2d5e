"""The person before the camera, as before a mirror."""

from screens.widgets.sheet import Sheet


class FacePage(Sheet):
    """Laid out in ``face.kv``."""
