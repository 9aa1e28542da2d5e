"""Where this machine keeps a font with the rare characters of Chinese names."""

from pathlib import Path

FONT_PATHS: tuple[Path, ...] = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
)
"""Where distributions put one, the best first."""

SIMPLIFIED_CHINESE = 2
"""Which face of Noto's collections draws the shapes of simplified Chinese; of other fonts here it is the first."""


def face_of(path: Path) -> int:
    """Which face of the font file to take."""
    return SIMPLIFIED_CHINESE if path.name.startswith("Noto") else 0
