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
        name: Chinese name; the English one on a card that has no other.
        nation: Name of the ethnic group, e.g. ``汉`` (empty on layouts that have none).
        address: Where the person lives by this card: the newest address, where one was added. Empty on layouts without.
        number: ID number, or a foreigner's card number, upper-case X.
        authority: Who issued it; its code on layouts that hold nothing else, empty on those without.
        valid_to: Last day of validity, or None for 长期.
        photo: The card's own compressed picture, 1024 bytes, or empty.
        english_name: As on a foreigner's card, else empty.
        nationality: Three-letter code of a foreigner's country, else empty.
        permit_number: Number of the travel permit on a card for Hong Kong, Macau and Taiwan, else empty.
        times_issued: Which issue of the card this is, where it tells.
        first_address: The address the card was issued with, where a newer one was added; else empty.
        body_number: Number of the piece of plastic, upper-case hex; empty where it was not asked for.
        fingerprint: Templates of the fingers, 1024 bytes; empty where not asked for or not there.
        picture: The photo as a PNG file; empty without a decoder.
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
    english_name: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    permit_number: str = field(default="", repr=False)
    times_issued: int | None = field(default=None, repr=False)
    first_address: str = field(default="", repr=False)
    body_number: str = field(default="", repr=False)
    fingerprint: bytes = field(default=b"", repr=False)
    picture: bytes = field(default=b"", repr=False)


class IdCardReader(Device, Protocol):
    """Reads ID cards of the second generation: residents', and those for foreigners and for Hong Kong, Macau and Taiwan."""

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

        True is always sure. False is said only by a reader that has shown, or is known, to find a card again that it has
        read. Takes up to three seconds: the antenna may have to be switched off and on. A card found here is found by the
        next ``read_card`` too.

        Raises as ``status`` does. While another call is using the reader this answers None at once.
        """
