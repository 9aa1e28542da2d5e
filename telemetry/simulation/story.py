"""One story: everything that happens to a county within so many weeks, written ahead. Pure; one seed makes one story."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import assert_never

from telemetry.simulation import outages, wear
from telemetry.simulation.calendar import DAY_S
from telemetry.simulation.county import Site, district, one_backbone, one_village
from telemetry.simulation.happening import (
    Absence,
    Began,
    ClockIs,
    Complained,
    Ended,
    Escalated,
    Fault,
    Left,
    Level,
    Moment,
    Noted,
    OutageBegan,
    OutageEnded,
    OutageKind,
    Returned,
    What,
)
from telemetry.simulation.outages import MainsLost, Outages, Power
from telemetry.simulation.village import Village

DEAD_CLOCK_SHARE = 0.03
"""Of kiosks: the button cell is empty, every start begins in 1970 until the network tells the time."""
CLOCK_TOLD_S = (40.0, 150.0)
WRONG_CLOCK_SHARE = 0.02
"""Of kiosks: the time servers are out of reach of their line, the clock is minutes off and knows it."""
WRONG_CLOCK_S = (-1_200.0, 1_200.0)
PLATFORM_DAYS = 14.0
"""Between two failures of the government's platform, which every kiosk feels."""
PLATFORM_S = 35 * wear.MINUTE_S
PLATFORM_FELT_S = (0.0, 20.0)
PLATFORM_MISSED_AFTER_S = 30.0
"""How long a kiosk without a network believes that its platform is there."""
BATTERY_LOW_AT = 0.8
"""Share of a battery's time after which it says that it is nearly empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What will happen, in order.

    Attributes:
        ups: Kiosks that have one.
        lasts_s: How long it is.
        visits: People who come to a kiosk that is on, and what they came for that was done.
    """

    sites: tuple[Site, ...]
    ups: frozenset[str]
    moments: tuple[Moment, ...]
    lasts_s: float
    visits: int
    matters: int

    @property
    def digest(self) -> str:
        """Name this very story: the same for the same seed on every machine."""
        told = hashlib.sha256()
        for moment in self.moments:
            told.update(f"{moment.at_s:.3f} {type(moment.what).__name__} {_key(moment.what)}\n".encode())
        return told.hexdigest()


def weeks_of_life(*, county: str, kiosks: int, days: int, seed: int) -> Story:
    """Write the life of a county: people, wear, outages, repairs, complaints."""
    sites = district(county, kiosks)
    power = outages.power_of(sites, Random(f"{seed} power"))
    cuts = outages.a_season(sites, power, days=days, random=Random(f"{seed} outages"))
    told = _Told(numbers=count(1), lasts_s=days * DAY_S)
    told.take(cuts, power, Random(f"{seed} words"))
    dark = _dark(cuts)
    visits = matters = 0
    for site in sites:
        random = Random(f"{seed} {site.name}")
        village = Village(
            site, dark=dark.get(site.name, ()), has_ups=power[site.name].battery_s > 0, numbers=told.numbers, random=random
        )
        told.moments.extend(village.live(days))
        visits, matters = visits + village.visits, matters + village.matters
        _clocks(site, cuts, told, random)
    _platform(sites, cuts, told, Random(f"{seed} platform"))
    return told.story(sites, power, visits=visits, matters=matters)


def a_power_cut(*, county: str, kiosks: int, seed: int, at_s: float, lasting_s: float) -> Story:
    """Write one cut of the mains of a whole village, and nothing else."""
    sites = one_village(county, kiosks)
    power = outages.power_of(sites, Random(f"{seed} power"))
    cuts = outages.cut_power(sites, power, at_s=at_s, lasting_s=lasting_s, random=Random(f"{seed} outages"))
    return _one_cut(sites, power, cuts, seed)


