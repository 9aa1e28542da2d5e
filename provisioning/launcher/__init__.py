"""The launcher: what systemd starts, outside every release; counts the starts of what is on trial and starts the right slot.

The standard library alone, and the pure rule of a trial: no release can break it, and it is exchanged by hand or with the
machine's own image. ``slots`` is the layout of the folder, which the kiosk's agent knows as well.
"""

VERSION = 1
"""Counted up when a release may rely on something new of it; a release says the oldest it can be started by."""

VERSION_VARIABLE = "ZHIZHU_LAUNCHER"
"""What it tells a release of itself."""
WENT_BACK_VARIABLE = "ZHIZHU_WENT_BACK"
"""There at the start that is the way back: the crashes before it were not this release's."""
