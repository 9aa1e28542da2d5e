"""What readers of a dialect do besides understanding its command bytes, as data: nothing here was seen on hardware yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from drivers.id_card_reader.sam_codec import Ask, Dialect


class DialectChoice(StrEnum):
    """What the configuration may say: a dialect, or that it is to be found out."""

    AUTO = "auto"
    STANDARD = Dialect.STANDARD
    VENDOR_00 = Dialect.VENDOR_00


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How readers of one dialect behave.

    Attributes:
        begins_with: Asked first after opening; a reader that was not asked it refuses to search for cards. None when nothing.
        renews_field: Switches the antenna off and on, so that a card that has been read answers to Find once more. None
            when nothing does: such a reader cannot tell of a card that was left on it.
        tells_left_card: Whether it has been seen on hardware that a read card is found again behind ``renews_field``. Where
            not, a driver believes only what its own reader has shown it.
    """

    begins_with: Ask | None
    renews_field: Ask | None
    tells_left_card: bool


HABITS: Mapping[Dialect, Habits] = MappingProxyType(
    {
        # Unconfirmed: that most readers answer 80 to Find until a card that was read is lifted, and that a reset ends that.
        Dialect.STANDARD: Habits(begins_with=None, renews_field=Ask.RESET, tells_left_card=False),
        # Unconfirmed: one source says that this family is initialised with 00 01 first.
        Dialect.VENDOR_00: Habits(begins_with=Ask.RESET, renews_field=Ask.RESET, tells_left_card=False),
    }
)
"""A further dialect is a further row here and in ``sam_codec.COMMANDS``."""


def dialects_of(choice: DialectChoice) -> tuple[Dialect, ...]:
    """The dialects to try, the likeliest first."""
    return tuple(Dialect) if choice is DialectChoice.AUTO else (Dialect(choice.value),)
