"""Characters as dots: the system's CJK font, drawn on the same grid as a printer's own font."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from drivers.receipt_printer.wrapping import width_of_char
from drivers.transport.system_font import FONT_PATHS

CELL_DOTS = 24
"""Height of a character, and width of a full-width one; a narrow one is half as wide (Font A and the Chinese font)."""

NEVER_A_CHARACTER = "\uffff"
"""Every font draws this as its empty box."""

FACES_IN_A_COLLECTION = 16
"""A .ttc holds several faces; Noto has ten."""

BLACK_FROM = 110
"""Grey value from which a pixel becomes a dot: a little bolder than half, as thermal paper darkens."""


class FontMissingError(ValueError):
    """There is no font to draw rare characters with. A ValueError: such a receipt cannot be printed on this machine."""


class DotFont:
    """Draws characters as a thermal head would: black dots on white, one cell after another."""

    def __init__(self, path: Path | None = None) -> None:
        """Prefer the font at ``path``; then ``FONT_PATHS``, as far as they exist. Opened when first needed."""
        self._preferred = () if path is None else (path,)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files in use; a character the first lacks is looked for in the next.

        Raises:
            FontMissingError: None is there; the message lists where it was looked for.
        """
        candidates = (*self._preferred, *FONT_PATHS)
        found = tuple(candidate for candidate in candidates if candidate.is_file())
        if not found:
            looked = ", ".join(str(candidate) for candidate in candidates)
            raise FontMissingError(
                f"no CJK font to draw rare characters with: install fonts-noto-cjk or set font (looked for {looked})"
            )
        return found

    def has(self, char: str) -> bool:
        """Whether any of the fonts has a picture of ``char``; without one an empty box is drawn."""
        return any(_is_in(_face(path, CELL_DOTS), char) for path in self.paths)

    def line(self, text: str, *, scale: int = 1, is_bold: bool = False) -> Image.Image:
        """Draw one line; mode ``1``, black 0 on white 255, 24 dots high and 12 dots a column, times ``scale``."""
        size = CELL_DOTS * scale
        clusters = clusters_of(text)
        columns = sum(width for _, width in clusters)
        grey = Image.new("L", (max(columns * size // 2, 1), size), 255)
        at = 0
        for cluster, width in clusters:
            grey.paste(_glyph(self._face_with(cluster[0], size), cluster, width * size // 2, size), (at, 0))
            at += width * size // 2
        if is_bold:
            grey = ImageChops.darker(grey, _shifted(grey, scale))
        return grey.point([255 if value > 255 - BLACK_FROM else 0 for value in range(256)], "1")

    def _face_with(self, char: str, size: int) -> ImageFont.FreeTypeFont:
        faces = (_face(path, size) for path in self.paths)
        first = next(faces)
        if char <= "~" or _is_in(first, char):
            return first
        return next((face for face in faces if _is_in(face, char)), first)


def clusters_of(text: str) -> Sequence[tuple[str, int]]:
    """Split into characters with their combining marks, and the columns each takes. A mark without a character is left out."""
    clusters: list[tuple[str, int]] = []
    for char in text:
        width = width_of_char(char)
        if width:
            clusters.append((char, width))
        elif clusters:
            clusters[-1] = (clusters[-1][0] + char, clusters[-1][1])
    return clusters


@lru_cache(maxsize=8)
def _face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Open the simplified-Chinese face; the monospaced one, whose narrow letters are exactly half as wide."""
    names: dict[str, int] = {}
    for index in range(FACES_IN_A_COLLECTION):
        try:
            names.setdefault(ImageFont.truetype(str(path), size, index=index).getname()[0] or "", index)
        except OSError:
            break
    if not names:
        raise FontMissingError(f"{path} is not a font")
    wanted = (("Mono", "SC"), ("SC",), ("Mono",))
    found = (index for words in wanted for name, index in names.items() if all(word in name for word in words))
    return ImageFont.truetype(str(path), size, index=next(found, 0), layout_engine=ImageFont.Layout.BASIC)


def _is_in(face: ImageFont.FreeTypeFont, char: str) -> bool:
    return _dots(face, char) != _empty_box(face)


@lru_cache(maxsize=8)
def _empty_box(face: ImageFont.FreeTypeFont) -> bytes:
    return _dots(face, NEVER_A_CHARACTER)


def _dots(face: ImageFont.FreeTypeFont, char: str) -> bytes:
    cell = Image.new("L", (2 * CELL_DOTS, 2 * CELL_DOTS))
    ImageDraw.Draw(cell).text((0, CELL_DOTS), char, font=face, fill=255)
    return cell.tobytes()


def _glyph(face: ImageFont.FreeTypeFont, cluster: str, width: int, height: int) -> Image.Image:
    # Not cached: a picture of a rare character would outlive the visit of the villager whose name it stands in.
    cell = Image.new("L", (width, height), 255)
    baseline = round(height * 0.86)  # CJK fonts stand 0.88 em above and 0.12 em below the baseline
    advance = max(face.getlength(cluster[0]), 1.0)
    if advance <= width:
        ImageDraw.Draw(cell).text(((width - advance) / 2, baseline), cluster, font=face, fill=0, anchor="ls")
        return cell
    wide = Image.new("L", (int(advance + 0.5), height), 255)
    ImageDraw.Draw(wide).text((0, baseline), cluster, font=face, fill=0, anchor="ls")
    return wide.resize((width, height), Image.Resampling.LANCZOS)


def _shifted(image: Image.Image, by: int) -> Image.Image:
    moved = Image.new("L", image.size, 255)
    moved.paste(image, (by, 0))
    return moved
