"""The faults a simulated document printer can be given: their words, their options, and what each makes the printer say."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers.transport.far_end import GivableFault

AFTER_PAGES = "在再打印多少页之后发生；整数，0 到 1000，默认立即"

GIVABLE: Mapping[str, GivableFault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            GivableFault(
                name="paper-out",
                title="缺纸",
                summary="纸盒空了：任务照收，停在“处理中”，加纸后接着打（除非已取消）。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(name="paper-low", title="纸将尽", summary="纸盒快空了，仍可打印。", options={}),
            GivableFault(
                name="jam",
                title="卡纸",
                summary="卡在机器里的那一页没有出来；取出卡纸后重打那一页。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="door-open", title="门没关", summary="前门打开：停止打印，关上后继续。", options={"after_pages": AFTER_PAGES}
            ),
            GivableFault(name="toner-low", title="碳粉将尽", summary="碳粉不多了，仍可打印。", options={}),
            GivableFault(
                name="toner-empty", title="碳粉用完", summary="碳粉用完：停止打印。", options={"after_pages": AFTER_PAGES}
            ),
            GivableFault(
                name="waste-full",
                title="废粉盒满",
                summary="废粉盒满了：停止打印。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="paused",
                title="队列暂停",
                summary="打印机被暂停：任务照收，不打印；可以远程恢复。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="unknown-reason",
                title="说不清的故障",
                summary="停止打印，只报一个没人听说过的原因。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="busy",
                title="正忙",
                summary="不收新任务（正忙），过一会儿自己好。",
                options={"seconds": "0.1 到 3600，默认 5"},
            ),
            GivableFault(
                name="never-prints",
                title="只收不打",
                summary="任务照收，一直“处理中”，一页也不出，也不说原因。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(name="aborts", title="任务中止", summary="打印机自己中止任务。", options={"after_pages": AFTER_PAGES}),
            GivableFault(
                name="cancelled-at-panel",
                title="面板上取消",
                summary="有人在面板上取消了任务。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="says-done",
                title="谎报完成",
                summary="不再出纸，却照样报页数、报完成；机器的总页数不动。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="counter-stands",
                title="总页数不动",
                summary="照常打印，但机器的总页数不再增加。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="ignores-cancel",
                title="取消无效",
                summary="嘴上答应取消，任务却留着，能打的时候照样打出来。",
                options={},
            ),
            GivableFault(name="no-pdf", title="不认 PDF", summary="打印机不接受 PDF 文件。", options={}),
            GivableFault(
                name="silent",
                title="不应答",
                summary="接受连接，不再回答；手里的任务照样打。",
                options={"after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="garbage",
                title="答非所问",
                summary="对每个询问都回答无意义的字节。",
                options={"after_pages": AFTER_PAGES, "layer": "ipp 报文乱，http 连网页协议都不是；默认 ipp"},
            ),
            GivableFault(name="endless", title="没完没了", summary="回答永远不结束。", options={"after_pages": AFTER_PAGES}),
            GivableFault(
                name="power-cycle",
                title="断电重启",
                summary="断电再上电：任务全部丢失，重启期间连不上，之后自动恢复。",
                options={"seconds": "断电到就绪多少秒；0.1 到 3600，默认 5", "after_pages": AFTER_PAGES},
            ),
            GivableFault(
                name="swapped",
                title="换了一台打印机",
                summary="同样的型号，序列号是另一台的。断线再接上，终端才会问。",
                options={},
            ),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a fault makes the printer say, and whether it stops it."""

    reasons: tuple[str, ...]
    is_stopping: bool = True
    is_stopped_state: bool = True


SHOWN: Mapping[str, Shown] = MappingProxyType(
    {
        "paper-out": Shown(reasons=("media-empty", "media-needed"), is_stopped_state=False),
        "paper-low": Shown(reasons=("media-low",), is_stopping=False),
        "jam": Shown(reasons=("media-jam",)),
        "door-open": Shown(reasons=("door-open",)),
        "toner-low": Shown(reasons=("toner-low",), is_stopping=False),
        "toner-empty": Shown(reasons=("toner-empty", "marker-supply-empty")),
        "waste-full": Shown(reasons=("marker-waste-full",)),
        "paused": Shown(reasons=("paused",)),
        "unknown-reason": Shown(reasons=("com.example-flux-drift",)),
        "never-prints": Shown(reasons=(), is_stopped_state=False),
    }
)
"""Fault -> what follows. Out of paper the printer keeps ``processing``, as ippeveprinter does; else it says ``stopped``."""

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType({"after_pages": (0, 1000), "seconds": (0.1, 3600)})


@dataclass(slots=True, kw_only=True)
class Given:
    """A fault that was given, and how far away it still is.

    Attributes:
        after_pages: Pages still to be printed before it begins.
        seconds: How long it lasts, for those that end by themselves.
        layer: For ``garbage``.
        until_s: When it ends by itself, once begun.
        is_on: Whether it has begun.
    """

    name: str
    after_pages: int
    seconds: float
    layer: str
    until_s: float | None = None
    is_on: bool = False


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
    layer = options.get("layer", "ipp")
    if layer not in {"ipp", "http"}:
        raise ValueError(f"layer={layer!r} 应为 ipp 或 http")
    return Given(
        name=fault,
        after_pages=int(_number(options, "after_pages", 0.0)),
        seconds=_number(options, "seconds", 5.0),
        layer=layer,
    )


def _number(options: Mapping[str, str], option: str, default: float) -> float:
    if option not in options:
        return default
    low, high = LIMITS[option]
    try:
        number = float(options[option])
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ValueError(f"{option}={options[option]!r} 应为 {low:g} 到 {high:g} 之间的数")
    return number
