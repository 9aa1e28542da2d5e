"""What an ID-card reader can do for a visit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from drivers.contract.device import Device


class CardLayout(StrEnum):
    """Which of the four text layouts a card carries."""

    RESIDENT = "resident"
    FOREIGNER_2017 = "I"
    HONGKONG_MACAU_TAIWAN = "J"
    FOREIGNER_2023 = "Y"


class CardRefusal(StrEnum):
    """Why a card on the reader could not be read; the ``reason`` of a RefusedError."""

    PRESENT_AGAIN = "present_again"
    """Lifted too early, or the reading failed: put it down once more."""
    WRONG_CARD = "wrong_card"
    """A card of another kind: the person's, not a fault."""
    NOT_AUTHENTIC = "not_authentic"
    """Card and reader refuse each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdCard:
    """The person's data as read from the chip. Lives in the visit alone; its repr shows nothing of it.

    Attributes:
        nation: Name of the ethnic group, e.g. ``汉`` (empty on layouts that have none).
        number: ID number, upper-case X.
        valid_to: Last day of validity, or None for 长期.
        photo: The card's own compressed picture, 1024 bytes, or empty.
    """

    layout: CardLayout
    name: str = field(repr=False)
    sex: str = field(repr=False)
    nation: str = field(repr=False)
    birth: date = field(repr=False)
    address: str = field(repr=False)
    number: str = field(repr=False)
    authority: str = field(repr=False)
    valid_from: date = field(repr=False)
    valid_to: date | None = field(repr=False)
    photo: bytes = field(repr=False)


class IdCardReader(Device, Protocol):
    """Reads the second-generation resident ID card."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        """Wait for a card and read it whole, or not at all.

        The field is polled every 200 to 300 ms while waiting. Cancelling stops the polling.

        Args:
            deadline_s: Seconds to wait for a card to be laid down, 0.1 to 300. A card found in time is read to its end.
            found: Called once, on the loop, when a card has been found and its reading begins; not again when it has to be
                found anew on the way.

        Raises:
            DeadlineError: Nobody laid down a card, or the reader fell silent.
            RefusedError: ``reason`` is a CardRefusal.
            UnreachableError: The reader went away; its Keeper will reopen it.
            ProtocolError: The reader talks nonsense, again and again.
        """

    async def has_card(self) -> bool | None:
        """Whether a card lies on the reader now, one that has been read included; None when this reader cannot tell.

        Raises as ``status`` does. While another call is using the reader this answers None at once.
        """
