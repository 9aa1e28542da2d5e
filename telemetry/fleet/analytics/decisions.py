"""What the bureau should decide, found in facts and in nothing else, the dearest first. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from telemetry.fleet.analytics.availability import Served
from telemetry.fleet.analytics.faults import BLOCKING, Fault, HoursOf, Repeat
from telemetry.fleet.analytics.lifetimes import Lifetimes
from telemetry.fleet.analytics.read import Outage
from telemetry.wire.topics import KioskId

MOST = 3
"""Decisions a bureau can take in one minute."""
A_QUARTER_DAYS = 91
CURED_BY_POWER = 0.8
"""Where so many of the ends were a reset, the device is well and its power or cable is not."""
ENOUGH_ENDS = 3
LEAST_LOST_S = 3600.0
"""A town that lost less than an hour in the week needs no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Something to decide: ``kind`` names its sentence, ``values`` are what stands in it.

    Attributes:
        weight: Hours of service it would save in a quarter, as far as the facts say; only to put the dearest first.
        kiosk: Whose it is, where it is about one.
    """

    kind: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    weight: float = 0.0
    kiosk: KioskId | None = None


def decide(candidates: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the dearest, at most ``MOST``, no two of one kind while another kind waits."""
    ordered = sorted(candidates, key=lambda one: -one.weight)
    first_of_kind = {one.kind: one for one in reversed(ordered)}
    chosen = sorted(first_of_kind.values(), key=lambda one: -one.weight)
    rest = [one for one in ordered if one not in chosen]
    return tuple((chosen + rest)[:MOST])


def models_to_replace(kind: str, found: Lifetimes) -> Iterable[Decision]:
    """Yield models that fail sooner than another of the same kind: the test says so, and the intervals do not meet."""
    groups = {group.name: group for group in found.groups}
    done: set[str] = set()
    for difference in found.differences:
        worse, better = groups[difference.worse], groups[difference.better]
        bad, good = worse.running.mean, better.running.mean
        if not difference.is_real or worse.name in done or bad.value is None or good.value is None:
            continue
        if bad.high is None or good.low is None or bad.high >= good.low:
            continue
        done.add(worse.name)
        fewer = worse.devices * A_QUARTER_DAYS * (1 / bad.value - 1 / good.value)
        lasts_h = worse.repair.median.value or 1.0
        values: dict[str, str | int | float] = {"n": worse.devices, "kind": kind, "model": worse.name, "better": better.name}
        yield Decision(kind="replace_model", values={**values, "fewer": round(fewer)}, weight=fewer * lasts_h)


def outages_again(outages: Sequence[Outage], *, since: datetime, until: datetime) -> Iterable[Decision]:
    """Yield what took many kiosks away this week and not for the first time in the quarter."""
    of: defaultdict[tuple[str, str, str], list[Outage]] = defaultdict(list)
    for one in outages:
        of[one.kind, one.level, one.scope].append(one)
    for (kind, level, scope), members in of.items():
        if len(members) < 2 or not any(since <= one.began_at < until for one in members):
            continue
        lost_h = sum(one.kiosks * (((one.ended_at or until) - one.began_at).total_seconds() / 3600) for one in members)
        values: dict[str, str | int | float] = {"kind": kind, "level": level, "scope": scope, "times": len(members)}
        yield Decision(kind=f"outage_{kind}" if kind in {"power", "network"} else "outage", values=values, weight=lost_h)


def old_troubles(found: Iterable[Repeat], faults: Iterable[Fault], *, hours_of: HoursOf, end: datetime) -> Iterable[Decision]:
    """Yield places where something keeps coming back, by what the ends say about its cause."""
    stood: Counter[tuple[KioskId, str]] = Counter()
    for fault in faults:
        if fault.severity == BLOCKING:
            stood[fault.kiosk, fault.device] += round(fault.standing_s(hours_of(fault.kiosk), begin=fault.raised_at, end=end))
    for one in found:
        is_power = one.is_of_the_port or (one.ended >= ENOUGH_ENDS and one.by_reset >= CURED_BY_POWER * one.ended)
        values: dict[str, str | int | float] = {
            "times": one.times,
            "device": one.device,
            "port": one.port,
            "code": one.codes[0][0],
        }
        lost_h = sum(stood[one.kiosk, device] for device in one.devices) / 3600
        yield Decision(kind="old_power" if is_power else "old_trouble", values=values, weight=3 * lost_h, kiosk=one.kiosk)


def towns_below(towns: Mapping[tuple[str, str], Served], *, target: float) -> Iterable[Decision]:
    """Yield towns that missed the target, with what they lost."""
    for (_, town), own in towns.items():
        if own.share is not None and own.share < target and own.lost_s >= LEAST_LOST_S and town:
            kind = "town_silent" if own.unknown_s > own.none_s else "town_below"
            values: dict[str, str | int | float] = {"town": town, "share": own.share, "lost_h": own.lost_s / 3600}
            yield Decision(kind=kind, values=values, weight=own.lost_s / 3600)
