"""What silences kiosks: the grid, the lines, the program, planned work; each with whom it takes and how they go. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from telemetry.simulation.calendar import DAY_S, HOUR_S, WEEK_S
from telemetry.simulation.county import Site
from telemetry.simulation.happening import Absence, Manner, Outage, OutageKind
from telemetry.simulation.wear import MINUTE_S

FEEDER_CUT_DAYS = 73.0
"""Between two cuts of one feeder: five a year, what rural customers have."""
FEEDER_CUT_S = 1.8 * HOUR_S
SOCKET_CUT_DAYS = 120.0
"""Between two times somebody pulls one kiosk's plug or trips its breaker."""
SOCKET_CUT_S = 1.2 * HOUR_S
NODE_CUT_DAYS = 50.0
"""Between two failures of a town's optical node."""
NODE_CUT_S = 2.0 * HOUR_S
LINE_CUT_DAYS = 80.0
"""Between two failures of one kiosk's own drop cable, router or SIM card."""
LINE_CUT_S = 1.0 * HOUR_S
BACKBONE_CUT_S = 2.5 * HOUR_S
"""Of the county's cable, once a story of a week or longer, so that every trial has one."""
PLANNED_DAYS = 90.0
"""Between two visits with a spare part and a brush, the kiosk shut down in order."""
PLANNED_S = 40 * MINUTE_S
CRASH_DAYS = 45.0
"""Between two ends of a core by itself; systemd starts it again."""
CRASH_S = 20.0
RESTART_S = 130.0
"""A weekly restart at night, after updates."""
SPREAD = 0.7
BACK_WITHIN_S = 6 * MINUTE_S
"""When power or a line return, machines start one after another."""

