"""Reading one card that has been powered: is it a social-security card, and whose. A whole person, or nobody."""

from dataclasses import dataclass, field

from drivers.contract.errors import ProtocolError
from drivers.contract.smartcard_reader import SocialSecurityCard, SocialSecurityRefusal
from drivers.smartcard_reader import item_codec
from drivers.smartcard_reader.apdu_codec import (
    PAYMENT_SYSTEMS,
    SOCIAL_SECURITY,
    Answer,
    AnswerError,
    Verdict,
    asking_for,
    expects_data,
    get_response,
    parse_answer,
    read_item,
    select_application,
    select_file,
)
from drivers.smartcard_reader.item_codec import ItemError
from drivers.smartcard_reader.nations import NATIONS
from drivers.smartcard_reader.regions import REQUIRED, STANDARD, Item, Place, region_of
from drivers.transport.card_slot import CardSlot

MOST_FETCHES = 4
"""GET RESPONSE after GET RESPONSE before a card is taken for one that never ends: an item fits into one."""


class NotReadError(Exception):
    """This card was not read, and a person can be told why. The message says what was asked and the status word."""

    def __init__(self, reason: SocialSecurityRefusal, why: str, *, may_pass: bool = False) -> None:
        super().__init__(why)
        self.reason = reason
        self.may_pass = may_pass
        """Whether asking the same card once more can help."""


@dataclass(slots=True, kw_only=True)
class CardReading:
    """One conversation with one card, from select to the last item."""

    slot: CardSlot
    device: str
    answer_deadline_s: float
    _chosen_file: int = field(default=0, init=False)

    async def read(self) -> SocialSecurityCard:
        """Read the card.

        Raises:
            NotReadError: It is another card, wants its PIN, or its data makes no sense.
            ProtocolError: What came is no answer of a card.
            RefusedError: The card was pulled, or fell mute; ``reason`` is a SlotRefusal.
            DeadlineError: The card fell silent.
            UnreachableError: The reader is gone.
        """
        await self._choose_application()
        identification = await self._required(Item.IDENTIFICATION, STANDARD.places[Item.IDENTIFICATION])
        try:
            code = item_codec.digits(identification[:3], item=Item.IDENTIFICATION)
        except ItemError as error:
            raise _no_sense(error) from None
        region = region_of(code)
        raw: dict[Item, bytes | None] = {}
        for item, place in sorted(region.places.items(), key=lambda each: (each[1].file, each[1].number)):
            if item is not Item.IDENTIFICATION:
                raw[item] = await (self._required(item, place) if item in REQUIRED else self._optional(item, place))
        try:
            return _understood(code, raw)
        except ItemError as error:
            raise _no_sense(error) from None

    async def _choose_application(self) -> None:
        answer = await self._ask(select_application(SOCIAL_SECURITY))
        match answer.verdict:
            case Verdict.OK | Verdict.MORE:
                return
            case Verdict.NOT_THERE | Verdict.UNKNOWN_HERE:
                pass
            case _:
                raise _not_understood("the social-security application", answer)
        for name in PAYMENT_SYSTEMS:
            # The answer to this is all that is ever asked of a bank card: not a record of it is read.
            if (await self._ask(select_application(name))).verdict in (Verdict.OK, Verdict.MORE):
                raise NotReadError(SocialSecurityRefusal.BANK_CARD, "a payment directory is on this card")
        raise NotReadError(SocialSecurityRefusal.WRONG_CARD, f"no social-security application: {answer.words}")

    async def _required(self, item: Item, place: Place) -> bytes:
        found = await self._optional(item, place)
        if found is None:
            wants = SocialSecurityRefusal.NEEDS_PIN if place.wants_pin else SocialSecurityRefusal.WRONG_CARD
            raise NotReadError(wants, f"'{item}' is not to be had in {place.file:04X}")
        return found

    async def _optional(self, item: Item, place: Place) -> bytes | None:
        """The item's data; None when this card has none, or none without its PIN."""
        if place.wants_pin:
            return None
        if place.file != self._chosen_file:
            answer = await self._ask(select_file(place.file))
            if answer.verdict not in (Verdict.OK, Verdict.MORE):
                self._check_absent(item, answer)
                return None
            self._chosen_file = place.file
        answer = await self._fetched(read_item(place.number, length=place.length))
        if answer.verdict is not Verdict.OK:
            self._check_absent(item, answer)
            return None
        try:
            return item_codec.parse_item(answer.data, number=place.number)
        except ItemError as error:
            raise ProtocolError(self.device, str(error), evidence=b"") from None

    def _check_absent(self, item: Item, answer: Answer) -> None:
        """Raise unless this card may go without the item."""
        match answer.verdict:
            case Verdict.NOT_THERE:
                return
            case Verdict.NEEDS_PIN if item not in REQUIRED:
                return
            case Verdict.NEEDS_PIN:
                raise NotReadError(SocialSecurityRefusal.NEEDS_PIN, f"'{item}' was answered {answer.words}")
            case _:
                raise _not_understood(f"'{item}'", answer)

    async def _fetched(self, command: bytes) -> Answer:
        """Ask, and follow the card where it says how its answer is to be had."""
        answer = await self._ask(command)
        if answer.verdict is Verdict.OTHER_LENGTH and expects_data(command):
            answer = await self._ask(asking_for(command, answer.count))
        data = bytearray(answer.data)
        for _ in range(MOST_FETCHES):
            if answer.verdict is not Verdict.MORE:
                break
            fetch = get_response(answer.count)
            answer = await self._ask(fetch)
            if answer.verdict is Verdict.OTHER_LENGTH:
                answer = await self._ask(asking_for(fetch, answer.count))
            data += answer.data
        if answer.verdict in (Verdict.MORE, Verdict.OTHER_LENGTH):
            raise ProtocolError(self.device, f"the card's answer has no end: {answer.words}", evidence=b"")
        return Answer(data=bytes(data), status=answer.status)

    async def _ask(self, command: bytes) -> Answer:
        raw = await self.slot.transmit(command, deadline_s=self.answer_deadline_s)
        try:
            return parse_answer(raw)
        except AnswerError as error:
            raise ProtocolError(self.device, f"'{command[:4].hex(' ')}': {error}", evidence=b"") from None


