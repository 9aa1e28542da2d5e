"""A card as a machine: answers commands byte for byte, as the sample it is, with the faults it was given."""

import random
from collections.abc import Mapping
from types import MappingProxyType

from drivers.smartcard_reader.apdu_codec import PAYMENT_SYSTEMS, SOCIAL_SECURITY, Instruction
from drivers.smartcard_reader.samples import Nature, Sample
from drivers.transport.fault_menu import TIMES, GivenFaults, Kind, Option

ANSWER_TO_RESET = bytes.fromhex("3B 69 00 00") + b"ZZ-SAMPLE"
"""T=0, nine historical bytes."""

NO_SENSE = b"\x00"
"""What dirty contacts give instead: no byte that an answer to reset may begin with."""

LONGEST_NOISE = 64

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "silent": Kind(title="卡不应答", summary="卡上了电，之后发什么都不回答。"),
        "mute": Kind(title="触点接触不良", summary="卡插着，上电没有像样的应答，像插反了或触点脏了。"),
        "slow": Kind(
            title="应答缓慢",
            summary="卡每次应答都更慢。",
            options={"delay_s": Option(meaning="多等的秒数", default=0.3, least=0, most=30, is_whole=False)},
        ),
        "wrong-le": Kind(title="长度不符", summary="读什么都先答 6Cxx，要按它说的长度再读一次。"),
        "get-response": Kind(title="应答要另取", summary="读什么都答 61xx，数据要用 GET RESPONSE 取。"),
        "endless": Kind(title="应答取不完", summary="答 61FF，取了还是 61FF，没有尽头。"),
        "garbage": Kind(
            title="乱码",
            summary="应答是杂乱的字节。",
            options={"seed": Option(meaning="杂乱字节的种子", default=1, least=0, most=2_147_483_648), "times": TIMES},
        ),
        "pulled-mid-read": Kind(
            title="读卡中途拔卡",
            summary="答到一半卡被拔走，只一次。",
            options={
                "after_apdus": Option(meaning="上电后完整答完的命令数", default=3, least=0, most=100),
                "after_bytes": Option(meaning="下一次应答还发出来的字节数", default=6, least=0, most=200),
            },
        ),
        "giant-answer": Kind(title="超长应答", summary="一次应答六万字节。", options={"times": TIMES}),
        "half-item": Kind(title="数据不全", summary="读到的每一项都少一半，状态却说成功。", options={"times": TIMES}),
        "damaged-number": Kind(title="卡内号码损坏", summary="芯片里的社会保障号码校验不通过。", options={"times": TIMES}),
        "no-service": Kind(title="读卡服务停止", summary="智能卡服务进程被杀掉，清除后重新启动。"),
    }
)
"""Fault name -> what it is."""


class VirtualCard:
    """One card while it lies in the reader.

    Attributes:
        asked: INS of every command it was sent, in order: what a test looks at to see that no PIN was ever sent.
    """

    def __init__(self, sample: Sample, faults: GivenFaults) -> None:
        self._sample = sample
        self._faults = faults
        self.asked: list[int] = []
        self._is_powered = False
        self._answered = 0
        self._waiting = b""
        self._file: Mapping[int, bytes] | None = None
        self._is_chosen = False

    def answer_to_reset(self) -> bytes:
        """What it says once it has power; before that, what tells the reader that a card is there."""
        is_mute = self._sample.nature is Nature.MUTE or "mute" in self._faults
        return NO_SENSE if self._is_powered and is_mute else ANSWER_TO_RESET

    def power(self, *, is_on: bool) -> None:
        """Begin anew, or end."""
        self._is_powered = is_on
        self._answered = 0
        self._waiting = b""
        self._file = None
        self._is_chosen = False

    def is_pulled_now(self) -> bool:
        """Whether somebody pulls it while it answers the next command."""
        return "pulled-mid-read" in self._faults and self._answered >= self._faults.option("pulled-mid-read", "after_apdus")

    def answer(self, command: bytes) -> bytes | None:
        """Answer one command; None when it does not."""
        self.asked.append(command[1] if len(command) > 1 else -1)
        self._answered += 1
        if "silent" in self._faults:
            return None
        if "garbage" in self._faults:
            noise = random.Random(int(self._faults.option("garbage", "seed")) + self._answered)
            self._faults.counted("garbage")
            return noise.randbytes(noise.randrange(1, LONGEST_NOISE))
        if self._faults.counted("giant-answer"):
            return bytes(60_000) + b"\x90\x00"
        return self._truthfully(command)

    def _truthfully(self, command: bytes) -> bytes:
        if len(command) < 5 or command[0] != 0:
            return _status(0x6E00 if command[:1] != b"\x00" else 0x6700)
        match command[1]:
            case Instruction.SELECT:
                return self._select(command)
            case Instruction.READ:
                return self._read(command)
            case Instruction.GET_RESPONSE:
                return self._fetch(command[4] or 256)
            case _:
                return _status(0x6D00)

    def _select(self, command: bytes) -> bytes:
        way, name = command[2], command[5 : 5 + command[4]]
        match self._sample.nature:
            case Nature.SOCIAL_SECURITY if way == 0x04 and name == SOCIAL_SECURITY:
                self._is_chosen, self._file = True, None
                return self._greeting()
            case Nature.SOCIAL_SECURITY if way == 0x02 and self._is_chosen and len(name) == 2:
                self._file = self._sample.files.get(int.from_bytes(name, "big"))
                return _status(0x6A82) if self._file is None else self._greeting()
            case Nature.BANK if way == 0x04 and name in PAYMENT_SYSTEMS:
                return _status(0x6117)
            case _:
                return _status(0x6A82)

    def _read(self, command: bytes) -> bytes:
        number, length = command[2], command[4] or 256
        if self._file is None:
            return _status(0x6985)
        if number in self._sample.behind_pin:
            return _status(0x6982)
        if number not in self._file:
            return _status(0x6A83)
        item = self._damaged(number, self._file[number])
        if "endless" in self._faults:
            self._waiting = item
            return _status(0x61FF)
        if length != len(item) or ("wrong-le" in self._faults and self._waiting != item):
            self._waiting = item if "wrong-le" in self._faults else b""
            return _status(0x6C00 | len(item))
        self._waiting = b""
        if self._faults.counted("half-item"):
            item = item[: len(item) // 2]
        if "get-response" in self._faults:
            self._waiting = item
            return _status(0x6100 | len(item))
        return item + b"\x90\x00"

    def _fetch(self, length: int) -> bytes:
        if "endless" in self._faults:
            return self._waiting[:length] + b"\x61\xff"
        if not self._waiting:
            return _status(0x6985)
        if length != len(self._waiting):
            return _status(0x6C00 | len(self._waiting))
        fetched, self._waiting = self._waiting, b""
        return fetched + b"\x90\x00"

    def _damaged(self, number: int, item: bytes) -> bytes:
        if number & 0x0F == 0x08 and self._faults.counted("damaged-number"):
            damaged = bytearray(item)
            damaged[5] ^= 1  # one digit becomes its neighbour, which GB 11643 always notices
            return bytes(damaged)
        return item

    def _greeting(self) -> bytes:
        return _status(0x611C if self._sample.greets_with_more else 0x9000)


def _status(word: int) -> bytes:
    return word.to_bytes(2, "big")