UPS_SHARE = 0.7
ROUTER_ON_UPS_SHARE = 0.75
"""Of kiosks with a UPS: whose router is on it too, so that they can say that the mains are lost before they go."""
BATTERY_S = (8 * MINUTE_S, 35 * MINUTE_S)
"""How long a UPS holds, new to old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """How one kiosk is supplied. ``battery_s`` is 0 without a UPS; ``is_heard_on_battery``: its router lives as long."""

    battery_s: float
    is_heard_on_battery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsLost:
    """One kiosk on battery, or dark: from when until when the mains were away."""

    kiosk: str
    begin_s: float
    end_s: float
    dark_s: float
    """When the battery was empty; ``end_s`` or later when it held."""


@dataclass(slots=True)
class Outages:
    """All outages of a story, and what the mains did at each kiosk."""

    outages: list[Outage]
    mains: list[MainsLost]


def power_of(sites: Iterable[Site], random: Random) -> dict[str, Power]:
    """Say how each kiosk is supplied."""
    supplied = {}
    for site in sites:
        has_ups = random.random() < UPS_SHARE
        supplied[site.name] = Power(
            battery_s=random.uniform(*BATTERY_S) if has_ups else 0.0,
            is_heard_on_battery=has_ups and random.random() < ROUTER_ON_UPS_SHARE,
        )
    return supplied


def a_season(sites: Sequence[Site], power: Mapping[str, Power], *, days: int, random: Random) -> Outages:
    """Return what silences the kiosks of a county within so many days."""
    scene = _Scene(power=power, random=random)
    horizon_s = days * DAY_S
    by_feeder, by_node = defaultdict(list), defaultdict(list)
    for site in sites:
        by_feeder[site.feeder].append(site)
        by_node[site.link].append(site)
    for feeder, members in by_feeder.items():
        for at_s in scene.times(horizon_s, FEEDER_CUT_DAYS):
            scene.cut_power("feeder", feeder, members, at_s, scene.lasting(FEEDER_CUT_S))
    for node, members in by_node.items():
        for at_s in scene.times(horizon_s, NODE_CUT_DAYS):
            scene.cut_network("link", node, members, at_s, scene.lasting(NODE_CUT_S))
    if horizon_s >= WEEK_S:
        scene.cut_network("county", sites[0].county, sites, random.uniform(0.4, 0.6) * horizon_s, scene.lasting(BACKBONE_CUT_S))
    for site in sites:
        for at_s in scene.times(horizon_s, SOCKET_CUT_DAYS):
            scene.cut_power("kiosk", site.name, [site], at_s, scene.lasting(SOCKET_CUT_S))
        for at_s in scene.times(horizon_s, LINE_CUT_DAYS):
            scene.cut_network("kiosk", site.name, [site], at_s, scene.lasting(LINE_CUT_S))
        for at_s in scene.times(horizon_s, CRASH_DAYS):
            scene.restart(site, at_s, CRASH_S * random.uniform(0.6, 2.0), Manner.CUT, OutageKind.RESTART)
        for at_s in scene.times(horizon_s, PLANNED_DAYS):
            begin_s = at_s // DAY_S * DAY_S + random.uniform(9, 16) * HOUR_S
            scene.restart(site, begin_s, scene.lasting(PLANNED_S), Manner.FAREWELL, OutageKind.PLANNED)
        night_s = random.uniform(0, WEEK_S) // DAY_S * DAY_S + random.uniform(2, 4) * HOUR_S
        for week in range(int(horizon_s // WEEK_S) + 1):
            scene.restart(
                site, week * WEEK_S + night_s, RESTART_S * random.uniform(0.7, 2.0), Manner.FAREWELL, OutageKind.RESTART
            )
    return scene.found


def cut_power(sites: Sequence[Site], power: Mapping[str, Power], *, at_s: float, lasting_s: float, random: Random) -> Outages:
    """Return one power cut of a whole village."""
    scene = _Scene(power=power, random=random)
    scene.cut_power("village", sites[0].village, sites, at_s, lasting_s)
    return scene.found


def cut_backbone(sites: Sequence[Site], power: Mapping[str, Power], *, at_s: float, lasting_s: float, random: Random) -> Outages:
    """Return one cut of the cable that carries every word of a county."""
    scene = _Scene(power=power, random=random)
    scene.cut_network("link", sites[0].link, sites, at_s, lasting_s)
    return scene.found


class _Scene:
    """Collects outages, and keeps one machine from going twice at once."""

    def __init__(self, *, power: Mapping[str, Power], random: Random) -> None:
        self._power = power
        self._random = random
        self._dark: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.found = Outages(outages=[], mains=[])

    def times(self, horizon_s: float, mean_days: float) -> Iterator[float]:
        at_s = self._random.expovariate(1 / (mean_days * DAY_S))
        while at_s < horizon_s:
            yield at_s
            at_s += self._random.expovariate(1 / (mean_days * DAY_S))

    def lasting(self, median_s: float) -> float:
        return median_s * self._random.lognormvariate(0, SPREAD)

    def cut_power(self, level: str, scope: str, members: Iterable[Site], at_s: float, lasting_s: float) -> None:
        absences = []
        for site in members:
            supply = self._power[site.name]
            back_s = at_s + lasting_s + self._random.uniform(0.1, 1.0) * BACK_WITHIN_S
            if self._is_dark(site.name, at_s, back_s):
                continue
            dark_s = at_s + supply.battery_s
            self.found.mains.append(MainsLost(kiosk=site.name, begin_s=at_s, end_s=back_s, dark_s=dark_s))
            if dark_s < at_s + lasting_s:
                self._dark[site.name].append((dark_s, back_s))
                silent_s = dark_s if supply.is_heard_on_battery else at_s + self._random.uniform(0, 2.0)
                absences.append(
                    Absence(kiosk=site.name, begin_s=silent_s, end_s=back_s, manner=Manner.MUTE, has_power=silent_s < dark_s)
                )
            elif not supply.is_heard_on_battery:
                absences.append(
                    Absence(kiosk=site.name, begin_s=at_s, end_s=at_s + lasting_s, manner=Manner.MUTE, has_power=True)
                )
        self._add(OutageKind.POWER, level, scope, at_s, absences)

    def cut_network(self, level: str, scope: str, members: Iterable[Site], at_s: float, lasting_s: float) -> None:
        absences = [
            Absence(
                kiosk=site.name,
                begin_s=at_s + self._random.uniform(0, 2.0),
                end_s=at_s + lasting_s + self._random.uniform(0, 1.0) * BACK_WITHIN_S / 2,
                manner=Manner.MUTE,
                has_power=True,
            )
            for site in members
        ]
        self._add(OutageKind.NETWORK, level, scope, at_s, absences)

    def restart(self, site: Site, at_s: float, lasting_s: float, manner: Manner, kind: OutageKind) -> None:
        if self._is_dark(site.name, at_s, at_s + lasting_s):
            return
        self._dark[site.name].append((at_s, at_s + lasting_s))
        absence = Absence(kiosk=site.name, begin_s=at_s, end_s=at_s + lasting_s, manner=manner, has_power=False)
        self._add(kind, "kiosk", site.name, at_s, [absence])

    def _is_dark(self, kiosk: str, begin_s: float, end_s: float) -> bool:
        return any(begin_s < dark_end_s and dark_begin_s < end_s for dark_begin_s, dark_end_s in self._dark[kiosk])

    def _add(self, kind: OutageKind, level: str, scope: str, at_s: float, absences: Sequence[Absence]) -> None:
        if absences:
            number = len(self.found.outages) + 1
            self.found.outages.append(
                Outage(number=number, kind=kind, level=level, scope=scope, begin_s=at_s, absences=tuple(absences))
            )
