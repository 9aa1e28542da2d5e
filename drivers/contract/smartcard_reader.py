"""What a smart-card reader can do for a visit: read a social-security card, and leave every other card alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from drivers.contract.device import Device


class SocialSecurityRefusal(StrEnum):
    """Why a card in the reader could not be read; the ``reason`` of a RefusedError."""

    PRESENT_AGAIN = "present_again"
    """Pulled too early, or the contacts did not meet: put it in once more, the other way round perhaps."""
    WRONG_CARD = "wrong_card"
    """Not a social-security card: the person's card, not a fault."""
    BANK_CARD = "bank_card"
    """A bank card. Nothing of it is read; payment is by phone."""
    NEEDS_PIN = "needs_pin"
    """This region's card wants its PIN first. None is ever sent by this kiosk itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSecurityCard:
    """The person's data as read from the chip. Lives in the visit alone; its repr shows nothing of it.

    Attributes:
        region: Six-digit code of the issuing region, from the card identification.
        card_number: 社会保障卡卡号.
        number: 社会保障号码, which is the ID number, upper-case X.
        birth: None on cards that do not carry it.
        valid_to: Last day of validity, or None when the card does not say.
    """

    region: str
    card_number: str = field(repr=False)
    name: str = field(repr=False)
    number: str = field(repr=False)
    sex: str = field(repr=False)
    nation: str = field(repr=False)
    birth: date | None = field(repr=False)
    valid_to: date | None = field(repr=False)


class SmartcardReader(Device, Protocol):
    """Reads the social-security card through its contacts."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> SocialSecurityCard:
        """Wait for a card and read it whole, or not at all. The card is reset and let go of afterwards, however it ends.

        Args:
            deadline_s: Seconds to wait for a card to be put in, 0.1 to 300. A card found in time is read to its end.
            found: Called once, on the loop, when a card is in and its reading begins.

        Raises:
            DeadlineError: Nobody put a card in, or the card fell silent.
            RefusedError: ``reason`` is a SocialSecurityRefusal.
            UnreachableError: The reader, or the service that owns it, went away; its Keeper will reopen it.
            ProtocolError: The card answers what no card may answer.
        """

    async def has_card(self) -> bool:
        """Whether a card is in the reader now, read or not. Raises as ``status`` does."""
