"""Whether a card lies on the reader, one included that has been read and that the reader keeps quiet about."""

from drivers.id_card_reader.dialects import HABITS
from drivers.id_card_reader.sam_codec import Ask, Meaning
from drivers.id_card_reader.sam_exchange import SamExchange

RENEWAL_DEADLINE_S = 1.5
"""Seconds a reader may take to switch its antenna off and on. Not stated by the makers; a SAM's reset is the slowest way."""

COMPARISON_DEADLINE_S = 0.3
"""Seconds for one Find while somebody waits for what was read."""


class LeftCard:
    """Looks for a card, and learns what this very reader shows.

    "No" is worth something only from a reader that would have said "yes": one that still finds a card it has just read, or
    that finds it once its antenna was off and on.
    """

    def __init__(self, exchange: SamExchange) -> None:
        self._exchange = exchange
        self._may_hide = True
        self._shows_read_cards = False
        self._has_compared = False

    def begin_anew(self) -> None:
        """The reader was opened: it may be another, and it may have read a card for somebody else."""
        self._may_hide = True
        self._shows_read_cards = HABITS[self._exchange.dialect].tells_left_card
        self._has_compared = False

    def is_to_compare(self) -> bool:
        """Whether a card that has just been read should be looked for at once, to learn what the reader shows. Only once."""
        is_first, self._has_compared = not self._has_compared, True
        return is_first and not self._shows_read_cards

    def was_read(self) -> None:
        """A card was read: from now on the reader may answer "no card" while it lies there."""
        self._may_hide = True

    async def compare(self) -> None:
        """A card was read a moment ago and lies there: does Find find it? Raises as ``SamExchange.once`` does."""
        reply = await self._exchange.once(Ask.FIND, deadline_s=COMPARISON_DEADLINE_S, at_most_s=2 * COMPARISON_DEADLINE_S)
        self._shows_read_cards |= reply.meaning is Meaning.OK

    async def look(self) -> bool | None:
        """Look now; None when this reader cannot tell."""
        found = await self._finds()
        if found is not False:
            return found
        if not self._may_hide:
            return False
        renews_field = HABITS[self._exchange.dialect].renews_field
        if renews_field is not None:
            reply = await self._exchange.asked(renews_field, deadline_s=RENEWAL_DEADLINE_S)
            found = await self._finds() if reply.meaning is Meaning.OK else None
            if found:
                self._shows_read_cards = True
        if found is False and not self._shows_read_cards:
            return None
        self._may_hide = found is not False
        return found

    async def _finds(self) -> bool | None:
        reply = await self._exchange.asked(Ask.FIND)
        match reply.meaning:
            case Meaning.OK:
                self._may_hide = False
                return True
            case Meaning.NO_CARD:
                return False
            case Meaning.MISUSE | Meaning.UNKNOWN | Meaning.NOTHING_THERE:
                raise self._exchange.not_understood(Ask.FIND, reply)
            case _:
                return None