def a_backbone_cut(*, county: str, kiosks: int, seed: int, at_s: float, lasting_s: float) -> Story:
    """Write one cut of the cable that carries every word of a county, and nothing else."""
    sites = one_backbone(county, kiosks)
    power = outages.power_of(sites, Random(f"{seed} power"))
    cuts = outages.cut_backbone(sites, power, at_s=at_s, lasting_s=lasting_s, random=Random(f"{seed} outages"))
    return _one_cut(sites, power, cuts, seed)


def nothing_happens(*, county: str, kiosks: int, seed: int, lasting_s: float) -> Story:
    """Write quiet days: kiosks are there, and well."""
    sites = district(county, kiosks)
    power = outages.power_of(sites, Random(f"{seed} power"))
    return _Told(numbers=count(1), lasts_s=lasting_s).story(sites, power, visits=0, matters=0)


def _one_cut(sites: Sequence[Site], power: Mapping[str, Power], cuts: Outages, seed: int) -> Story:
    told = _Told(numbers=count(1), lasts_s=max(outage.end_s for outage in cuts.outages) + 10 * wear.MINUTE_S)
    told.take(cuts, power, Random(f"{seed} words"))
    return told.story(sites, power, visits=0, matters=0)


class _Told:
    """Moments so far, in no order."""

    def __init__(self, *, numbers: "count[int]", lasts_s: float) -> None:
        self.numbers = numbers
        self.moments: list[Moment] = []
        self.lasts_s = lasts_s
        self._busy: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)

    def at(self, at_s: float, what: What) -> None:
        self.moments.append(Moment(at_s=at_s, what=what))

    def fault(self, kiosk: str, kind: tuple[str, str, str, str], begin_s: float, end_s: float) -> None:
        """Tell a fault of which one stands at a time; one that begins while another lasts is the same."""
        device, code, severity, remedy = kind
        spans = self._busy[kiosk, code]
        if end_s <= begin_s or any(begin_s < other_end_s and other_begin_s < end_s for other_begin_s, other_end_s in spans):
            return
        spans.append((begin_s, end_s))
        fault = Fault(
            number=next(self.numbers),
            kiosk=kiosk,
            device=device,
            code=code,
            severity=severity,
            remedy=remedy,
            begin_s=begin_s,
            end_s=end_s,
            ended_by="self",
        )
        self.at(begin_s, Began(fault=fault))
        self.at(end_s, Ended(fault=fault))

    def take(self, cuts: Outages, power: Mapping[str, Power], random: Random) -> None:
        """Tell of outages: who goes, who comes back, what each could still feel."""
        for outage in cuts.outages:
            self.at(outage.begin_s, OutageBegan(outage=outage))
            self.at(outage.end_s, OutageEnded(outage=outage))
            for absence in outage.absences:
                self.at(absence.begin_s, Left(outage=outage, absence=absence))
                self.at(absence.end_s, Returned(outage=outage, absence=absence))
                if outage.kind is OutageKind.NETWORK:
                    self._feel_no_network(absence, random)
        for lost in cuts.mains:
            self._feel_no_mains(lost, power[lost.kiosk])

    def _feel_no_network(self, absence: Absence, random: Random) -> None:
        felt_s = absence.begin_s + PLATFORM_MISSED_AFTER_S
        over_s = absence.end_s + random.uniform(1, 5)
        self.fault(absence.kiosk, wear.PLATFORM_OFFLINE, felt_s, over_s)
        self.fault(absence.kiosk, wear.NO_NETWORK, felt_s, over_s)

    def _feel_no_mains(self, lost: MainsLost, supply: Power) -> None:
        if supply.battery_s:
            self.fault(lost.kiosk, wear.MAINS_LOST, lost.begin_s, lost.end_s)
            low_s = lost.begin_s + BATTERY_LOW_AT * (lost.dark_s - lost.begin_s)
            if low_s < lost.end_s:
                self.fault(lost.kiosk, wear.BATTERY_LOW, low_s, lost.end_s)

    def story(self, sites: Iterable[Site], power: Mapping[str, Power], *, visits: int, matters: int) -> Story:
        """Put everything in order."""
        within = (moment for moment in self.moments if moment.at_s <= self.lasts_s)
        return Story(
            sites=tuple(sites),
            ups=frozenset(name for name, supply in power.items() if supply.battery_s > 0),
            moments=tuple(sorted(within, key=lambda moment: (moment.at_s, type(moment.what).__name__, _key(moment.what)))),
            lasts_s=self.lasts_s,
            visits=visits,
            matters=matters,
        )


def _dark(cuts: Outages) -> dict[str, list[tuple[float, float]]]:
    """Return when each machine is off, in order."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for outage in cuts.outages:
        for absence in outage.absences:
            if not absence.has_power:
                spans[absence.kiosk].append((absence.begin_s, absence.end_s))
    for lost in cuts.mains:
        if lost.dark_s < lost.end_s:
            spans[lost.kiosk].append((lost.dark_s, lost.end_s))
    return {kiosk: sorted(dark) for kiosk, dark in spans.items()}


def _clocks(site: Site, cuts: Outages, told: _Told, random: Random) -> None:
    share = random.random()
    if share < WRONG_CLOCK_SHARE:
        told.at(0.0, ClockIs(kiosk=site.name, skew_s=random.uniform(*WRONG_CLOCK_S), is_trusted=False))
        told.fault(site.name, wear.CLOCK_UNTRUSTED, 1.0, float("inf"))
    elif share < WRONG_CLOCK_SHARE + DEAD_CLOCK_SHARE:
        for outage in cuts.outages:
            for absence in outage.absences:
                if absence.kiosk == site.name and not absence.has_power:
                    told_s = absence.end_s + random.uniform(*CLOCK_TOLD_S)
                    told.at(absence.end_s - 0.001, ClockIs(kiosk=site.name, skew_s=0.0, is_trusted=False, is_reset=True))
                    told.fault(site.name, wear.CLOCK_UNTRUSTED, absence.end_s, told_s)
                    told.at(told_s, ClockIs(kiosk=site.name, skew_s=0.0, is_trusted=True))


def _platform(sites: Sequence[Site], cuts: Outages, told: _Told, random: Random) -> None:
    dark = _dark(cuts)
    at_s = random.expovariate(1 / (PLATFORM_DAYS * DAY_S))
    while at_s < told.lasts_s:
        lasting_s = PLATFORM_S * random.lognormvariate(0, 0.7)
        for site in sites:
            begin_s, end_s = (at_s + edge + random.uniform(*PLATFORM_FELT_S) for edge in (0.0, lasting_s))
            if not any(begin_s < dark_end_s and dark_begin_s < end_s for dark_begin_s, dark_end_s in dark.get(site.name, ())):
                told.fault(site.name, wear.PLATFORM_OFFLINE, begin_s, end_s)
        at_s += lasting_s + random.expovariate(1 / (PLATFORM_DAYS * DAY_S))


def _key(what: What) -> str:
    """Name what happens: in one moment things are told in the order of these."""
    match what:
        case OutageBegan() | OutageEnded():
            return f"{what.outage.number} {what.outage.kind} {what.outage.scope}"
        case Left() | Returned():
            return f"{what.outage.number} {what.absence.kiosk} {what.absence.manner}"
        case Began() | Escalated() | Ended():
            return f"{what.fault.number} {what.fault.kiosk} {what.fault.device} {what.fault.code} {what.fault.ended_by}"
        case Noted():
            return f"{what.kiosk} {what.name} {sorted(what.fields.items())}"
        case Complained():
            return f"{what.kiosk} {what.by} {what.service}"
        case Level():
            return f"{what.kiosk} {what.supply} {what.remaining}"
        case ClockIs():
            return f"{what.kiosk} {what.skew_s:.3f} {what.is_trusted}"
        case _:
            assert_never(what)
