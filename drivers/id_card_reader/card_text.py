"""The 256 bytes of text on the chip: where each field stands, and how to read it.

UTF-16LE, each field padded with spaces. Offsets and lengths are bytes, as in the makers' manuals. A letter at offset 248
says which layout a card has; on a resident card nothing that is a letter stands there. A further layout is a further
table in ``LAYOUTS``.
"""

import contextlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.id_card_reader.id_number import normalised
from drivers.id_card_reader.nations import NATIONS

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
    SEX = "sex"
    NATION = "nation"
    BIRTH = "birth"
    ADDRESS = "address"
    NUMBER = "number"
    AUTHORITY = "authority"
    VALID_FROM = "valid from"
    VALID_TO = "valid to"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where one field stands; ``at`` and ``length`` in bytes."""

    name: FieldName
    at: int
    length: int


class CardTextError(ValueError):
    """The text of the card does not make sense. Names the field, never what stands in it."""


def _fields(*rows: tuple[int, int, FieldName]) -> tuple[Field, ...]:
    return tuple(Field(name=name, at=at, length=length) for at, length, name in rows)


LAYOUTS: Mapping[CardLayout, tuple[Field, ...]] = {
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
}
"""The layouts that can be read so far; each covers the 256 bytes without a gap."""


def layout_of(text: bytes) -> CardLayout | None:
    """Tell which layout a card's text has; None when its letter is not one we know."""
    letter = int.from_bytes(text[LETTER_AT : LETTER_AT + 2], "little")
    if not (letter < 0x80 and chr(letter).isalpha()):
        return CardLayout.RESIDENT
    try:
        return CardLayout(chr(letter))
    except ValueError:
        return None


def unpack(text: bytes, layout: CardLayout) -> dict[FieldName, str]:
    """Cut a card's text into its fields, without padding and control characters."""
    return {field.name: _clean(text[field.at : field.at + field.length]) for field in LAYOUTS[layout]}


def pack(values: Mapping[FieldName, str], layout: CardLayout) -> bytes:
    """Write fields as they stand on a chip: what ``unpack`` reads.

    Raises:
        ValueError: A value does not fit into its field.
    """
    text = bytearray(" ".encode("utf-16-le") * (TEXT_LENGTH // 2))
    for field in LAYOUTS[layout]:
        encoded = values.get(field.name, "").encode("utf-16-le")
        if len(encoded) > field.length:
            raise ValueError(f"{field.name} takes {len(encoded)} bytes, the field has {field.length}")
        text[field.at : field.at + len(encoded)] = encoded
    return bytes(text)


def parse_resident(text: bytes, photo: bytes) -> IdCard:
    """Read a resident card's text.

    Raises:
        CardTextError: A field that must make sense does not; nothing of the card is in the message.
    """
    if len(text) != TEXT_LENGTH:
        raise CardTextError(f"a card's text has {TEXT_LENGTH} bytes, not {len(text)}")
    fields = unpack(text, CardLayout.RESIDENT)
    if not fields[FieldName.NAME]:
        raise CardTextError("the field 'name' is empty")
    if fields[FieldName.SEX] not in SEXES:
        raise CardTextError("the field 'sex' holds no code of GB/T 2261.1")
    try:
        number = normalised(fields[FieldName.NUMBER])
    except ValueError as error:
        raise CardTextError(str(error)) from error
    return IdCard(
        layout=CardLayout.RESIDENT,
        name=fields[FieldName.NAME],
        sex=SEXES[fields[FieldName.SEX]],
        nation=NATIONS.get(fields[FieldName.NATION], ""),  # an unknown code is no reason to send a person away
        birth=_date(fields, FieldName.BIRTH),
        address=fields[FieldName.ADDRESS],
        number=number,
        authority=fields[FieldName.AUTHORITY],
        valid_from=_date(fields, FieldName.VALID_FROM),
        valid_to=None if fields[FieldName.VALID_TO] == FOR_LIFE else _date(fields, FieldName.VALID_TO),
        photo=photo,
    )


def _clean(raw: bytes) -> str:
    # "replace": half a surrogate pair at the end of a full address must not make a card unreadable for ever.
    decoded = raw.decode("utf-16-le", errors="replace")
    # Private-use characters stay: cards issued before Unicode had a rare character hold it as one.
    return "".join(character for character in decoded if unicodedata.category(character) != "Cc").strip()


def _date(fields: Mapping[FieldName, str], name: FieldName) -> date:
    written = fields[name]
    if len(written) == 8 and written.isascii() and written.isdigit():
        with contextlib.suppress(ValueError):
            return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    raise CardTextError(f"the field '{name}' holds no date YYYYMMDD")
