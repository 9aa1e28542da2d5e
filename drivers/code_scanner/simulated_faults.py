"""The faults a simulated scan engine can be given, as data, and the reading of their options as a trainer types them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.transport.far_end import GivableFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A number that goes with a fault: what it is, with its unit, its default and its range."""

    meaning: str
    default: float
    least: float
    most: float

    def described(self) -> str:
        """For the rig's page."""
        return f"{self.meaning}；默认 {self.default:g}，{self.least:g} 到 {self.most:g}"

    def parsed(self, name: str, written: str) -> float:
        """Read what was typed; ValueError, saying what is allowed, when it is no such number."""
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        if not self.least <= value <= self.most:
            raise ValueError(f"{name} 写的是 {written!r}，应该是数，{self.least:g} 到 {self.most:g}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One fault: how it is called, what the engine then does, and what can be chosen."""

    title: str
    summary: str
    options: Mapping[str, Option] = field(default_factory=dict)


_SEED = Option(meaning="杂乱字节的种子", default=1, least=0, most=2_147_483_648)
_TIMES = Option(meaning="几次以后自己恢复，0 表示直到清除", default=0, least=0, most=1000)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "silent": Kind(title="无应答", summary="什么都不发，像数据线断了一根。"),
        "garbage": Kind(
            title="乱码",
            summary="不停地按线速发杂乱字节。",
            options={"bytes": Option(meaning="杂乱字节数", default=4096, least=1, most=10_000_000), "seed": _SEED},
        ),
        "flood": Kind(
            title="洪水",
            summary="下一次读到码时发出很长的一串字符，中间没有结束符。",
            options={"bytes": Option(meaning="字节数", default=65_536, least=1, most=10_000_000), "seed": _SEED},
        ),
        "control-characters": Kind(title="控制字符", summary="读到的码中间夹着控制字符。", options={"times": _TIMES}),
        "wrong-crc": Kind(title="校验错误", summary="应答的校验字节是坏的，像线接触不良。", options={"times": _TIMES}),
        "never-triggers": Kind(title="读不出码", summary="照样应答，灯也亮，就是读不出码，像窗口脏了。"),
        "stuck-light": Kind(title="灯不灭", summary="灯一直亮，没叫它读也读，码放着就反复发。"),
        "no-terminator": Kind(title="没有结束符", summary="码后面不发回车，像被别的设置码改过。"),
        "cut-code": Kind(
            title="码发一半",
            summary="码发到一半就停了，没有结束符。",
            options={"after_bytes": Option(meaning="还发出来的字节数", default=6, least=1, most=511), "times": _TIMES},
        ),
        "slow": Kind(
            title="逐字节慢发",
            summary="码一个字节一个字节地发。",
            options={"gap_s": Option(meaning="字节之间的秒数", default=0.2, least=0, most=2)},
        ),
        "late": Kind(
            title="应答缓慢",
            summary="每次应答都更慢。",
            options={"delay_s": Option(meaning="多等的秒数", default=0.2, least=0, most=60)},
        ),
        "forgets": Kind(title="掉电忘设置", summary="掉了一次电，设置回到出厂，只一次。"),
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
