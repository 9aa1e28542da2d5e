"""The faults a simulated printer can be given: their words, their options, and what each does to the status bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers.transport.far_end import GivableFault

AFTER_BYTES = "在打印机处理完多少字节之后发生；整数，0 到 10000000，默认立即"
AFTER_MM = "在走纸多少毫米之后发生；0 到 100000，默认立即"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBits:
    """What a fault sets in the answers to DLE EOT 1-4, and in the last three bytes of GS r and ASB alike."""

    offline: bool = False
    cause: int = 0
    error: int = 0
    paper: int = 0

    def with_others(self, others: "StatusBits") -> "StatusBits":
        """Both at once."""
        return StatusBits(
            offline=self.offline or others.offline,
            cause=self.cause | others.cause,
            error=self.error | others.error,
            paper=self.paper | others.paper,
        )


GIVABLE: Mapping[str, GivableFault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            GivableFault(
                name="paper-out",
                title="缺纸",
                summary="纸卷用完：停止打印，缓冲区内容保留，换纸后会继续打出来（除非被清除）。",
                options={"after_bytes": AFTER_BYTES, "after_mm": AFTER_MM},
            ),
            GivableFault(name="paper-low", title="纸将尽", summary="纸尽传感器提示快没纸了，仍可打印。", options={}),
            GivableFault(
                name="cover-open",
                title="上盖打开",
                summary="上盖打开：停止打印，合上后继续。",
                options={"after_bytes": AFTER_BYTES, "after_mm": AFTER_MM},
            ),
            GivableFault(
                name="cutter-stuck",
                title="切刀卡住",
                summary="下一次切纸失败，打印机报切刀错误；凭条被人撕下。空闲时看不出来。",
                options={},
            ),
            GivableFault(
                name="head-hot",
                title="打印头过热",
                summary="打印头过热：暂停，凉了以后自己继续。",
                options={"seconds": "持续多少秒；0.1 到 3600，默认 5", "after_bytes": AFTER_BYTES, "after_mm": AFTER_MM},
            ),
            GivableFault(
                name="mechanical",
                title="机械故障（卡纸）",
                summary="机构卡住：停止打印，报可恢复的机械错误。",
                options={"after_bytes": AFTER_BYTES, "after_mm": AFTER_MM},
            ),
            GivableFault(
                name="unrecoverable",
                title="不可恢复错误",
                summary="电路或打印头损坏：停止打印，报不可恢复错误。",
                options={"after_bytes": AFTER_BYTES},
            ),
            GivableFault(
                name="offline",
                title="脱机",
                summary="打印机报脱机，不说原因，也不打印。",
                options={"after_bytes": AFTER_BYTES},
            ),
            GivableFault(
                name="silent",
                title="不应答",
                summary="不再回答任何询问；收到的内容照样打印。",
                options={"after_bytes": AFTER_BYTES, "prints": "yes 照样打印，no 不打印；默认 yes"},
            ),
            GivableFault(
                name="garbage",
                title="答非所问",
                summary="对每个询问都回答无意义的字节。",
                options={"after_bytes": AFTER_BYTES},
            ),
            GivableFault(
                name="status-lies",
                title="谎报正常",
                summary="不再打印，却一直报告一切正常（顺序应答 GS r 不再回答）。",
                options={"after_bytes": AFTER_BYTES},
            ),
            GivableFault(
                name="left-lying",
                title="没人取凭条",
                summary="凭条留在出纸口没人取，只有带出纸口传感器的机型知道。",
                options={},
            ),
            GivableFault(
                name="pulled-early",
                title="没打完就扯走",
                summary="打到一半被人扯走，后面的打在下一张上，打印机不知道，只一次。",
                options={"after_mm": "再走纸多少毫米之后扯；0 到 100000，默认 30"},
            ),
            GivableFault(
                name="power-cycle",
                title="断电重启",
                summary="断电再上电：缓冲区与设置全部丢失，重启期间不应答，之后自动恢复。",
                options={"seconds": "断电到就绪多少秒；0.1 到 600，默认 1.5", "after_bytes": AFTER_BYTES, "after_mm": AFTER_MM},
            ),
        )
    }
)

BITS: Mapping[str, StatusBits] = MappingProxyType(
    {
        "paper-out": StatusBits(offline=True, cause=0x20, paper=0x6C),
        "paper-low": StatusBits(paper=0x0C),
        "cover-open": StatusBits(offline=True, cause=0x04),
        "cutter-error": StatusBits(offline=True, cause=0x40, error=0x08),
        "head-hot": StatusBits(offline=True, cause=0x40, error=0x40),
        "mechanical": StatusBits(offline=True, cause=0x40, error=0x04),
        "unrecoverable": StatusBits(offline=True, cause=0x40, error=0x20),
        "offline": StatusBits(offline=True),
    }
)
"""Fault, or state that follows from one, -> what it shows. hardware.md section 3: out of paper reads 1A 32 . 7E."""

STOPPING = frozenset(
    {"paper-out", "cover-open", "cutter-error", "head-hot", "mechanical", "unrecoverable", "offline", "power-cycle"}
)
"""While one of these is on, nothing moves."""

NUMBERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"after_bytes": (0, 10_000_000), "after_mm": (0, 100_000), "seconds": (0.1, 3600)}
)


@dataclass(slots=True, kw_only=True)
class Given:
    """A fault that was given, and how far away it still is.

    Attributes:
        after_bytes: Bytes still to be worked off before it begins.
        after_mm: Millimetres still to be fed before it begins.
        seconds: How long it lasts, for those that end by themselves.
        prints: For ``silent``: whether it still prints.
        until_s: When it ends by itself, once begun.
        is_on: Whether it has begun.
    """

    name: str
    after_bytes: float
    after_mm: float
    seconds: float
    prints: bool
    until_s: float | None = None
    is_on: bool = False

    @property
    def is_due(self) -> bool:
        """Whether it is about to begin."""
        return not self.is_on and self.after_bytes <= 0 and self.after_mm <= 0


class FaultsGiven:
    """The faults one printer was given, those to come included. Knows what time and work do to them, not to the printer."""

    def __init__(self) -> None:
        """Begin well."""
        self._given: dict[str, Given] = {}

    def __iter__(self) -> Iterator[Given]:
        return iter(self._given.values())

    def give(self, fault: str, options: Mapping[str, str]) -> None:
        """Give one; ValueError as ``given`` says."""
        self._given[fault] = given(fault, options)

    def end(self, fault: str) -> None:
        """End one, if it was given."""
        self._given.pop(fault, None)

    def find(self, fault: str) -> Given | None:
        """One that was given, begun or not."""
        return self._given.get(fault)

    def is_on(self, *faults: str) -> bool:
        """Whether one of these has begun."""
        return bool(self._given) and any(fault in self._given and self._given[fault].is_on for fault in faults)

    def worked_off(self, *, size: int, moved_mm: float) -> None:
        """The printer has got on by so much."""
        for fault in self._given.values():
            fault.after_bytes -= size
            fault.after_mm -= moved_mm

    def begun(self, *, at_s: float) -> list[str]:
        """Begin what is due and return its names."""
        due = [fault for fault in self._given.values() if fault.is_due]
        for fault in due:
            fault.is_on = True
            if fault.name in ENDING_BY_ITSELF:
                fault.until_s = at_s + fault.seconds
        return [fault.name for fault in due]

    def over(self, *, now_s: float) -> float | None:
        """End what has lasted its time; the latest end of these, or None."""
        over = {
            fault.name: fault.until_s for fault in self._given.values() if fault.until_s is not None and fault.until_s <= now_s
        }
        for name in over:
            del self._given[name]
        return max(over.values(), default=None)

    @property
    def due_s(self) -> float | None:
        """When the next one ends by itself."""
        return min((fault.until_s for fault in self._given.values() if fault.until_s is not None), default=None)

    def bits(self, *others: str) -> list[StatusBits]:
        """What the status shows: of the faults that have begun, and of the states in ``others``."""
        return [BITS[state] for state in sorted({name for name in BITS if self.is_on(name)} | set(others))]

    def titles(self) -> list[str]:
        """In Chinese, for the rig's page."""
        return [GIVABLE[fault.name].title + ("" if fault.is_on else "（待发生）") for fault in self]


