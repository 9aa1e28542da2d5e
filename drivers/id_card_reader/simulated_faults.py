"""The faults a simulated reader can be given, as data, and which of them it has now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.transport.far_end import GivableFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A number that goes with a fault.

    Attributes:
        meaning: What it is, with its unit.
        least: Smallest value; with ``most`` the allowed range.
        is_whole: Whether it counts something.
    """

    meaning: str
    default: float
    least: float
    most: float
    is_whole: bool = True

    def described(self) -> str:
        """For the rig's page: meaning, default and range."""
        return f"{self.meaning}；默认 {_plain(self.default)}，{_plain(self.least)} 到 {_plain(self.most)}"

    def parsed(self, name: str, written: str) -> float:
        """Read what was typed.

        Raises:
            ValueError: Not a number, or out of range; says what is allowed.
        """
        allowed = f"{'整数' if self.is_whole else '数'}，{_plain(self.least)} 到 {_plain(self.most)}"
        try:
            value = float(int(written)) if self.is_whole else float(written)
        except ValueError:
            raise ValueError(f"{name} 写的是 {written!r}，应该是{allowed}") from None
        if not self.least <= value <= self.most:
            raise ValueError(f"{name} 写的是 {written}，应该是{allowed}")
        return value


def _plain(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{number:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One fault: how it is called, what the device then does, and what can be chosen."""

    title: str
    summary: str
    options: Mapping[str, Option] = field(default_factory=dict)


_TIMES = Option(meaning="坏几次应答后自己恢复，0 表示直到清除", default=0, least=0, most=1000)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "silent": Kind(title="无应答", summary="什么都不回答，像数据线断了一根。"),
        "garbage": Kind(
            title="乱码",
            summary="应答之间按线速发杂乱字节，里面夹着帧头。",
            options={
                "bytes": Option(meaning="杂乱字节数", default=4096, least=1, most=10_000_000),
                "seed": Option(meaning="杂乱字节的种子", default=1, least=0, most=2_147_483_648),
            },
        ),
        "wrong-checksum": Kind(title="校验错误", summary="应答的校验字节是坏的，像线接触不良。", options={"times": _TIMES}),
        "giant-length": Kind(title="超长帧", summary="应答的帧头里说有 65535 个字节。", options={"times": _TIMES}),
        "sam-failed": Kind(title="安全模块自检失败", summary="问什么都答 SW3 60：安全模块自检没通过。"),
        "sam-unauthorised": Kind(title="安全模块未授权", summary="问什么都答 SW3 66：安全模块没有授权。"),
        "cut-frame": Kind(
            title="读卡中途取走",
            summary="数据发到一半卡被拿走：下一次读卡中断，只一次。",
            options={"after_bytes": Option(meaning="这一帧还发出来的字节数", default=600, least=0, most=1294)},
        ),
        "slow": Kind(
            title="应答缓慢",
            summary="每次应答都更慢。",
            options={"delay_s": Option(meaning="多等的秒数", default=0.5, least=0, most=60, is_whole=False)},
        ),
        "one-byte": Kind(
            title="逐字节发送",
            summary="应答一个字节一个字节地发。",
            options={"gap_s": Option(meaning="字节之间的秒数", default=0.05, least=0, most=1, is_whole=False)},
        ),
        "not-authentic": Kind(
            title="卡片认证失败",
            summary="卡和安全模块互相不认。",
            options={"sw": Option(meaning="31 卡不认，32 模块不认，33 校验不过", default=32, least=31, most=33)},
        ),
        "wrong-card": Kind(title="卡片类型不符", summary="放上来的是别的种类的卡（SW3 40）。"),
        "rf-failing": Kind(
            title="天线故障",
            summary="能找到卡，读不出来。",
            options={"sw": Option(meaning="81 选卡时，41 读卡时", default=41, least=41, most=81)},
        ),
        "hears-badly": Kind(title="接收错误", summary="答 SW3 10：终端发来的内容收坏了。", options={"times": _TIMES}),
        "damaged-number": Kind(title="卡内号码损坏", summary="芯片里的身份证号校验不通过。"),
        "flip-byte": Kind(
            title="应答坏一个字节",
            summary="读卡应答里指定的一个字节是坏的。",
            options={
                "at": Option(meaning="第几个字节，从 0 数", default=700, least=0, most=1294),
                "times": Option(meaning="坏几次应答后自己恢复，0 表示直到清除", default=1, least=0, most=1000),
            },
        ),
        "merged": Kind(title="应答粘连", summary="每次应答都和上一次应答粘在一起发。", options={"times": _TIMES}),
        # Unconfirmed: what a SAM answers to two cards. That it finds something and cannot select it is what a collision means.
        "two-cards": Kind(title="叠放两张卡", summary="找得到，选不中（SW3 81）：两张卡叠在一起。"),
        "strange-card": Kind(
            title="不认识的卡片版式",
            summary="读得出来，但文字的长度和版式字母都没见过。",
            options={"text_bytes": Option(meaning="卡里文字的字节数", default=512, least=0, most=1280)},
        ),
        "old-firmware": Kind(
            title="老固件",
            summary="不认识追加地址、卡体管理号和指纹这三条命令。",
            options={"silent": Option(meaning="0 答 SW3 24，1 不答", default=0, least=0, most=1)},
        ),
        "swapped": Kind(
            title="换了一台阅读器",
            summary="同样的型号，安全模块的序号是另一台的。拔线再插上，终端才会问。",
            options={"number": Option(meaning="换上来那台的序号", default=222333444, least=1, most=999_999_999)},
        ),
        "never-finds-again": Kind(title="复位后也找不到读过的卡", summary="读过的卡不拿起来，复位安全模块也找不到它。"),
        "finds-again": Kind(title="读后仍可寻卡", summary="读过的卡不拿起来也还能找到，有的机型就这样。"),
    }
)
"""Fault name -> what it is."""


def givable() -> tuple[GivableFault, ...]:
    """The faults as the rig shows them."""
    return tuple(
        GivableFault(
            name=name,
            title=kind.title,
            summary=kind.summary,
            options={option: kind.options[option].described() for option in kind.options},
        )
        for name, kind in KINDS.items()
    )


def parsed_options(fault: str, options: Mapping[str, str]) -> dict[str, float]:
    """Read a fault's options, with defaults for those not given.

    Raises:
        ValueError: Unknown fault or option, or a value out of range; says what there is.
    """
    if fault not in KINDS:
        raise ValueError(f"没有故障 {fault!r}，有这些：{'、'.join(KINDS)}")
    known = KINDS[fault].options
    for name in options:
        if name not in known:
            raise ValueError(f"{fault} 没有选项 {name!r}，有这些：{'、'.join(known) or '无'}")
    return {name: option.parsed(name, options[name]) if name in options else option.default for name, option in known.items()}


class GivenFaults:
    """The faults a device has now, each with its options."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, float]] = {}

    def __contains__(self, fault: str) -> bool:
        return fault in self._given

    def names(self) -> tuple[str, ...]:
        """In the order in which they were given."""
        return tuple(self._given)

    def give(self, fault: str, options: Mapping[str, str]) -> None:
        """Add one, or give it other options; raises as ``parsed_options`` does."""
        self._given[fault] = parsed_options(fault, options)

    def end(self, fault: str) -> None:
        """End one, if it is there."""
        self._given.pop(fault, None)

    def option(self, fault: str, option: str) -> float:
        """What was chosen; 0 for a fault that is not there."""
        return self._given[fault][option] if fault in self._given else 0.0

    def shows_once_more(self, fault: str) -> bool:
        """Whether a fault that shows a number of times shows now; the last of its times ends it."""
        if fault not in self._given:
            return False
        chosen = self._given[fault]
        if chosen["times"] == 1:
            del self._given[fault]
        elif chosen["times"] > 1:
            chosen["times"] -= 1
        return True
