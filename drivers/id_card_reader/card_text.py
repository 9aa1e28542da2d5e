"""The 256 bytes of text on the chip: where each field of each layout stands, and how it is cut out.

UTF-16LE, each field padded with spaces. Offsets and lengths are bytes, as in the makers' manuals. A letter at offset 248
says which layout a card has; on a resident card nothing that is a letter stands there. A further layout is a further
table in ``LAYOUTS``.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from drivers.contract.id_card_reader import CardLayout

TEXT_LENGTH = 256
LETTER_AT = 248
"""Offset of the letter that names the layout."""

FOR_LIFE = "长期"
"""Stands in place of the last day of validity on a card that does not expire."""

SEXES = {"1": "男", "2": "女", "0": "未知", "9": "未说明"}
"""GB/T 2261.1."""


class FieldName(StrEnum):
    """The fields of the layouts, named after the makers' manuals."""

    NAME = "name"
    ENGLISH_NAME = "english name"
    SEX = "sex"
    NATION = "nation"
    NATIONALITY = "nationality"
    BIRTH = "birth"
    ADDRESS = "address"
    NUMBER = "number"
    PERMIT_NUMBER = "permit number"
    AUTHORITY = "authority"
    VALID_FROM = "valid from"
    VALID_TO = "valid to"
    TIMES_ISSUED = "times issued"
    VERSION = "card version"
    LETTER = "letter of the layout"
    OLD_NUMBER_LINK = "link to old number"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where one field stands, or one piece of it; ``at`` and ``length`` in bytes."""

    name: FieldName
    at: int
    length: int


def _fields(*rows: tuple[int, int, FieldName]) -> tuple[Field, ...]:
    return tuple(Field(name=name, at=at, length=length) for at, length, name in rows)


LAYOUTS: Mapping[CardLayout, tuple[Field, ...]] = MappingProxyType(
    {
        CardLayout.RESIDENT: _fields(
            (0, 30, FieldName.NAME),
            (30, 2, FieldName.SEX),
            (32, 4, FieldName.NATION),
            (36, 16, FieldName.BIRTH),
            (52, 70, FieldName.ADDRESS),
            (122, 36, FieldName.NUMBER),
            (158, 30, FieldName.AUTHORITY),
            (188, 16, FieldName.VALID_FROM),
            (204, 16, FieldName.VALID_TO),
            (220, 36, FieldName.RESERVED),
        ),
        CardLayout.FOREIGNER_2017: _fields(
            (0, 120, FieldName.ENGLISH_NAME),
            (120, 2, FieldName.SEX),
            (122, 30, FieldName.NUMBER),
            (152, 6, FieldName.NATIONALITY),
            (158, 30, FieldName.NAME),
            (188, 16, FieldName.VALID_FROM),
            (204, 16, FieldName.VALID_TO),
            (220, 16, FieldName.BIRTH),
            (236, 4, FieldName.VERSION),
            (240, 8, FieldName.AUTHORITY),
            (248, 2, FieldName.LETTER),
            (250, 6, FieldName.RESERVED),
        ),
        CardLayout.HONGKONG_MACAU_TAIWAN: _fields(
            (0, 30, FieldName.NAME),
            (30, 2, FieldName.SEX),
            (32, 4, FieldName.RESERVED),
            (36, 16, FieldName.BIRTH),
            (52, 70, FieldName.ADDRESS),
            (122, 36, FieldName.NUMBER),
            (158, 30, FieldName.AUTHORITY),
            (188, 16, FieldName.VALID_FROM),
            (204, 16, FieldName.VALID_TO),
            (220, 18, FieldName.PERMIT_NUMBER),
            (238, 4, FieldName.TIMES_ISSUED),
            (242, 6, FieldName.RESERVED),
            (248, 2, FieldName.LETTER),
            (250, 6, FieldName.RESERVED),
        ),
        # Every row of this layout has one source only, and none was seen by us.
        CardLayout.FOREIGNER_2023: _fields(
            (0, 30, FieldName.NAME),
            (30, 2, FieldName.SEX),
            (32, 4, FieldName.TIMES_ISSUED),
            (36, 16, FieldName.BIRTH),
            (52, 70, FieldName.ENGLISH_NAME),
            (122, 36, FieldName.NUMBER),
            (158, 30, FieldName.RESERVED),
            (188, 16, FieldName.VALID_FROM),
            (204, 16, FieldName.VALID_TO),
            (220, 22, FieldName.ENGLISH_NAME),  # its rest
            (242, 6, FieldName.NATIONALITY),
            (248, 2, FieldName.LETTER),
            (250, 6, FieldName.OLD_NUMBER_LINK),
        ),
    }
)
"""The layouts; each covers the 256 bytes without a gap. A name that stands twice is one field in two pieces."""


def layout_of(text: bytes) -> CardLayout | None:
    """Tell which layout a card's text has; None when its length or its letter is not one we know."""
    if len(text) != TEXT_LENGTH:
        return None
    letter = int.from_bytes(text[LETTER_AT : LETTER_AT + 2], "little")
    if not (letter < 0x80 and chr(letter).isalpha()):
        return CardLayout.RESIDENT
    try:
        return CardLayout(chr(letter))
    except ValueError:
        return None


def unpack(text: bytes, layout: CardLayout) -> dict[FieldName, str]:
    """Cut a card's text into its fields, without padding and control characters."""
    pieces: dict[FieldName, bytes] = {}
    for field in LAYOUTS[layout]:
        pieces[field.name] = pieces.get(field.name, b"") + text[field.at : field.at + field.length]
    return {name: cleaned(piece) for name, piece in pieces.items()}


def pack(values: Mapping[FieldName, str], layout: CardLayout) -> bytes:
    """Write fields as they stand on a chip: what ``unpack`` reads.

    Raises:
        ValueError: A value does not fit into its field.
    """
    text = bytearray(" ".encode("utf-16-le") * (TEXT_LENGTH // 2))
    left = {name: value.encode("utf-16-le") for name, value in values.items()}
    for field in LAYOUTS[layout]:
        piece = left.get(field.name, b"")[: field.length]
        text[field.at : field.at + len(piece)] = piece
        left[field.name] = left.get(field.name, b"")[field.length :]
    for name, rest in left.items():
        if rest:
            room = sum(field.length for field in LAYOUTS[layout] if field.name is name)
            raise ValueError(f"{name} takes {room + len(rest)} bytes, the field has {room}")
    return bytes(text)


def cleaned(raw: bytes) -> str:
    """Read UTF-16LE from a chip, without padding and control characters. Never raises."""
    # "replace": half a surrogate pair at the end of a full address must not make a card unreadable for ever.
    decoded = raw.decode("utf-16-le", errors="replace")
    # Private-use characters stay: cards issued before Unicode had a rare character hold it as one.
    return "".join(character for character in decoded if unicodedata.category(character) != "Cc").strip()