ENDING_BY_ITSELF = frozenset({"head-hot", "power-cycle"})


def given(fault: str, options: Mapping[str, str]) -> Given:
    """Read a fault and its options as typed.

    Raises:
        ValueError: Unknown fault or option, or a value out of range; in words a trainer can act on.
    """
    if fault not in GIVABLE:
        raise ValueError(f"没有故障 {fault!r}；可选：{'、'.join(GIVABLE)}")
    known = GIVABLE[fault].options
    for option in options:
        if option not in known:
            raise ValueError(f"{fault} 没有选项 {option!r}；可选：{'、'.join(known) or '无'}")
    prints = options.get("prints", "yes")
    if prints not in {"yes", "no"}:
        raise ValueError(f"prints={prints!r} 应为 yes 或 no")
    return Given(
        name=fault,
        after_bytes=_number(options, "after_bytes", 0.0),
        after_mm=_number(options, "after_mm", 30.0 if fault == "pulled-early" else 0.0),
        seconds=_number(options, "seconds", 1.5 if fault == "power-cycle" else 5.0),
        prints=prints == "yes",
    )


def _number(options: Mapping[str, str], option: str, default: float) -> float:
    if option not in options:
        return default
    low, high = NUMBERS[option]
    try:
        number = float(options[option])
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ValueError(f"{option}={options[option]!r} 应为 {low:g} 到 {high:g} 之间的数")
    return number
