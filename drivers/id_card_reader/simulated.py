"""The far end of an ID-card reader's cable: carries a SAM's answers byte for byte, as well or as badly as it was told to."""

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from typing_extensions import override

from drivers.id_card_reader.frame_codec import PREAMBLE, SHORTEST_COMMAND, FrameDecoder, frame
from drivers.id_card_reader.sam_codec import Ask, Dialect
from drivers.id_card_reader.samples import SAMPLES, sample_text
from drivers.id_card_reader.simulated_faults import GivenFaults, givable, parsed_options
from drivers.id_card_reader.simulated_sam import DEVICE_TIMES_S, OTHER_TIME_S, SimulatedSam
from drivers.transport.far_end import Attended, FarEnd, GivableFault

__all__ = ["BOOT_S", "DEVICE_TIMES_S", "SimulatedReader"]

BOOT_S = 0.3
"""Seconds after power-on during which it hears nothing. Plausible, not measured."""

NOISE_CHUNK = 64
"""Bytes of noise that stand together between two answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    due_s: float
    ask: Ask | None
    body: bytes


class SimulatedReader(FarEnd, Attended):
    """A reader, the card on it, and the faults it was given. Nothing happens between calls: the host brings the time."""

    def __init__(self, *, name: str = "id-card-reader", baud: int = 115200, dialect: Dialect = Dialect.STANDARD) -> None:
        """Make a reader that is plugged in and awake, with no card on it."""
        self._name = name
        self._baud = self._power_on_baud = baud
        self._faults = GivenFaults()
        self._sam = SimulatedSam(dialect=dialect, faults=self._faults)
        self._noise = random.Random(0)
        self._noise_left = 0
        self._noise_due_s = 0.0
        self._is_plugged = True
        self._awake_at_s = float("-inf")
        self._start_anew()

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "身份证阅读器"

    @property
    @override
    def baud(self) -> int | None:
        """The speed it was last switched to; what is sent to it at another speed must reach it as garbage."""
        return self._baud

    @override
    def samples(self) -> tuple[str, ...]:
        return tuple(SAMPLES)

    @override
    def insert(self, sample: str, *, now_s: float) -> None:
        sample_text(sample)
        self._catch_up(now_s)
        self._sam.lay_down(sample)

    @override
    def remove(self, *, now_s: float) -> None:
        self._catch_up(now_s)
        self._sam.lay_down(None)

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._catch_up(now_s)
        if not self._is_plugged or now_s < self._awake_at_s:
            return
        for body in self._decoder.feed(payload):
            ask = self._sam.question_of(body)
            begins_s = max(now_s, self._questions[-1].due_s if self._questions else now_s)
            takes_s = OTHER_TIME_S if ask is None else DEVICE_TIMES_S.get(ask, OTHER_TIME_S)
            due_s = begins_s + takes_s + self._faults.option("slow", "delay_s")
            self._questions.append(_Question(due_s=due_s, ask=ask, body=body))

    @override
    def transmit(self, *, now_s: float) -> bytes:
        self._catch_up(now_s)
        sent = bytearray()
        while self._leaving and self._leaving[0][0] <= now_s:
            sent += self._leaving.popleft()[1]
        return bytes(sent)

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        dues = [question.due_s for question in list(self._questions)[:1]]
        dues += [due_s for due_s, _ in list(self._leaving)[:1]]
        if self._noise_left:
            dues.append(self._noise_due_s)
        return min(dues, default=None)

    @override
    def plug(self, *, now_s: float) -> None:
        if not self._is_plugged:
            self._is_plugged = True
            self._awake_at_s = now_s + BOOT_S

    @override
    def unplug(self, *, now_s: float) -> None:
        self._is_plugged = False
        self._start_anew()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._catch_up(now_s)
        self._faults.give(fault, options)
        if fault == "garbage":
            self._noise = random.Random(int(self._faults.option(fault, "seed")))
            self._noise_left = int(self._faults.option(fault, "bytes"))
            self._noise_due_s = now_s

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._catch_up(now_s)
        if fault is not None:
            parsed_options(fault, {})
        for ended in (fault,) if fault is not None else self._faults.names():
            self._faults.end(ended)
            if ended == "garbage":
                self._noise_left = 0

    @override
    def holding(self) -> Mapping[str, str]:
        card = "无卡" if self._sam.card is None else f"{self._sam.card}{'（已读）' if self._sam.was_read else ''}"
        return {"卡片": card, "故障": "、".join(self._faults.names()) or "无"}

    def _start_anew(self) -> None:
        self._baud = self._power_on_baud
        self._decoder = FrameDecoder(shortest=SHORTEST_COMMAND, longest=64)
        self._questions: deque[_Question] = deque()
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._last_answer = b""
        self._sam.switch_on()

    def _catch_up(self, now_s: float) -> None:
        """Do everything that was due by now: each answer is made from the state at its own time."""
        while self._noise_left and self._noise_due_s <= now_s:
            self._make_noise()
        while self._questions and self._questions[0].due_s <= now_s:
            question = self._questions.popleft()
            answer = self._answered(question)
            if answer and "silent" not in self._faults:
                self._send(answer, question.due_s)
            self._baud = self._sam.new_baud(question.ask, question.body) or self._baud

    def _send(self, payload: bytes, due_s: float) -> None:
        if "one-byte" not in self._faults:
            self._leaving.append((due_s, payload))
            return
        gap_s = self._faults.option("one-byte", "gap_s")
        begins_s = max(due_s, self._leaving[-1][0] if self._leaving else due_s)
        self._leaving.extend((begins_s + n * gap_s, payload[n : n + 1]) for n in range(len(payload)))

    def _make_noise(self) -> None:
        count = min(NOISE_CHUNK, self._noise_left)
        chunk = bytearray(self._noise.randbytes(count))
        if count == NOISE_CHUNK:
            at = self._noise.randrange(NOISE_CHUNK - len(PREAMBLE))
            chunk[at : at + len(PREAMBLE)] = PREAMBLE
        if self._is_plugged and "silent" not in self._faults:
            self._leaving.append((self._noise_due_s, bytes(chunk)))
        self._noise_left -= count
        self._noise_due_s += count * 10 / self._baud  # 8N1: ten bits a byte
        if not self._noise_left:
            self._faults.end("garbage")

    def _answered(self, question: _Question) -> bytes:
        """Return the frame that answers a question, perhaps a part of it only, or damaged."""
        if self._faults.shows_once_more("hears-badly"):
            return frame(bytes((0, 0, 0x10)))
        outcome = self._sam.answer(question.ask, question.body)
        if outcome is None:
            return b""
        sw3, data = outcome
        answer = bytearray(frame(bytes((0, 0, sw3)) + data))
        is_card = question.ask in (Ask.READ, Ask.READ_WITH_FINGER) and sw3 == 0x90
        if is_card and "cut-frame" in self._faults:
            del answer[int(self._faults.option("cut-frame", "after_bytes")) :]
            self._faults.end("cut-frame")
            self._sam.lay_down(None)
        at = int(self._faults.option("flip-byte", "at"))
        if is_card and at < len(answer) and self._faults.shows_once_more("flip-byte"):
            answer[at] ^= 0x5A
        if self._faults.shows_once_more("wrong-checksum") and answer:
            answer[-1] ^= 0xFF
        if self._faults.shows_once_more("giant-length"):
            answer[len(PREAMBLE) : len(PREAMBLE) + 2] = b"\xff\xff"
        before, self._last_answer = self._last_answer, bytes(answer)
        return before + bytes(answer) if self._faults.shows_once_more("merged") else bytes(answer)
