"""The weeks of one kiosk: who comes, what is used up, what breaks, who mends it, who complains. Pure, simulated time."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from telemetry.simulation import calendar
from telemetry.simulation.calendar import DAY_S, HOUR_S
from telemetry.simulation.county import Site
from telemetry.simulation.happening import Complained, Complainer, Fault, Level, Moment, Noted
from telemetry.simulation.ledger import Ledger
from telemetry.simulation.services import SERVICES, ServiceNeeds
from telemetry.simulation.wear import (
    BLOCKING,
    CALLED,
    FLAPPING_DEVICES,
    MINUTE_S,
    PORT_FLAPPING,
    REFILL_WHEN_LOW,
    REFILL_WHEN_OUT,
    SUPPLIES,
    WEAR,
    Mender,
    Mending,
    SupplyUse,
    Use,
    Wear,
)

POPULARITY_SPREAD = 0.5
"""Lognormal: a market town's kiosk has several times the people of a hamlet's."""
RECEIPTS_A_MATTER = 0.9
PAGES_A_MATTER = 0.6
MINUTES_A_MATTER = (1.5, 6.0)
COMPLAINS_AFTER_S = 30 * MINUTE_S
"""Whoever finds a fault younger than that finds the clerk busy with it."""
VILLAGER_COMPLAINS = 0.12
"""Of villagers turned away, those who press 报修; most go home."""
CLERK_COMPLAINS = 0.35
"""Of faults that stand for half a working day, those the clerk presses 报修 for."""
CLERK_COMPLAINS_AFTER_S = (2 * HOUR_S, 5 * HOUR_S)
UNFELT_DAYS = 180.0
"""Between two things no kiosk can feel: a cracked glass, a wasps' nest. Somebody complains, or nobody ever knows."""
FLAPPING_DAYS = 600.0
FLAPS = (6, 40)
"""Losses of one bout of a bad cable."""
FLAPS_UNTIL_SAID = 6
"""From here on the kiosk says that the port is at fault, not the device."""
BETWEEN_FLAPS_S = (40.0, 9 * MINUTE_S)
FLAP_S = (3.0, 40.0)
BETWEEN_FAULT_AND_GIVING_UP_S = (3 * MINUTE_S, 20 * MINUTE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """Somebody comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Breaks:
    """A kind of wear that comes with time."""

    wear: Wear


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refilled:
    """The clerk has put paper in."""

    supply: SupplyUse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flaps:
    """A cable begins to fail."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unfelt:
    """Something no sensor sees."""


_Next = _Visit | _Breaks | _Refilled | _Flaps | _Unfelt


class Village:
    """Lives through the days of one kiosk. Used once."""

    def __init__(
        self, site: Site, *, dark: Sequence[tuple[float, float]], has_ups: bool, numbers: "count[int]", random: Random
    ) -> None:
        """Prepare.

        Args:
            site: Whose days.
            dark: When the machine has no power, or restarts: nobody can use it and it feels nothing.
            has_ups: Whether there is a battery to wear.
            numbers: Where faults get their numbers.
            random: Its own, so that one kiosk more changes nobody else's days.
        """
        self._site = site
        self._dark = dark
        self._has_ups = has_ups
        self._random = random
        self._popularity = random.lognormvariate(-(POPULARITY_SPREAD**2) / 2, POPULARITY_SPREAD)
        self._left = {supply.supply: supply.holds * random.uniform(0.08, 1.0) for supply in SUPPLIES}
        self._low: dict[str, int] = {}
        self._ledger = Ledger(site.name, numbers=numbers, powered_at=self._powered_at)
        self._queue: list[tuple[float, int, _Next]] = []
        self._order = count()
        self._moments: list[Moment] = []
        self.visits = 0
        self.matters = 0

    def live(self, days: int) -> list[Moment]:
        """Return everything that happens here within so many days, in no order."""
        horizon_s = days * DAY_S
        for supply in SUPPLIES:
            self._tell_level(0.0, supply)
        for day in range(days):
            expected = calendar.visits_expected(day, market=self._site.market, popularity=self._popularity)
            for _ in range(_poisson(expected, self._random)):
                self._at(calendar.moment_of_visit(day, self._random), _Visit())
        for wear in WEAR:
            if wear.use is Use.DAY and (self._has_ups or wear.device != "ups"):
                for at_s in self._times(horizon_s, wear.mean):
                    self._at(at_s, _Breaks(wear=wear))
        for at_s in self._times(horizon_s, FLAPPING_DAYS):
            self._at(at_s, _Flaps(device=self._random.choice(tuple(FLAPPING_DEVICES))))
        for at_s in self._times(horizon_s, UNFELT_DAYS):
            self._at(at_s, _Unfelt())
        while self._queue:
            at_s, _, what = heapq.heappop(self._queue)
            if at_s < horizon_s:
                self._live_through(at_s, what)
        return [*self._moments, *self._ledger.moments()]

    def _live_through(self, at_s: float, what: _Next) -> None:
        is_dark = self._powered_at(at_s) != at_s
        match what:
            case _Refilled():
                self._refill(at_s, what.supply)
            case _ if is_dark:
                pass
            case _Visit():
                self._visit(at_s)
            case _Breaks():
                self._break(at_s, what.wear)
            case _Flaps():
                self._flap(at_s, what.device)
            case _Unfelt():
                self._complain(calendar.clerk_done_at(at_s, HOUR_S), Complainer.CLERK, "", None)

    def _visit(self, at_s: float) -> None:
        self.visits += 1
        for _ in range(1 + _poisson(calendar.MATTERS_A_VISIT - 1, self._random)):
            service = self._random.choices(SERVICES, weights=[service.share for service in SERVICES])[0]
            at_s = self._matter(at_s, service)

    def _matter(self, at_s: float, service: ServiceNeeds) -> float:
        hindering = [
            fault for fault in self._ledger.standing(at_s) if fault.severity == BLOCKING and service.is_hindered_by(fault.device)
        ]
        if hindering:
            oldest = min(hindering, key=lambda fault: fault.begin_s)
            if at_s - oldest.begin_s > COMPLAINS_AFTER_S and self._random.random() < VILLAGER_COMPLAINS:
                self._complain(at_s + 40, Complainer.VILLAGER, service.title.id, oldest)
            return at_s + MINUTE_S
        seconds = self._random.uniform(*MINUTES_A_MATTER) * MINUTE_S
        ended_s = at_s + seconds
        if self._powered_at(ended_s) != ended_s:
            return ended_s
        self.matters += 1
        self._say(at_s, "visit.started", service=service.title.id)
        outcome = "done" if self._random.random() < 0.93 else "left"
        self._say(ended_s, "visit.ended", service=service.title.id, outcome=outcome, seconds=round(seconds, 1), steps=6)
        receipts = _poisson(RECEIPTS_A_MATTER, self._random)
        pages = _poisson(PAGES_A_MATTER, self._random) if service.prints_pages else 0
        for supply in SUPPLIES:
            self._use(ended_s, supply, receipts if supply.use is Use.RECEIPT else pages)
        for wear in WEAR:
            uses = {Use.VISIT: 1, Use.RECEIPT: receipts, Use.PAGE: pages, Use.DAY: 0}[wear.use]
            if any(self._random.random() < 1 / wear.mean for _ in range(uses)):
                self._break(ended_s, wear)
        return ended_s

    def _use(self, at_s: float, supply: SupplyUse, uses: int) -> None:
        if not uses:
            return
        used = sum(self._random.uniform(*supply.a_use) for _ in range(uses))
        before = self._left[supply.supply]
        self._left[supply.supply] = max(0.0, before - used)
        if before > supply.low_below >= self._left[supply.supply]:
            refilled_s = self._mended_at(at_s, REFILL_WHEN_LOW)
            low = self._ledger.begin(at_s, supply.low, refilled_s, Mender.CLERK)
            if low is not None:
                self._low[supply.supply] = low.number
            self._at(refilled_s, _Refilled(supply=supply))
        if before > 0 and not self._left[supply.supply]:
            # Out is mended sooner than low: the clerk is told now, and the refill ends both.
            refilled_s = min(self._mended_at(at_s, REFILL_WHEN_OUT), self._low_until(supply, at_s))
            self._ledger.begin(at_s, supply.out, refilled_s, Mender.CLERK)
            self._shorten(supply, refilled_s)
            self._at(refilled_s, _Refilled(supply=supply))
        self._tell_level(at_s, supply)

    def _low_until(self, supply: SupplyUse, at_s: float) -> float:
        low = self._low.get(supply.supply)
        return max(at_s, self._ledger.of(low).end_s) if low is not None else float("inf")

    def _shorten(self, supply: SupplyUse, end_s: float) -> None:
        low = self._low.get(supply.supply)
        if low is not None:
            self._ledger.shorten(low, end_s)

    def _refill(self, at_s: float, supply: SupplyUse) -> None:
        if self._left[supply.supply] <= supply.low_below:
            self._left[supply.supply] = supply.holds
            self._low.pop(supply.supply, None)
            self._tell_level(self._powered_at(at_s), supply)

    def _break(self, at_s: float, wear: Wear) -> None:
        helps_s = self._mended_at(at_s, wear.mending)
        escalates_s: float | None = None
        by = wear.mending.by
        if self._random.random() < wear.mending.fails:
            tried_s = at_s + self._random.uniform(*BETWEEN_FAULT_AND_GIVING_UP_S)
            escalates_s = self._powered_at(tried_s if by is Mender.RESET else calendar.clerk_done_at(at_s, tried_s - at_s))
            helps_s, by = self._mended_at(escalates_s, CALLED), Mender.TECHNICIAN
        fault = self._ledger.begin(at_s, wear.kind, helps_s, by, escalates_s)
        if fault is None:
            return
        if escalates_s is not None and wear.mending.by is Mender.CLERK:
            self._say(escalates_s, "clerk.gave_up", device=wear.device, code=wear.code)
        if wear.mending.by is Mender.RESET:
            word = "gave_up" if escalates_s is not None else "healed"
            self._say(escalates_s or helps_s, f"healing.{word}", device=wear.device, code=wear.code)
        if by is Mender.TECHNICIAN and self._random.random() < CLERK_COMPLAINS:
            pressed_s = calendar.clerk_done_at(at_s, self._random.uniform(*CLERK_COMPLAINS_AFTER_S))
            if pressed_s < fault.end_s:
                self._complain(pressed_s, Complainer.CLERK, "", fault)

    def _flap(self, at_s: float, device: str) -> None:
        flaps = self._random.randint(*FLAPS)
        for number in range(flaps):
            back_s = at_s + self._random.uniform(*FLAP_S)
            self._ledger.begin(at_s, (device, FLAPPING_DEVICES[device], BLOCKING, "CLERK"), back_s, Mender.SELF)
            if number == FLAPS_UNTIL_SAID:
                self._ledger.begin(at_s, (device, *PORT_FLAPPING), self._mended_at(at_s, CALLED), Mender.TECHNICIAN)
            at_s = self._powered_at(back_s + self._random.uniform(*BETWEEN_FLAPS_S))

    def _complain(self, at_s: float, by: Complainer, service: str, fault: Fault | None) -> None:
        at_s = self._powered_at(at_s)
        self._moments.append(Moment(at_s=at_s, what=Complained(kiosk=self._site.name, by=by, service=service, fault=fault)))

    def _say(self, at_s: float, name: str, **fields: str | float) -> None:
        self._moments.append(Moment(at_s=at_s, what=Noted(kiosk=self._site.name, name=name, fields=fields)))

    def _tell_level(self, at_s: float, supply: SupplyUse) -> None:
        left = self._left[supply.supply]
        a_matter = {Use.RECEIPT: RECEIPTS_A_MATTER, Use.PAGE: PAGES_A_MATTER}.get(supply.use, 1.0)
        a_day = calendar.VISITS_A_DAY * self._popularity * calendar.MATTERS_A_VISIT * a_matter * sum(supply.a_use) / 2
        level = Level(
            kiosk=self._site.name,
            device=supply.device,
            supply=supply.supply,
            remaining=round(left / supply.holds, 4),
            is_low=left <= supply.low_below,
            days_left=round(left / a_day, 1),
        )
        self._moments.append(Moment(at_s=at_s, what=level))

    def _mended_at(self, at_s: float, mending: Mending) -> float:
        work_s = mending.median_s * self._random.lognormvariate(0, mending.spread)
        match mending.by:
            case Mender.SELF | Mender.RESET:
                return at_s + work_s
            case Mender.CLERK:
                return calendar.clerk_done_at(at_s, work_s)
            case Mender.TECHNICIAN:
                return calendar.technician_done_at(at_s, work_s)

    def _powered_at(self, at_s: float) -> float:
        """Return the moment itself, or when the machine is on again after it."""
        for begin_s, end_s in self._dark:
            if begin_s <= at_s < end_s:
                at_s = end_s
        return at_s

    def _times(self, horizon_s: float, mean_days: float) -> Iterator[float]:
        at_s = self._random.expovariate(1 / (mean_days * DAY_S))
        while at_s < horizon_s:
            yield at_s
            at_s += self._random.expovariate(1 / (mean_days * DAY_S))

    def _at(self, at_s: float, what: _Next) -> None:
        heapq.heappush(self._queue, (at_s, next(self._order), what))


def _poisson(mean: float, random: Random) -> int:
    """Return a number of rare things: how many steps of an exponential clock fit into ``mean``."""
    number, passed = 0, random.expovariate(1.0)
    while passed < mean:
        number, passed = number + 1, passed + random.expovariate(1.0)
    return number
