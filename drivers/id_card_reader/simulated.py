"""The far end of an ID-card reader's cable: answers byte for byte as a reader with a SAM does."""

import random
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from drivers.id_card_reader.card_text import LAYOUTS, FieldName
from drivers.id_card_reader.sam_codec import COMMANDS, PREAMBLE, SHORTEST_COMMAND, Ask, Dialect, FrameDecoder, frame
from drivers.id_card_reader.samples import SAMPLES, sample_photo, sample_text
from drivers.id_card_reader.simulated_faults import givable, parsed_options
from drivers.transport.far_end import FarEnd, GivableFault

DEVICE_TIMES_S: Mapping[Ask, float] = MappingProxyType(
    {Ask.RESET: 0.2, Ask.STATUS: 0.004, Ask.SAM_ID: 0.01, Ask.FIND: 0.03, Ask.SELECT: 0.06, Ask.READ: 0.7}
)
"""Seconds the device thinks before it answers. Plausible, not measured: no reader has been on our bench yet."""

OTHER_TIME_S = 0.005
"""Seconds until it says that it does not know a command."""

BOOT_S = 0.3
"""Seconds after power-on during which it hears nothing. Plausible, not measured."""

NOISE_CHUNK = 64
"""Bytes of noise that stand together between two answers."""

SAM_ID = (
    b"".join(number.to_bytes(2, "little") for number in (5, 1))
    + b"".join(number.to_bytes(4, "little") for number in (20110511, 123456789, 987654321))
)  # fmt: skip
"""Printed 05.01-20110511-0123456789."""

_QUESTIONS = {command: ask for ask, command in COMMANDS[Dialect.STANDARD].items()}


