"""Fonts: finds a face with Chinese shapes and keeps it where Kivy can open it.

Noto's collections begin with the Japanese shapes, and Kivy always opens the first face of a file. So the simplified Chinese
face is taken out once and kept beside the display's state.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog
from fontTools.ttLib import TTCollection

FACE = "Noto Sans CJK SC"
COLLECTIONS = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/google-noto-cjk"),
)
"""Where Debian and Ubuntu, Arch, and Fedora keep NotoSansCJK-Regular.ttc and -Bold.ttc."""
WENQUANYI = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""Its first face is the Chinese one already; it has no bold, which is then drawn by thickening."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """The two files text is drawn with. ``is_bold_made`` when there is no bold face and strokes are thickened instead."""

    regular: str
    bold: str
    is_bold_made: bool


def find_fonts(cache: Path, *, collections: tuple[Path, ...] = COLLECTIONS, fallback: Path = WENQUANYI) -> Fonts:
    """Find the faces, taking them out of their collections into ``cache`` the first time (about half a second).

    Raises:
        FileNotFoundError: No font with Chinese shapes is installed; the message names the packages that bring one.
    """
    for folder in collections:
        regular, bold = folder / "NotoSansCJK-Regular.ttc", folder / "NotoSansCJK-Bold.ttc"
        if regular.exists() and bold.exists():
            return Fonts(regular=_taken_out(regular, cache), bold=_taken_out(bold, cache), is_bold_made=False)
    if fallback.exists():
        _log.warning("font_fallback", font=fallback.name)
        return Fonts(regular=str(fallback), bold=str(fallback), is_bold_made=True)
    raise FileNotFoundError("no font with Chinese shapes: install fonts-noto-cjk or fonts-wqy-microhei")


def _taken_out(collection: Path, cache: Path) -> str:
    seen = collection.stat()
    target = cache / f"{collection.stem}-SC-{seen.st_size}-{int(seen.st_mtime)}.otf"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        half_written = target.with_suffix(".part")
        with TTCollection(str(collection), lazy=True) as faces:
            face = next(font for font in faces.fonts if FACE in (font["name"].getDebugName(1), font["name"].getDebugName(16)))
            face.save(str(half_written), reorderTables=None)
        half_written.replace(target)
    return str(target)
