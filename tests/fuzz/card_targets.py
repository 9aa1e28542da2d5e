"""Hostile cards and hostile readers: the SAM's frames, what stands on a chip, smart cards, codes on phones."""

import asyncio
from collections.abc import Mapping
from random import Random
from zlib import crc32

from typing_extensions import override

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.code_codec import (
    ANSWERS_KEPT,
    MOST_BYTES,
    Charset,
    CodeCollector,
    CodeTextError,
    Collected,
    ScanStream,
    text_of,
)
from drivers.code_scanner.models import MODELS, Ending
from drivers.code_scanner.samples import SAMPLES as CODES
from drivers.code_scanner.simulated import SimulatedScanner
from drivers.contract.device import DeviceKind
from drivers.contract.errors import ProtocolError
from drivers.contract.id_card_reader import CardLayout
from drivers.id_card_reader import id_number
from drivers.id_card_reader.card_fields import CardTextError, newest_address, parse_card
from drivers.id_card_reader.card_text import TEXT_LENGTH, layout_of, unpack
from drivers.id_card_reader.frame_codec import LONGEST_REPLY, FrameDecoder
from drivers.id_card_reader.photo_codec import PIXELS_LENGTH, is_photo, png_of
from drivers.id_card_reader.sam_codec import Ask, answers, command, parse_reply, sam_number, split_parts
from drivers.id_card_reader.samples import SAMPLES as CARDS
from drivers.id_card_reader.samples import sample_photo, sample_text
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.smartcard_reader import item_codec
from drivers.smartcard_reader.apdu_codec import AnswerError, asking_for, parse_answer
from drivers.smartcard_reader.card_reading import CardReading, NotReadError
from drivers.smartcard_reader.item_codec import ItemError
from drivers.smartcard_reader.samples import SAMPLES as SMART_CARDS
from drivers.smartcard_reader.virtual_card import KINDS, VirtualCard
from drivers.transport.card_slot import CardSlot, SlotIdentity
from drivers.transport.fault_menu import GivenFaults
from tests.fuzz.corpus import said_by
from tests.fuzz.target import Target, allowed, chunks
from tests.fuzz.target import text_of as any_text_of

HEAD = 7
"""Preamble and length of a SAM's frame."""


def _sam_answers() -> tuple[bytes, ...]:
    found: list[bytes] = []
    for sample in CARDS:
        reader = SimulatedReader()
        reader.insert(sample, now_s=0)
        found += said_by(reader, (command(ask) for ask in (Ask.FIND, Ask.SELECT, Ask.READ, Ask.NEWEST_ADDRESS, Ask.BODY_NUMBER)))
    return (*found, *said_by(SimulatedReader(), (command(ask) for ask in (Ask.STATUS, Ask.SAM_ID, Ask.FIND, Ask.RESET))))


def _feed_sam(payload: bytes) -> None:
    decoder = FrameDecoder()
    bodies: list[bytes] = []
    for chunk in chunks(payload):
        bodies += decoder.feed(chunk)
        assert decoder.held <= LONGEST_REPLY + HEAD
    for body in (*bodies, *decoder.quiet()):
        _read_reply(body)
    if len(payload) >= 3:  # as if its checksum had been right
        _read_reply(payload[:LONGEST_REPLY])


def _read_reply(body: bytes) -> None:
    reply = parse_reply(body)
    assert reply.words
    assert any(answers(reply, ask) for ask in Ask) in (True, False)
    sam_number(reply.data)
    for parts in (2, 3):
        with allowed(ValueError, CardTextError):
            text, photo, *_ = split_parts(reply.data, parts)
            parse_card(text, photo)


def _feed_card_text(payload: bytes) -> None:
    text = payload[:TEXT_LENGTH].ljust(TEXT_LENGTH, b" ")
    for read in (payload, text):
        with allowed(CardTextError):
            card = parse_card(read, payload[TEXT_LENGTH:])
            assert card.name
        assert layout_of(read) in (*CardLayout, None)
        assert len(newest_address(read)) <= 35
    for layout in CardLayout:
        unpack(text, layout)
    with allowed(ValueError):
        id_number.normalised(any_text_of(payload))


