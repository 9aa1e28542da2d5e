"""Sample cards for the far end: invented people, for training, demonstration and tests.

The people are those of the ID-card reader's samples, repeated here because device classes do not know each other. Names and
numbers are made up; the numbers pass the check of GB 11643 because a reader that refused them would teach nobody anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from drivers.smartcard_reader.item_codec import pack_item
from drivers.smartcard_reader.regions import Item, region_of


class Nature(StrEnum):
    """What kind of card a sample is."""

    SOCIAL_SECURITY = "social security"
    BANK = "bank"
    OTHER = "other"
    MUTE = "mute"
    """Its contacts give no sensible answer to power, as when a card is put in the wrong way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One card.

    Attributes:
        files: File number -> item number -> the item as it stands on the chip.
        behind_pin: Items that are answered 6982 until VERIFY.
        greets_with_more: It answers a selection with 61 xx, as cards do that have something to say about themselves.
    """

    nature: Nature
    files: Mapping[int, Mapping[int, bytes]] = field(default_factory=dict, repr=False)
    behind_pin: frozenset[int] = frozenset()
    greets_with_more: bool = False


def _padded(text: str, length: int, padding: bytes = b"\x00") -> bytes:
    return text.encode("gb18030").ljust(length, padding)


def _files(values: Mapping[Item, bytes]) -> Mapping[int, Mapping[int, bytes]]:
    places = region_of(values[Item.IDENTIFICATION][:3].hex()).places
    files: dict[int, dict[int, bytes]] = {}
    for item, data in values.items():
        place = places[item]
        files.setdefault(place.file, {})[place.number] = pack_item(data, number=place.number)
    return files


_LI = {
    Item.IDENTIFICATION: bytes.fromhex("440800 00000000000000000000000000"),
    Item.VALID_TO: bytes.fromhex("20331231"),
    Item.CARD_NUMBER: b"A00000017",
    Item.NUMBER: b"440804195803120027",
    Item.NAME: _padded("李秀珍", 30),
    Item.SEX: b"2",
    Item.NATION: b"\x01",
    Item.BIRTH: bytes.fromhex("19580312"),
}

_LIANG = {
    Item.IDENTIFICATION: bytes.fromhex("990100 00000000000000000000000000"),
    Item.VALID_TO: bytes(4),
    Item.CARD_NUMBER: b"B00000025",
    Item.NUMBER: b"44082119860921031X",
    Item.NAME: _padded("梁𬱖", 40, b" "),  # a character outside GBK, in GB 18030's four bytes
    Item.SEX: b"\x01",
    Item.NATION: b"\x08",
}

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "social-security-1": Sample(nature=Nature.SOCIAL_SECURITY, files=_files(_LI)),
        "social-security-2": Sample(nature=Nature.SOCIAL_SECURITY, files=_files(_LIANG), greets_with_more=True),
        "social-security-pin": Sample(
            nature=Nature.SOCIAL_SECURITY, files=_files(_LI), behind_pin=frozenset({0x08, 0x09, 0x0A, 0x0B, 0x0D})
        ),
        "bank-card-1": Sample(nature=Nature.BANK),
        "other-card-1": Sample(nature=Nature.OTHER),
        "mute-card": Sample(nature=Nature.MUTE),
    }
)
"""Sample name -> card."""
