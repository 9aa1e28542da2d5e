"""Which faults cost most, which come back, who ended them. Pure: alarms of a period in, tables out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.wire.service_hours import ServiceHours
from telemetry.wire.topics import KioskId

BLOCKING = "BLOCKING"
BY_SILENCE = "silence"
BY_MAINTENANCE = "maintenance"
BY_INCIDENT = "incident"
BY_RESET = "reset"
"""Who ended a fault that the kiosk mended itself."""
PASSES = frozenset({"WAIT", "RESET"})
"""Remedies that need nobody."""

_OF_SUPPLIES = ("paper_out", "paper_low", "toner_empty", "toner_low", "waste_full", "waste_near_full", "output_full")
_OF_PEOPLE = ("card_left", "paper_left", "paper_not_taken", "cover_open", "door_open", "tray_missing")
_OF_OTHERS = (
    "starting",
    "not_fitted",
    "no_pdf",
    "clock_untrusted",
    "mains_lost",
    "battery_low",
    "network_unplugged",
    "no_network",
)
NOT_THE_DEVICE = frozenset({*_OF_SUPPLIES, *_OF_PEOPLE, *_OF_OTHERS})
"""Last words of codes that say nothing about how good a device is: used up, left open, power, network, configuration."""
NOT_DEVICES = frozenset({"platform", "kiosk", "core"})
"""First words of codes that no device of a make and model can help."""

HoursOf = Callable[[KioskId], ServiceHours]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One alarm: a fault of a device, from when it was raised until it stayed away. Open while ``cleared_at`` is None."""

    kiosk: KioskId
    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    cause: str
    hushed_by: str = ""
    incident: int | None = None

    @property
    def is_failure(self) -> bool:
        """Whether it says something about the device itself."""
        first, _, last = self.code.partition(".")
        return self.cause != BY_SILENCE and first not in NOT_DEVICES and last not in NOT_THE_DEVICE

    @property
    def took_a_person(self) -> bool:
        """Whether somebody must have done something for it to end: a kiosk cannot tell who put the paper in."""
        return self.cleared_by != BY_RESET and (self.remedy not in PASSES or self.cleared_by == "clerk")

    def standing_s(self, hours: ServiceHours, *, begin: datetime, end: datetime) -> float:
        """Return the seconds of service during which it stood, between two moments."""
        return hours.open_s(max(begin, self.raised_at), min(end, self.cleared_at or end))


