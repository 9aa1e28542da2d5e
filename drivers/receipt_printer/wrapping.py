"""Breaking text into lines by the width it takes on the paper.

Widths are counted in columns of 12 dots: ASCII takes one, everything else two, exactly as a Chinese printer's own
fonts do. A combining mark takes none and stays with its character.
"""

import unicodedata

NEVER_FIRST = frozenset("，。、；：！？）》」』】〕…—·％℃,.;:!?)]}%”’")
"""Punctuation that does not begin a line (GB/T 15834); the character before it goes along."""

NEVER_LAST = frozenset("（《「『【〔([{“‘￥")
"""Punctuation that does not end a line."""


def clean(text: str) -> str:
    """Return ``text`` as it can stand on paper: composed, no control or invisible characters, ``￥`` for ``¥``.

    Line feeds stay; tabs and other blanks become spaces. U+00A5 would become four bytes no printer has a picture for.
    """
    kept = []
    for char in unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("¥", "￥"):
        category = unicodedata.category(char)
        if char in {"\n", "\u3000"}:
            kept.append(char)
        elif category.startswith("Z") or char in "\t\r\v\f":
            kept.append(" ")
        elif category in {"Cc", "Cf", "Cs"} or _is_variation_selector(char):
            continue
        else:
            kept.append(char)
    return "".join(kept)


def width_of(text: str) -> int:
    """Columns that ``text`` takes."""
    return sum(width_of_char(char) for char in text)


def width_of_char(char: str) -> int:
    """Columns that one character takes: 0, 1 or 2."""
    if " " <= char <= "~":
        return 1
    return 0 if unicodedata.category(char) in {"Mn", "Me"} else 2


def wrap(text: str, *, columns: int) -> tuple[str, ...]:
    """Break cleaned ``text`` into lines of at most ``columns`` columns, at least one line.

    Chinese breaks anywhere but before closing or after opening punctuation; Latin words break at blanks where they can.

    Raises:
        ValueError: Not even one full-width character fits.
    """
    if columns < 2:
        raise ValueError(f"a line of {columns} columns cannot hold a character")
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = paragraph.rstrip(" ")
        while width_of(rest) > columns:
            end = _break_at(rest, columns)
            lines.append(rest[:end].rstrip(" "))
            rest = rest[end:].lstrip(" ")
        lines.append(rest)
    return tuple(lines)


def _break_at(text: str, columns: int) -> int:
    """Where to break ``text``, which is too long: an index of at least 1."""
    fits = 0
    used = 0
    for index, char in enumerate(text):
        used += width_of_char(char)
        if used > columns:
            break
        fits = index + 1
    for end in range(fits, fits // 2, -1):
        if _may_break(text[end - 1], text[end]):
            return end
    return fits


def _may_break(before: str, after: str) -> bool:
    if after in NEVER_FIRST or before in NEVER_LAST or width_of_char(after) == 0:
        return False
    return not (_is_word(before) and _is_word(after))


def _is_word(char: str) -> bool:
    return "!" <= char <= "~"


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180d"
