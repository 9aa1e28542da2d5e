"""The faults a simulated scan engine can be given, as data."""

from collections.abc import Mapping
from types import MappingProxyType

from drivers.transport.fault_menu import TIMES, Kind, Option

_SEED = Option(meaning="杂乱字节的种子", default=1, least=0, most=2_147_483_648)

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
        "control-characters": Kind(title="控制字符", summary="读到的码中间夹着控制字符。", options={"times": TIMES}),
        "wrong-crc": Kind(title="校验错误", summary="应答的校验字节是坏的，像线接触不良。", options={"times": TIMES}),
        "never-triggers": Kind(title="读不出码", summary="照样应答，灯也亮，就是读不出码，像窗口脏了。"),
        "stuck-light": Kind(title="灯不灭", summary="灯一直亮，没叫它读也读，码放着就反复发。"),
        "no-terminator": Kind(title="没有结束符", summary="码后面不发回车，像被别的设置码改过。"),
        "cut-code": Kind(
            title="码发一半",
            summary="码发到一半就停了，没有结束符。",
            options={"after_bytes": Option(meaning="还发出来的字节数", default=6, least=1, most=511), "times": TIMES},
        ),
        "slow": Kind(
            title="逐字节慢发",
            summary="码一个字节一个字节地发。",
            options={"gap_s": Option(meaning="字节之间的秒数", default=0.2, least=0, most=2, is_whole=False)},
        ),
        "late": Kind(
            title="应答缓慢",
            summary="每次应答都更慢。",
            options={"delay_s": Option(meaning="多等的秒数", default=0.2, least=0, most=60, is_whole=False)},
        ),
        "forgets": Kind(title="掉电忘设置", summary="掉了一次电，设置回到出厂，只一次。"),
    }
)
"""Fault name -> what it is."""
