"""How long devices run between failures and how long repairs take, by what they have in common. Pure.

A device runs from the beginning of the period (or from when its kiosk was first heard) to its first failure, from each repair
to the next failure, and what runs at the end still runs: that run is censored. Time under repair is no running time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from telemetry.fleet.analytics.faults import Fault, HoursOf, merged
from telemetry.fleet.analytics.survival import Difference, Endurance, Run, compare, endurance
from telemetry.wire.topics import KioskId

A_DAY_S = 86_400.0
AN_HOUR_S = 3_600.0


class By(StrEnum):
    """What devices may have in common."""

    MODEL = "model"
    BATCH = "batch"
    VENDOR = "vendor"
    SITE = "site"
    TOWN = "town"
    PORT = "port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One device at its place."""

    kiosk: KioskId
    device: str
    kind: str
    model: str
    port: str
    site: str
    town: str
    vendor: str
    batch: str
    since: datetime

    def shares(self, by: By) -> str:
        """Return what it has in common with others; empty when nobody knows."""
        match by:
            case By.MODEL:
                return self.model
            case By.BATCH:
                return self.batch
            case By.VENDOR:
                return self.vendor
            case By.SITE:
                return self.site
            case By.TOWN:
                return self.town
            case By.PORT:
                return self.port
            case _:
                assert_never(by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Devices with something in common: ``running`` in days, ``repair`` in hours of service."""

    name: str
    devices: int
    running: Endurance
    repair: Endurance


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Every group, the one that fails soonest first, and which differences chance would hardly show."""

    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]


def lifetimes(
    fitted: Iterable[Fitted], faults: Iterable[Fault], *, by: By, hours_of: HoursOf, begin: datetime, end: datetime
) -> Lifetimes:
    """Tell how long devices run and how long their repairs take.

    Args:
        fitted: Devices of one kind; of several, their groups mix.
        faults: Theirs; those that say nothing about a device are left out.
        by: How to group.
        hours_of: When service was expected at a kiosk.
        begin: Of the period.
        end: Of the period, or now.
    """
    of_device: defaultdict[tuple[KioskId, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.is_failure:
            of_device[fault.kiosk, fault.device].append(fault)
    running: defaultdict[str, list[Run]] = defaultdict(list)
    repair: defaultdict[str, list[Run]] = defaultdict(list)
    devices: defaultdict[str, int] = defaultdict(int)
    for one in fitted:
        name, own = one.shares(by), of_device.get((one.kiosk, one.device), [])
        devices[name] += 1
        running[name].extend(running_runs(own, begin=max(begin, one.since), end=end))
        repair[name].extend(repair_runs(own, hours_of=hours_of, begin=begin, end=end))
    groups = [
        Group(name=name, devices=devices[name], running=endurance(running[name]), repair=endurance(repair[name]))
        for name in devices
    ]
    return Lifetimes(
        groups=tuple(sorted(groups, key=_soonest)),
        differences=compare({name: runs for name, runs in running.items() if name}),
    )


def running_runs(faults: Sequence[Fault], *, begin: datetime, end: datetime) -> tuple[Run, ...]:
    """Return the days one device ran, run by run."""
    down = merged((fault.raised_at, min(end, fault.cleared_at or end)) for fault in faults if fault.raised_at < end)
    runs, at = [], begin
    for failed, mended in down:
        if failed > at:
            runs.append(Run(lasted=(failed - at).total_seconds() / A_DAY_S, has_ended=True))
        at = max(at, mended)
    if at < end:
        runs.append(Run(lasted=(end - at).total_seconds() / A_DAY_S, has_ended=False))
    return tuple(runs)


def repair_runs(faults: Iterable[Fault], *, hours_of: HoursOf, begin: datetime, end: datetime) -> tuple[Run, ...]:
    """Return the hours of service each failure of the period stood; one that still stands is censored."""
    return tuple(
        Run(
            lasted=fault.standing_s(hours_of(fault.kiosk), begin=fault.raised_at, end=end) / AN_HOUR_S,
            has_ended=fault.cleared_at is not None and fault.cleared_at <= end,
        )
        for fault in faults
        if begin <= fault.raised_at < end
    )


def _soonest(group: Group) -> tuple[bool, float, str]:
    mean = group.running.mean
    return (mean.value is None, mean.value if mean.value is not None else -(mean.low or 0.0), group.name)
