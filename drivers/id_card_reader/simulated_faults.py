"""The faults a simulated reader can be given, as data, and the reading of their options as a trainer types them."""

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
        return f"{self.meaning}; default {self.default:g}, {self.least:g} to {self.most:g}"

    def parsed(self, name: str, written: str) -> float:
        """Read what was typed.

        Raises:
            ValueError: Not a number, or out of range; says what is allowed.
        """
        allowed = f"{'a whole number' if self.is_whole else 'a number'} from {self.least:g} to {self.most:g}"
        try:
            value = float(int(written)) if self.is_whole else float(written)
        except ValueError:
            raise ValueError(f"{name} is {written!r}; allowed is {allowed}") from None
        if not self.least <= value <= self.most:
            raise ValueError(f"{name} is {written}; allowed is {allowed}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One fault: how it is called, what the device then does, and what can be chosen."""

    title: str
    summary: str
    options: Mapping[str, Option] = field(default_factory=dict)


_TIMES = Option(meaning="answers until it ends by itself, 0 = until cleared", default=0, least=0, most=1000)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "silent": Kind(title="无应答", summary="Answers nothing, as with a broken data line."),
        "garbage": Kind(
            title="乱码",
            summary="Sends noise with beginnings of frames in it, at line speed, between its answers.",
            options={
                "bytes": Option(meaning="bytes of noise", default=4096, least=1, most=10_000_000),
                "seed": Option(meaning="which noise", default=1, least=0, most=2**31),
            },
        ),
        "wrong-checksum": Kind(
            title="校验错误", summary="Damages the checksum of its answers, as a bad cable does.", options={"times": _TIMES}
        ),
        "giant-length": Kind(
            title="超长帧", summary="Announces 65535 bytes in the head of its answers.", options={"times": _TIMES}
        ),
        "sam-failed": Kind(title="安全模块自检失败", summary="Answers SW3 60 to everything: the SAM's self-test failed."),
        "sam-unauthorised": Kind(title="安全模块未授权", summary="Answers SW3 66 to everything: the SAM is not authorised."),
        "cut-frame": Kind(
            title="读卡中途取走",
            summary="The card is lifted while its data is being sent: the next reading breaks off, once.",
            options={"after_bytes": Option(meaning="bytes of the frame that still come", default=600, least=0, most=1294)},
        ),
        "slow": Kind(
            title="应答缓慢",
            summary="Takes longer over every answer.",
            options={"delay_s": Option(meaning="seconds more", default=0.5, least=0, most=60, is_whole=False)},
        ),
        "one-byte": Kind(
            title="逐字节发送",
            summary="Sends its answers one byte at a time.",
            options={"gap_s": Option(meaning="seconds between bytes", default=0.05, least=0, most=1, is_whole=False)},
        ),
        "not-authentic": Kind(
            title="卡片认证失败",
            summary="Card and SAM refuse each other.",
            options={"sw": Option(meaning="31 card refuses, 32 SAM refuses, 33 check failed", default=32, least=31, most=33)},
        ),
        "wrong-card": Kind(title="卡片类型不符", summary="The card on the reader is of another kind (SW3 40)."),
        "rf-failing": Kind(
            title="天线故障",
            summary="Finds cards and cannot read them.",
            options={"sw": Option(meaning="81 while selecting, 41 while reading", default=41, least=41, most=81)},
        ),
        "hears-badly": Kind(
            title="接收错误", summary="Answers SW3 10: what the kiosk sent arrived damaged.", options={"times": _TIMES}
        ),
        "damaged-number": Kind(title="卡内号码损坏", summary="The ID number on the chip fails its check."),
        "finds-again": Kind(
            title="读后仍可寻卡", summary="Finds a card that was already read without its being lifted, as some readers do."
        ),
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
        raise ValueError(f"there is no fault {fault!r}; there are: {', '.join(KINDS)}")
    known = KINDS[fault].options
    for name in options:
        if name not in known:
            raise ValueError(f"{fault} has no option {name!r}; it has: {', '.join(known) or 'none'}")
    return {name: option.parsed(name, options[name]) if name in options else option.default for name, option in known.items()}