def that_count(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults people mean when they ask how many: nothing planned, and many silences of one cause are one."""
    seen: set[int] = set()
    kept = []
    for fault in faults:
        if fault.hushed_by == BY_MAINTENANCE:
            continue
        if fault.incident is not None:
            if fault.incident in seen:
                continue
            seen.add(fault.incident)
        kept.append(fault)
    return tuple(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one code cost. ``share`` and ``up_to_here`` are of the whole, by whatever the list was ordered by."""

    code: str
    remedy: str
    times: int
    kiosks: int
    withdrawn_s: float
    share: float
    up_to_here: float


def pareto(faults: Sequence[Fault], *, by_time: bool, hours_of: HoursOf, begin: datetime, end: datetime) -> tuple[Cost, ...]:
    """Order codes by service they withdrew, or by how often they came; the dearest first.

    Args:
        faults: Of the period.
        by_time: By seconds of service hours a blocking fault stood; else by count of those raised in the period.
        hours_of: When service was expected at a kiosk.
        begin: Of the period.
        end: Of the period, or now.
    """
    times: Counter[str] = Counter()
    withdrawn: defaultdict[str, float] = defaultdict(float)
    kiosks: defaultdict[str, set[KioskId]] = defaultdict(set)
    remedies: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fault in faults:
        times[fault.code] += fault.raised_at >= begin
        kiosks[fault.code].add(fault.kiosk)
        remedies[fault.code][fault.remedy] += 1
        if fault.severity == BLOCKING:
            withdrawn[fault.code] += fault.standing_s(hours_of(fault.kiosk), begin=begin, end=end)
    weight: Mapping[str, float] = withdrawn if by_time else times
    whole = sum(weight.values())
    costs, so_far = [], 0.0
    for code in sorted(times, key=lambda code: (-weight.get(code, 0.0), -times[code], code)):
        so_far += weight.get(code, 0.0)
        costs.append(
            Cost(
                code=code,
                remedy=remedies[code].most_common(1)[0][0],
                times=times[code],
                kiosks=len(kiosks[code]),
                withdrawn_s=withdrawn.get(code, 0.0),
                share=weight.get(code, 0.0) / whole if whole else 0.0,
                up_to_here=so_far / whole if whole else 0.0,
            )
        )
    return tuple(costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A fault that keeps coming back at one place. ``by_reset`` of its ``ended`` ends were a reset by the kiosk itself."""

    kiosk: KioskId
    device: str
    codes: tuple[tuple[str, int], ...]
    port: str
    times: int
    ended: int
    by_reset: int
    last_at: datetime
    devices: tuple[str, ...]

    @property
    def is_of_the_port(self) -> bool:
        """Whether different devices fail on the same port: the port or its power, not the devices."""
        return len(self.devices) > 1


def repeats(
    faults: Iterable[Fault], *, port_of: Mapping[tuple[KioskId, str], str], times: int, within: timedelta
) -> tuple[Repeat, ...]:
    """Return what came at least so many times within so long, the most frequent first.

    One place is a USB port where the kiosk told one, else the device. Same kiosk, device and code so often is a repeat; so are
    different devices on one port.
    """
    of_place: defaultdict[tuple[KioskId, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.cause != BY_SILENCE and fault.hushed_by != BY_MAINTENANCE:
            port = port_of.get((fault.kiosk, fault.device), "")
            of_place[fault.kiosk, port or f"={fault.device}"].append(fault)
    found = []
    for (kiosk, place), members in of_place.items():
        if not _comes_back(members, times=times, within=within):
            continue
        ended = [fault for fault in members if fault.cleared_at is not None]
        found.append(
            Repeat(
                kiosk=kiosk,
                device=Counter(fault.device for fault in members).most_common(1)[0][0],
                codes=tuple(Counter(fault.code for fault in members).most_common()),
                port="" if place.startswith("=") else place,
                times=len(members),
                ended=len(ended),
                by_reset=sum(fault.cleared_by == BY_RESET for fault in ended),
                last_at=max(fault.raised_at for fault in members),
                devices=tuple(sorted({fault.device for fault in members})),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.times, one.kiosk.county, one.kiosk.kiosk, one.device)))


def _comes_back(members: Sequence[Fault], *, times: int, within: timedelta) -> bool:
    groups: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for fault in members:
        groups[fault.device, fault.code].append(fault.raised_at)
    if len({fault.device for fault in members if fault.is_failure}) > 1:
        groups["", ""] = [fault.raised_at for fault in members if fault.is_failure]
    return any(_so_often(sorted(moments), times, within) for moments in groups.values())


def _so_often(moments: Sequence[datetime], times: int, within: timedelta) -> bool:
    return any(moments[at + times - 1] - moments[at] <= within for at in range(len(moments) - times + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How faults ended.

    Attributes:
        by_reset: The kiosk reset or power-cycled the device.
        by_itself: It passed.
        by_people: Somebody came.
        waited_s: Median seconds of service hours the ones with a person lasted; None without any.
        saved_s: What the resets would have lasted besides, had each waited for a person as long as that; None when unknown.
    """

    by_reset: int
    by_itself: int
    by_people: int
    alone_s: float
    waited_s: float | None
    saved_s: float | None


def how_they_ended(faults: Iterable[Fault], *, hours_of: HoursOf, begin: datetime, end: datetime) -> Ended:
    """Count how faults ended in a period, and what healing saved."""
    ended = [fault for fault in faults if fault.cleared_at is not None and begin <= fault.cleared_at < end]
    ended = [fault for fault in ended if fault.cause != BY_SILENCE]

    def lasted_s(fault: Fault) -> float:
        return fault.standing_s(hours_of(fault.kiosk), begin=fault.raised_at, end=end)

    by_reset = [lasted_s(fault) for fault in ended if fault.cleared_by == BY_RESET]
    by_people = [lasted_s(fault) for fault in ended if fault.took_a_person]
    waited_s = median(by_people)
    return Ended(
        by_reset=len(by_reset),
        by_itself=len(ended) - len(by_reset) - len(by_people),
        by_people=len(by_people),
        alone_s=sum(by_reset),
        waited_s=waited_s,
        saved_s=None if waited_s is None else sum(max(0.0, waited_s - s) for s in by_reset),
    )


def median(values: Sequence[float]) -> float | None:
    """Return the middle one, or the mean of the middle two; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def merged(spells: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join spells that overlap or touch."""
    joined: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spells):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined
