"""A card slot: the way to a smart card in a reader, one command and one answer at a time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class SlotRefusal(StrEnum):
    """What the card in the slot did not let happen; the ``reason`` of a RefusedError that a slot raises."""

    CARD_GONE = "card_gone"
    """There is no card, or it was pulled, or it was reset behind our back: what was under way is lost."""
    CARD_MUTE = "card_mute"
    """A card is in, and its contacts give no sensible answer to power: dirty, worn, or the wrong way round."""
    CARD_HELD = "card_held"
    """Another program talks with the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotIdentity:
    """Who a reader says it is. Empty where it does not say."""

    reader: str
    vendor: str = ""
    serial: str = ""
    version: str = ""


class CardSlot(Protocol):
    """One reader's slot. Raises only ``UnreachableError``, ``DeadlineError``, and ``RefusedError`` with a ``SlotRefusal``.

    Not safe for two conversations at once: the driver holding it serialises. ``card_is_present`` may be asked at any time.
    """

    @property
    def port(self) -> str:
        """Where it leads, as in the configuration, e.g. ``pcsc:ACR39U``."""

    async def open(self) -> None:
        """Take hold of the reader; cards are left alone.

        Raises:
            UnreachableError: The service is not there, or no reader or more than one goes by this name; the message lists them.
            DeadlineError: The service does not answer.
        """

    async def close(self) -> None:
        """Let go of card and reader. Twice is fine; never raises."""

    async def card_is_present(self, *, deadline_s: float) -> bool:
        """Whether a card is in the slot, of whatever kind and however it lies."""

    async def connect(self, *, deadline_s: float) -> bytes:
        """Power the card, keep every other program away from it, and return its answer to reset."""

    async def transmit(self, command: bytes, *, deadline_s: float) -> bytes:
        """Send one command APDU and return what came: data and status word, or less when the card was pulled meanwhile."""

    async def disconnect(self) -> None:
        """Reset the card and let go of it. Without one this does nothing; never raises."""

    async def identify(self) -> SlotIdentity:
        """Ask the reader who it is."""