def _feed_photo(payload: bytes) -> None:
    is_photo(payload)
    for pixels in (payload, (payload or b"\x00") * (PIXELS_LENGTH // max(len(payload), 1) + 1)):
        with allowed(ValueError):
            png_of(pixels[:PIXELS_LENGTH])


def _smart_answers() -> tuple[bytes, ...]:
    """Whole conversations: every answer of a card as length and bytes, as it lies in the input of the target."""
    found: list[bytes] = []
    for sample in SMART_CARDS.values():
        card = VirtualCard(sample, GivenFaults(KINDS))
        card.power(is_on=True)
        heard = _HeardSlot(card)
        with allowed(NotReadError):
            asyncio.run(CardReading(slot=heard, device="card", answer_deadline_s=1).read())
        found.append(b"".join(len(answer).to_bytes(2, "big") + answer for answer in heard.heard))
    return tuple(found)


class _Slot(CardSlot):
    """A slot in which a powered card lies; ``transmit`` alone is its own."""

    @property
    @override
    def port(self) -> str:
        return "pcsc:"

    @override
    async def open(self) -> None: ...

    @override
    async def close(self) -> None: ...

    @override
    async def card_is_present(self, *, deadline_s: float) -> bool:
        return True

    @override
    async def connect(self, *, deadline_s: float) -> bytes:
        return b""

    @override
    async def disconnect(self) -> None: ...

    @override
    async def identify(self) -> SlotIdentity:
        return SlotIdentity(reader="tape")


class _HeardSlot(_Slot):
    """Asks a virtual card and keeps what it answers."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self.heard: list[bytes] = []

    @override
    async def transmit(self, command: bytes, *, deadline_s: float) -> bytes:
        answer = self._card.answer(command) or b""
        self.heard.append(answer)
        return answer


class _TapeSlot(_Slot):
    """Answers from a tape, whatever it is asked; at its end, nothing but the last word again."""

    def __init__(self, tape: bytes) -> None:
        self._tape = tape

    @override
    async def transmit(self, command: bytes, *, deadline_s: float) -> bytes:
        size = int.from_bytes(self._tape[:2], "big") % 400
        answer, self._tape = self._tape[2 : 2 + size], self._tape[2 + size :]
        return answer or b"\x90\x00"


def _feed_smart_card(payload: bytes) -> None:
    with allowed(NotReadError, ProtocolError):
        _at_once(CardReading(slot=_TapeSlot(payload), device="card", answer_deadline_s=1))
    with allowed(AnswerError):
        answer = parse_answer(payload)
        assert answer.words
        assert asking_for(payload[:5], answer.count)
    for number in range(0x01, 0x0E):
        with allowed(ItemError):
            item_codec.parse_item(payload, number=number)
    for read in (
        item_codec.digits,
        item_codec.day,
        item_codec.day_or_for_life,
        item_codec.text,
        item_codec.id_number,
        item_codec.sex,
    ):
        for part in (payload, payload[:4], payload[:1]):
            with allowed(ItemError):
                read(part, item="item")


def _at_once(reading: CardReading) -> None:
    """Run a conversation that never waits, without a loop of its own: a loop costs more than all the rest."""
    conversation = reading.read()
    try:
        conversation.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


def _scanned() -> tuple[bytes, ...]:
    found: list[bytes] = []
    for model, abilities in MODELS.items():
        for sample in CODES:
            scanner = SimulatedScanner(model=model)
            scanner.insert(sample, now_s=0)
            questions = [
                gm65_codec.read(gm65_codec.BAUD, 2),
                gm65_codec.write(0, b"\x01"),
                b"$$$$",
                abilities.light_on or b"\x00",
            ]
            found += said_by(scanner, questions)
    return tuple(found)


def _feed_scanner(payload: bytes) -> None:
    luck = Random(crc32(payload))
    collector = CodeCollector(ending=luck.choice(tuple(Ending)), gap_s=0.05, chatter=b"\x06\x15")
    stream = ScanStream(collector=collector, has_answers=luck.random() < 0.5)
    for chunk in chunks(payload):
        stream.feed(chunk)
        assert len(stream.answers) <= ANSWERS_KEPT
        assert stream.silence_s is None or stream.silence_s > 0
    _read_code(stream.quiet())
    for content in (payload, payload[:MOST_BYTES]):
        _read_code(Collected(content=content, is_finished=True, is_one=True))


def _read_code(collected: Collected | None) -> None:
    if collected is not None:
        for charset in Charset:
            with allowed(CodeTextError):
                assert text_of(collected, charset=charset).isprintable()


def _feed_gm65(payload: bytes) -> None:
    for size in range(min(len(payload), 24) + 1):
        with allowed(ValueError):
            whole = gm65_codec.reply_size(payload[:size])
            if whole == size:
                gm65_codec.baud_of(gm65_codec.reply_data(payload[:size]))
    left = payload
    while left:
        command_found, done = gm65_codec.next_command(left)
        left = left[done:]
        if command_found is None and not done:
            break


def targets() -> tuple[Target, ...]:
    """Every reader of cards and codes."""
    room: Mapping[DeviceKind, str] = {kind: f"drivers/{kind.value}" for kind in DeviceKind}
    cards, smart, codes = (
        room[kind] for kind in (DeviceKind.ID_CARD_READER, DeviceKind.SMARTCARD_READER, DeviceKind.CODE_SCANNER)
    )
    texts = tuple(sample_text(sample) + sample_photo(sample) for sample in CARDS)
    scanned = _scanned()
    return (
        Target(name="SAM frames", modules=(f"{cards}/frame_codec", f"{cards}/sam_codec"), corpus=_sam_answers(), feed=_feed_sam),
        Target(
            name="card text",
            modules=(f"{cards}/card_text", f"{cards}/card_fields", f"{cards}/id_number"),
            corpus=texts,
            feed=_feed_card_text,
        ),
        Target(name="card photo", modules=(f"{cards}/photo_codec",), corpus=texts, feed=_feed_photo, weight=1),
        Target(
            name="smart card",
            modules=(f"{smart}/apdu_codec", f"{smart}/item_codec", f"{smart}/card_reading", f"{smart}/id_number"),
            corpus=_smart_answers(),
            feed=_feed_smart_card,
        ),
        Target(name="codes", modules=(f"{codes}/code_codec",), corpus=scanned, feed=_feed_scanner),
        Target(name="GM65 frames", modules=(f"{codes}/gm65_codec",), corpus=scanned, feed=_feed_gm65),
    )
