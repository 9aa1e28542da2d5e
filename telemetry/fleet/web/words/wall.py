"""The screen on the wall."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "wall_nav": ("大屏", "Wall"),
    "wall": ("大屏", "Wall screen"),
    "wall_title": ("村级便民服务终端", "Village kiosks"),
    "in_progress_now": ("正在办", "In progress"),
    "just_now": ("刚刚", "Just now"),
    "worst_short": ("最差", "worst"),
    "wall_rule": ("数据断了，整屏变灰并写明截至几点", "when data stops, the screen turns grey and says since when"),
    "wall_stale": ("与服务器的连接断了，数字不再更新。", "The connection is lost; these numbers no longer change."),
}
