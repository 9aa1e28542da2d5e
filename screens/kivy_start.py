"""What Kivy has to be told before it is imported: its home, its window, which touches it listens to.

Kivy reads its environment when it is imported, and opens its window when ``kivy.core.window`` is; so this comes first.
"""

import os
from pathlib import Path

FRAMES_A_SECOND = 30
"""How often a fade moves on; 60 would cost 1 % of a core at rest. Touches and new pages do not wait for it, see ``app``."""


def prepare(*, home: Path, width: int, height: int, is_fullscreen: bool) -> None:
    """Settle everything Kivy reads at import; call once, before any other import of Kivy.

    Afterwards Kivy keeps no configuration and no log of its own, reads no command line and writes only under ``home``.
    """
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        KIVY_HOME=str(home),
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_LOG_MODE="PYTHON",
        SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR="0",
    )
    from kivy.config import Config  # noqa: PLC0415 - Kivy reads the environment set above when it is imported

    for section, option, value in (
        ("graphics", "width", str(width)),
        ("graphics", "height", str(height)),
        ("graphics", "position", "custom"),
        ("graphics", "left", "0"),
        ("graphics", "top", "0"),
        ("graphics", "fullscreen", "auto" if is_fullscreen else "0"),
        ("graphics", "borderless", "1"),
        ("graphics", "show_cursor", "0" if is_fullscreen else "1"),
        ("graphics", "resizable", "0"),
        ("graphics", "maxfps", str(FRAMES_A_SECOND)),
        ("graphics", "multisamples", "0"),
        ("kivy", "exit_on_escape", "0"),
        ("kivy", "log_level", "warning"),
        ("kivy", "keyboard_mode", ""),
        ("input", "mouse", "mouse,disable_multitouch"),
    ):
        Config.set(section, option, value)
    # the window passes touches on by itself; reading the panel's device file as well would double every one of them
    Config.remove_option("input", "mtdev_%(name)s")
    Config.remove_option("input", "hid_%(name)s")