class SimulatedReader(FarEnd):
    """A reader, the card on it, and the faults it was given. Nothing happens between calls: the host brings the time."""

    def __init__(self, *, name: str = "id-card-reader", baud: int = 115200) -> None:
        """Make a reader that is plugged in and awake, with no card on it."""
        self._name = name
        self._baud = baud
        self._faults: dict[str, dict[str, float]] = {}
        self._card: str | None = None
        self._was_read = False
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
        return self._baud

    def samples(self) -> tuple[str, ...]:
        """Names of the cards that can be laid on it."""
        return tuple(SAMPLES)

    def insert(self, sample: str, *, now_s: float) -> None:
        """Lay a sample card on the reader, in place of one that lies there.

        Raises:
            ValueError: There is no such card.
        """
        sample_text(sample)
        self.remove(now_s=now_s)
        self._card = sample

    def remove(self, *, now_s: float) -> None:
        """Lift the card, if there is one."""
        self._catch_up(now_s)
        self._lift()

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._catch_up(now_s)
        if not self._is_plugged or now_s < self._awake_at_s:
            return
        for body in self._decoder.feed(payload):
            ask = _QUESTIONS.get(body[:2])
            begins_s = max(now_s, self._questions[-1][0] if self._questions else now_s)
            takes_s = OTHER_TIME_S if ask is None else DEVICE_TIMES_S.get(ask, OTHER_TIME_S)
            self._questions.append((begins_s + takes_s + self._option("slow", "delay_s"), ask))

    @override
    def transmit(self, *, now_s: float) -> bytes:
        self._catch_up(now_s)
        sent = bytearray()
        while self._leaving and self._leaving[0][0] <= now_s:
            sent += self._leaving.popleft()[1]
        return bytes(sent)

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        dues = [queue[0][0] for queue in (self._questions, self._leaving) if queue]
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
        chosen = parsed_options(fault, options)
        self._faults[fault] = chosen
        if fault == "garbage":
            self._noise = random.Random(int(chosen["seed"]))
            self._noise_left = int(chosen["bytes"])
            self._noise_due_s = now_s

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._catch_up(now_s)
        if fault is not None:
            parsed_options(fault, {})
        for ended in (fault,) if fault is not None else tuple(self._faults):
            self._faults.pop(ended, None)
            if ended == "garbage":
                self._noise_left = 0

    @override
    def holding(self) -> Mapping[str, str]:
        card = "无卡" if self._card is None else f"{self._card}{'（已读）' if self._was_read else ''}"
        return {"卡片": card, "故障": "、".join(self._faults) or "无"}

    def _start_anew(self) -> None:
        self._decoder = FrameDecoder(shortest=SHORTEST_COMMAND, longest=64)
        self._questions: deque[tuple[float, Ask | None]] = deque()
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._is_found = False
        self._is_selected = False
        self._was_read = False

    def _lift(self) -> None:
        self._card = None
        self._is_found = self._is_selected = self._was_read = False

    def _catch_up(self, now_s: float) -> None:
        """Do everything that was due by now: each answer is made from the state at its own time."""
        while self._noise_left and self._noise_due_s <= now_s:
            self._make_noise()
        while self._questions and self._questions[0][0] <= now_s:
            due_s, ask = self._questions.popleft()
            answer = self._answered(ask)
            if answer and "silent" not in self._faults:
                self._send(self._damaged(answer), due_s)

    def _send(self, payload: bytes, due_s: float) -> None:
        if "one-byte" not in self._faults:
            self._leaving.append((due_s, payload))
            return
        gap_s = self._option("one-byte", "gap_s")
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
            self._faults.pop("garbage", None)

    def _answered(self, ask: Ask | None) -> bytes:
        """Return the frame that answers a question, perhaps a part of it only."""
        if self._counted("hears-badly"):
            return frame(bytes((0, 0, 0x10)))
        if "sam-failed" in self._faults:
            return frame(bytes((0, 0, 0x60)))
        if "sam-unauthorised" in self._faults:
            return frame(bytes((0, 0, 0x66)))
        sw3, data = self._outcome(ask)
        answer = frame(bytes((0, 0, sw3)) + data)
        if ask is Ask.READ and sw3 == 0x90 and "cut-frame" in self._faults:
            answer = answer[: int(self._faults.pop("cut-frame")["after_bytes"])]
            self._lift()
        return answer

    def _outcome(self, ask: Ask | None) -> tuple[int, bytes]:
        """SW3 and data, as a well-behaved reader answers."""
        match ask:
            case Ask.STATUS | Ask.RF_FRAME_SIZE | Ask.BAUD:
                return 0x90, b""
            case Ask.RESET:
                self._is_found = self._is_selected = False
                return 0x90, b""
            case Ask.SAM_ID:
                return 0x90, SAM_ID
            case Ask.FIND:
                self._is_selected = False
                self._is_found = self._card is not None and (not self._was_read or "finds-again" in self._faults)
                return (0x9F, bytes(4)) if self._is_found else (0x80, b"")
            case Ask.SELECT:
                return self._select()
            case Ask.READ:
                return self._read()
            case Ask.NEWEST_ADDRESS | Ask.BODY_NUMBER | Ask.READ_WITH_FINGER:
                return 0x91, b""
            case None:
                return 0x24, b""

    def _select(self) -> tuple[int, bytes]:
        if self._card is None:
            return 0x81, b""
        if not self._is_found:
            return 0x21, b""
        if self._option("rf-failing", "sw") == 81:
            return 0x81, b""
        if "wrong-card" in self._faults:
            return 0x40, b""
        if "not-authentic" in self._faults and self._option("not-authentic", "sw") != 33:
            return 0x31 if self._option("not-authentic", "sw") == 31 else 0x32, b""
        self._is_selected = True
        return 0x90, bytes(8)

    def _read(self) -> tuple[int, bytes]:
        if self._card is None or "rf-failing" in self._faults:
            return 0x41, b""
        if not self._is_selected:
            return 0x21, b""
        if "not-authentic" in self._faults:
            return 0x33, b""
        self._was_read = True
        text, photo = bytearray(sample_text(self._card)), sample_photo(self._card)
        if "damaged-number" in self._faults:
            number = next(field for fields in LAYOUTS.values() for field in fields if field.name is FieldName.NUMBER)
            text[number.at] ^= 1  # one digit becomes its neighbour, which GB 11643 always notices
        return 0x90, len(text).to_bytes(2, "big") + len(photo).to_bytes(2, "big") + bytes(text) + photo

    def _damaged(self, answer: bytes) -> bytes:
        damaged = bytearray(answer)
        if self._counted("wrong-checksum"):
            damaged[-1] ^= 0xFF
        if self._counted("giant-length"):
            damaged[len(PREAMBLE) : len(PREAMBLE) + 2] = b"\xff\xff"
        return bytes(damaged)

    def _option(self, fault: str, option: str) -> float:
        return self._faults[fault][option] if fault in self._faults else 0.0

    def _counted(self, fault: str) -> bool:
        """Whether a fault shows now; the last of its times ends it."""
        if fault not in self._faults:
            return False
        chosen = self._faults[fault]
        if chosen["times"] == 1:
            del self._faults[fault]
        elif chosen["times"] > 1:
            chosen["times"] -= 1
        return True
