"""What the page of one rollout shows: rings with a cell a kiosk, the gate, what it waits for, why kiosks wait, the course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, select

from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.acts import WAYS, Doing
from provisioning.fleet.rollouts.course import Line
from provisioning.fleet.rollouts.gate import Health
from provisioning.fleet.rollouts.members import Tally, tally
from provisioning.fleet.rollouts.rollout import Member, Rollout, Stage, State, Wish
from provisioning.fleet.rollouts.runner import health_of
from provisioning.fleet.rollouts.steps import Wait, Want, next_step
from provisioning.fleet.web.rollout_drawing import GateRow, Stretch, form_of, gate_height, gate_rows, ordered, stretches
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import kiosk_now, release, rollout_kiosk
from telemetry.fleet.web import census
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.filters import Filter
from telemetry.wire.topics import KioskId

MOST_WAITING = 8
"""Kiosks named that keep a ring waiting; the rest are counted."""
MOST_LINES = 5
"""Of the course drawn as a line; older ones are in the table below it."""
VILLAGE = "村"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of a kiosk besides its part in the rollout."""

    site: str
    town: str
    page: str
    step: int
    steps: int
    silent_since: datetime | None

    @property
    def short(self) -> str:
        """A village's name in a cell: two characters, or three."""
        name = self.site.removesuffix(VILLAGE) or self.site
        return name if len(name) <= 3 else name[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kiosk of a ring."""

    member: Member
    place: Place

    @property
    def is_silent_before(self) -> bool:
        """Whether its turn has not come, and it is not heard now."""
        return self.member.stage is Stage.WAITING and self.place.silent_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingNow:
    """One ring. ``reached`` counts it and all before it."""

    number: int
    name: str
    soak_s: float
    cells: tuple[Cell, ...]
    stretches: tuple[Stretch, ...]
    form: str
    counted: Tally
    reached: int
    began_at: datetime | None
    earliest_at: datetime | None

    @property
    def silent(self) -> int:
        """How many whose turn has not come are not heard now."""
        return sum(1 for cell in self.cells if cell.is_silent_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing the next ring takes: there, or what is missing."""

    want: Want
    is_met: bool
    wait: Wait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPage:
    """Everything the page shows."""

    rollout: Rollout
    before: str
    note: str
    rings: tuple[RingNow, ...]
    counted: Tally
    moving: int
    in_use: int
    health: Health
    gate: tuple[GateRow, ...]
    gate_height: float
    conditions: tuple[Condition, ...]
    waiting: tuple[Cell, ...]
    waiting_more: int
    course: tuple[Line, ...]
    doings: tuple[Doing, ...]
    expected_at: datetime | None
    freshness: Freshness

    @property
    def next_ring(self) -> str:
        """Name of the ring that follows; empty after the last."""
        return "" if self.rollout.is_last else self.rollout.rings[self.rollout.ring + 1].name


def read(engine: Engine, number: int, person: Person, *, now: datetime) -> RolloutPage | None:
    """Return the page; None where there is no such rollout, or none this person may see."""
    with engine.connect() as connection:
        found = rows.find(connection, number)
        if found is None or not person.sees(found.county):
            return None
        group = rows.members(connection, number)
        places = _places(connection, number)
        health = health_of(connection, found, group)
        course = rows.lines(connection, number)
        note = connection.execute(select(release.c.note).where(release.c.version == found.version)).scalar_one_or_none()
        everybody = census.take(connection, wanted=Filter(counties=person.counties, county=found.county), now=now)
    steps = next_step(found, group, health, now)
    waiting = _waiting(found, group, places)
    gate = gate_rows(health.readings)
    before = sorted({one.before for one in group if one.before})
    return RolloutPage(
        rollout=found,
        before=before[-1] if before else "",
        note=note or "",
        rings=_rings(found, group, places, course, steps.waits),
        counted=tally(group),
        moving=sum(1 for one in group if one.stage in {Stage.INSTALLING, Stage.ON_TRIAL}),
        in_use=sum(1 for one in group if one.stage is Stage.WAITING_FOR_VILLAGER),
        health=health,
        gate=gate,
        gate_height=gate_height(len(gate)),
        conditions=_conditions(found, steps.waits),
        waiting=tuple(waiting[:MOST_WAITING]),
        waiting_more=max(0, len(waiting) - MOST_WAITING),
        course=course,
        doings=_doings(found, person),
        expected_at=_expected(steps.waits, now),
        freshness=everybody.freshness,
    )


def _places(connection: Connection, number: int) -> Mapping[KioskId, Place]:
    same = and_(kiosk_now.c.county == rollout_kiosk.c.county, kiosk_now.c.kiosk == rollout_kiosk.c.kiosk)
    columns = (
        rollout_kiosk.c.county, rollout_kiosk.c.kiosk, kiosk_now.c.site, kiosk_now.c.town, kiosk_now.c.screen,
        kiosk_now.c.is_silent, kiosk_now.c.last_seen_at,
    )  # fmt: skip
    question = select(*columns).select_from(rollout_kiosk.outerjoin(kiosk_now, same)).where(rollout_kiosk.c.rollout_id == number)
    found: dict[KioskId, Place] = {}
    for row in connection.execute(question):
        screen = row.screen or {}
        found[KioskId(county=row.county, kiosk=row.kiosk)] = Place(
            site=row.site or row.kiosk,
            town=row.town or "",
            page=str(screen.get("page", "")),
            step=int(screen.get("step") or 0),
            steps=int(screen.get("steps") or 0),
            silent_since=row.last_seen_at if row.is_silent else None,
        )
    return found


def _rings(
    of: Rollout, group: Sequence[Member], places: Mapping[KioskId, Place], course: Sequence[Line], waits: Sequence[Wait]
) -> tuple[RingNow, ...]:  # fmt: skip
    began: dict[int, datetime] = {}
    for line in course:
        if line.what in {"started", "ring_began"}:
            began.setdefault(line.ring, line.at)
    earliest = _expected(waits, of.ring_began_at)
    drawn: list[RingNow] = []
    reached = 0
    for number, ring in enumerate(of.rings):
        members = ordered(one for one in group if one.ring == number)
        reached += len(members)
        drawn.append(
            RingNow(
                number=number,
                name=ring.name,
                soak_s=ring.soak.total_seconds(),
                cells=tuple(Cell(member=one, place=places[one.kiosk]) for one in members),
                stretches=stretches(members),
                form=form_of(members),
                counted=tally(members),
                reached=reached,
                began_at=began.get(number),
                earliest_at=earliest if number == of.ring + 1 and of.state is State.RUNNING else None,
            )
        )
    return tuple(drawn)


def _waiting(of: Rollout, group: Sequence[Member], places: Mapping[KioskId, Place]) -> list[Cell]:
    """Return who keeps the ring waiting: a villager first, then silence, then what went wrong."""
    order = (Stage.WAITING_FOR_VILLAGER, Stage.SILENT, Stage.WENT_BACK, Stage.SKIPPED)
    reached = [one for one in group if one.ring <= of.ring]  # who is silent further on keeps nobody waiting
    kept = [one for one in reached if one.stage in order or (one.stage is Stage.TOLD and one.note)]
    kept.sort(key=lambda one: (order.index(one.stage) if one.stage in order else len(order), one.since))
    return [Cell(member=one, place=places[one.kiosk]) for one in kept]


def _conditions(of: Rollout, waits: Sequence[Wait]) -> tuple[Condition, ...]:
    """Return what the next ring takes, each with whether it is there."""
    if of.state is not State.RUNNING:
        return ()
    missing = {wait.want: wait for wait in waits}
    wants = [Want.EXECUTED, Want.SUCCESS, Want.SOAK, *(() if of.is_last else (Want.HEALTH, Want.APPROVAL))]
    if missing.keys() == {Want.APPROVAL} and of.ring == 0:
        wants = [Want.APPROVAL]
    is_early = Want.EXECUTED in missing
    return tuple(
        Condition(want=want, is_met=want not in missing and not (want is Want.SUCCESS and is_early), wait=missing.get(want))
        for want in wants
    )


def _expected(waits: Sequence[Wait], now: datetime) -> datetime | None:
    """Return when everything that is waited for will be there; None while nobody can tell, or a person has to act."""
    if not waits or any(wait.until is None for wait in waits):
        return None
    return max((wait.until for wait in waits if wait.until is not None), default=now)


def _doings(of: Rollout, person: Person) -> tuple[Doing, ...]:
    """Return what this person may do now, in the order of the buttons."""
    waits_for_second = of.wish is not Wish.NOTHING or (not of.approved_by and not of.state.is_over)
    asked_by = of.wished_by if of.wish is not Wish.NOTHING else of.started_by
    useful = {
        Doing.APPROVE: waits_for_second and person.name != asked_by,
        Doing.DECLINE: of.wish is not Wish.NOTHING,
        Doing.PAUSE: of.state is State.RUNNING,
        Doing.RESUME: of.state in {State.PAUSED, State.STOPPED} and of.wish is Wish.NOTHING,
        Doing.CANCEL: of.state in {State.RUNNING, State.PAUSED, State.STOPPED},
        Doing.ROLL_BACK: of.wish is Wish.NOTHING and of.state not in {State.ROLLING_BACK, State.ROLLED_BACK},
    }
    return tuple(doing for doing, is_useful in useful.items() if is_useful and person.may(WAYS[doing].asks, county=of.county))