def _understood(code: str, raw: dict[Item, bytes | None]) -> SocialSecurityCard:
    number = item_codec.id_number(raw[Item.NUMBER] or b"", item=Item.NUMBER)
    sex, nation, birth, valid_to = (raw.get(item) for item in (Item.SEX, Item.NATION, Item.BIRTH, Item.VALID_TO))
    return SocialSecurityCard(
        region=code,
        card_number=item_codec.text(raw[Item.CARD_NUMBER] or b"", item=Item.CARD_NUMBER),
        name=item_codec.text(raw[Item.NAME] or b"", item=Item.NAME),
        number=number,
        # GB 11643: the seventeenth digit is odd for men. Only where the card itself does not say.
        sex=item_codec.sex(sex, item=Item.SEX) if sex is not None else ("女", "男")[int(number[16]) % 2],
        # An unknown code is no reason to send a person away.
        nation="" if nation is None else NATIONS.get(item_codec.digits(nation, item=Item.NATION), ""),
        birth=None if birth is None else item_codec.day(birth, item=Item.BIRTH),
        valid_to=None if valid_to is None else item_codec.day_or_for_life(valid_to, item=Item.VALID_TO),
    )


def _no_sense(error: ItemError) -> NotReadError:
    return NotReadError(SocialSecurityRefusal.PRESENT_AGAIN, str(error), may_pass=True)


def _not_understood(what: str, answer: Answer) -> NotReadError:
    return NotReadError(SocialSecurityRefusal.PRESENT_AGAIN, f"{what} was answered {answer.words}", may_pass=True)
