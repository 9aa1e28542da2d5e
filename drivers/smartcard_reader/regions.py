"""Where a social-security card keeps what, region by region, as data.

A region is known by the first digits of the code in its card identification. One that has no row of its own is read as
``STANDARD``. The rows of 98 and 99 are invented for training and tests: no region's code begins so, and no other region's table
has been seen by us yet (**unconfirmed: regions do differ**).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Item(StrEnum):
    """What is read of a card, named after the specification."""

    IDENTIFICATION = "card identification"
    VALID_TO = "expiry date"
    CARD_NUMBER = "card number"
    NUMBER = "social-security number"
    NAME = "name"
    SEX = "sex"
    NATION = "nation"
    BIRTH = "date of birth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one item stands.

    Attributes:
        file: Number of the file, e.g. 0xEF05.
        number: Of the item in it.
        length: Bytes of its data; a card that has another length says so.
        wants_pin: It is read only after VERIFY, which this kiosk never sends: it is not even asked for.
    """

    file: int
    number: int
    length: int
    wants_pin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One way of storing things. ``codes`` are the first digits of the region codes that store so."""

    name: str
    codes: tuple[str, ...]
    places: Mapping[Item, Place]


REQUIRED = frozenset({Item.IDENTIFICATION, Item.CARD_NUMBER, Item.NUMBER, Item.NAME})
"""A card without one of these is not read at all; the others may be missing, or wait behind a PIN."""

_ISSUER, _HOLDER = 0xEF05, 0xEF06

_STANDARD = {
    Item.IDENTIFICATION: Place(file=_ISSUER, number=0x01, length=16),
    Item.VALID_TO: Place(file=_ISSUER, number=0x06, length=4),
    Item.CARD_NUMBER: Place(file=_ISSUER, number=0x07, length=9),
    Item.NUMBER: Place(file=_HOLDER, number=0x08, length=18),
    Item.NAME: Place(file=_HOLDER, number=0x09, length=30),
    Item.SEX: Place(file=_HOLDER, number=0x0A, length=1),
    Item.NATION: Place(file=_HOLDER, number=0x0B, length=1),
    Item.BIRTH: Place(file=_HOLDER, number=0x0D, length=4),
}

STANDARD = Region(name="standard", codes=(), places=MappingProxyType(_STANDARD))
"""The national specification: issuer in EF05, holder in EF06."""

REGIONS: tuple[Region, ...] = (
    Region(
        name="training: holder in EF16",
        codes=("99",),
        places=MappingProxyType(
            _STANDARD
            | {
                Item.NUMBER: Place(file=0xEF16, number=0x18, length=18),
                Item.NAME: Place(file=0xEF16, number=0x19, length=40),
                Item.SEX: Place(file=0xEF16, number=0x1A, length=1),
                Item.NATION: Place(file=0xEF16, number=0x1B, length=1),
                Item.BIRTH: Place(file=0xEF16, number=0x1D, length=4, wants_pin=True),
            }
        ),
    ),
    Region(
        name="training: holder behind the PIN",
        codes=("98",),
        places=MappingProxyType(
            {item: Place(file=place.file, number=place.number, length=place.length, wants_pin=place.file == _HOLDER)
             for item, place in _STANDARD.items()}
        ),
    ),
)  # fmt: skip


def region_of(code: str) -> Region:
    """Tell how the region with this code stores things; the longest match wins."""
    found = [(len(begin), region) for region in REGIONS for begin in region.codes if code.startswith(begin)]
    return max(found, key=lambda each: each[0])[1] if found else STANDARD
