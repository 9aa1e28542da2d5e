"""Carries rollouts out: every few seconds what is known is read, the next step decided, and written, in one transaction each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, and_, select
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.rollouts import field_health, rows
from provisioning.fleet.rollouts.course import THE_SERVICE, Line, What
from provisioning.fleet.rollouts.field_health import SETTLES, Slot, next_slot
from provisioning.fleet.rollouts.gate import NOTHING_SEEN, Evidence, Health, Measure, judge
from provisioning.fleet.rollouts.matching import Watched, contrasts
from provisioning.fleet.rollouts.members import Seen, follow
from provisioning.fleet.rollouts.rollout import Member, Rollout, Stage, State
from provisioning.fleet.rollouts.rows import Counted
from provisioning.fleet.rollouts.steps import Cause, Steps, next_step
from telemetry.fleet.store.schema import kiosk_now, kiosk_release, rollout_kiosk
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

LOOK_S = 5.0
"""Seconds between two looks at the open rollouts."""


class RolloutRunner:
    """Does what the rows say. After a crash, or beside a second one, nothing happens twice: every write names what it saw."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        changed: Callable[[frozenset[KioskId]], None] | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            now: Server's clock.
            changed: Told on the loop which kiosks stand elsewhere now, e.g. ``Changes.publish``, so that open pages show it.
            look_s: Seconds between two looks.
        """
        self._engine = engine
        self._now = now
        self._changed = changed
        self._look_s = look_s

    async def run(self) -> None:
        """Look for ever."""
        is_said = False
        while True:
            try:
                moved = await asyncio.to_thread(self.look)
                if moved and self._changed is not None:
                    self._changed(moved)
                is_said = False
            except SQLAlchemyError as error:
                if not is_said:
                    log.warning("rollouts not looked at", error=type(error).__name__)
                is_said = True
            await asyncio.sleep(self._look_s)

    def look(self) -> frozenset[KioskId]:
        """Take every open rollout one step further, each in a transaction of its own. Blocking.

        Returns:
            The kiosks that stand elsewhere now.
        """
        moved: set[KioskId] = set()
        with self._engine.connect() as connection:
            due = [one.id for one in rows.every(connection, is_open=True)]
        for number in due:
            self._count(number)
            with self._engine.begin() as connection:
                moved |= self._step(connection, number)
        return frozenset(moved)

    def _count(self, number: int) -> None:
        """Count one slot that is over into the evidence; several looks catch up after a stop."""
        now = self._now()
        with self._engine.begin() as connection:
            found = rows.find(connection, number)
            if found is None or found.state is not State.RUNNING:
                return
            before = _evidence_of(connection, found)
            slot = next_slot(before.until)
            if now < slot.ends_at + SETTLES:
                return
            evidence = before.evidence
            if field_health.was_watched(connection, slot):
                evidence = _with_slot(connection, found, before.evidence, slot)
            rows.put_counted(connection, number, Counted(evidence=evidence, until=slot.ends_at))

    def _step(self, connection: Connection, number: int) -> set[KioskId]:
        now = self._now()
        found = rows.find(connection, number)
        if found is None or found.state.is_over:
            return set()
        before = rows.members(connection, number)
        seen = sight(connection, number, before)
        group = tuple(follow(one, seen[one.kiosk], of=found, now=now) for one in before)
        health = health_of(connection, found, group)
        steps = next_step(found, group, health, now)
        after = _turned(found, steps, health, now)
        marked = _marked(group, steps, now)
        known = {one.kiosk: one for one in before}
        changed = [one for one in marked if one != known[one.kiosk]]
        wanted = dict.fromkeys(steps.tell, found.version)
        wanted |= {kiosk: known[kiosk].before for kiosk in (*steps.withdraw, *steps.send_back)}
        if after is found:
            if (changed or wanted) and not rows.hold(connection, found):
                return set()  # somebody acted meanwhile: the next look sees it
        elif (kept := rows.put(connection, found, after)) is None:
            return set()
        else:
            for what, detail in _told(steps, health):
                rows.note(connection, number, Line(at=now, by=THE_SERVICE, what=what, ring=kept.ring, detail=detail))
            log.info("rollout", rollout=number, state=kept.state.value, ring=kept.ring, cause=steps.cause)
        rows.put_members(connection, number, changed)
        rows.want(connection, number, wanted, now=now)
        return {one.kiosk for one in changed}


def sight(connection: Connection, number: int, group: Sequence[Member]) -> Mapping[KioskId, Seen]:
    """Return what is known of every kiosk of a rollout."""
    same = and_(kiosk_now.c.county == rollout_kiosk.c.county, kiosk_now.c.kiosk == rollout_kiosk.c.kiosk)
    said = and_(kiosk_release.c.county == rollout_kiosk.c.county, kiosk_release.c.kiosk == rollout_kiosk.c.kiosk)
    columns = (
        rollout_kiosk.c.county, rollout_kiosk.c.kiosk, kiosk_now.c.release, kiosk_now.c.is_silent, kiosk_now.c.last_seen_at,
        kiosk_release.c.version, kiosk_release.c.state, kiosk_release.c.reason, kiosk_release.c.running,
        kiosk_release.c.received_at,
    )  # fmt: skip
    joined = rollout_kiosk.outerjoin(kiosk_now, same).outerjoin(kiosk_release, said)
    excused = field_health.excused(connection, group)
    found: dict[KioskId, Seen] = {}
    for row in connection.execute(select(*columns).select_from(joined).where(rollout_kiosk.c.rollout_id == number)):
        whom = KioskId(county=row.county, kiosk=row.kiosk)
        found[whom] = Seen(
            version=row.version or "",
            state=row.state or "",
            reason=row.reason or "",
            said_at=row.received_at,
            running=row.running or row.release or "",
            silent_since=row.last_seen_at if row.is_silent else None,
            is_excused=whom in excused,
        )
    return found


def health_of(connection: Connection, of: Rollout, group: Sequence[Member]) -> Health:
    """Return what the gate says of a rollout now."""
    seen = _evidence_of(connection, of)
    if seen.until <= of.health_since:
        return NOTHING_SEEN
    next_kiosks = sum(1 for one in group if one.ring == of.ring + 1)
    return judge(
        seen.evidence, next_kiosks=next_kiosks, tolerated=of.terms.tolerated, since=of.health_since, as_of=seen.until
    )  # fmt: skip


def _evidence_of(connection: Connection, of: Rollout) -> Counted:
    """Return what counts: nothing from before two persons let it go on."""
    seen = rows.counted(connection, of.id)
    return seen if seen.until > of.health_since else Counted(evidence={}, until=of.health_since)


def _with_slot(
    connection: Connection, of: Rollout, evidence: Mapping[Measure, Evidence], slot: Slot
) -> Mapping[Measure, Evidence]:  # fmt: skip
    """Return the evidence with a slot more: who had the release before it began, against who had not been told by its end."""
    group = rows.members(connection, of.id)
    alike = rows.likeness(connection, of.id)
    treated = {one.kiosk for one in group if one.done_at is not None and one.done_at <= slot.begins_at}
    untold = {one.kiosk for one in group if one.told_at is None and one.stage is not Stage.DONE}
    both = [one.kiosk for one in group if one.kiosk in treated or one.kiosk in untold]
    ill = field_health.chronic(connection, both, of.started_at)
    told: dict[Measure, Evidence] = {}
    for measure, values in field_health.read(connection, both, slot).items():
        watched = [
            Watched(kiosk=whom, likeness=alike[whom], is_treated=whom in treated, value=value)
            for whom, value in values.items()
            if whom not in ill
        ]
        told[measure] = evidence.get(measure, Evidence()).plus(contrasts(watched, slot=f"{measure} {slot.name}"))
    return told


def _turned(found: Rollout, steps: Steps, health: Health, now: datetime) -> Rollout:
    if steps.begin_ring is not None:
        return replace(found, ring=steps.begin_ring, ring_began_at=now)
    if steps.state is None:
        return found
    why = "" if steps.cause is None else cause_detail(steps.cause, health)
    return replace(found, state=steps.state, state_since=now, why=why)


def _told(steps: Steps, health: Health) -> list[tuple[What, str]]:
    if steps.begin_ring is not None:
        return [(What.RING_BEGAN, "")]
    match steps.state:
        case State.STOPPED:
            return [(What.STOPPED, cause_detail(steps.cause, health))]
        case State.FINISHED:
            return [(What.FINISHED, "")]
        case State.ROLLED_BACK:
            return [(What.ROLLED_BACK, "")]
        case _:
            return []


def cause_detail(cause: Cause | None, health: Health) -> str:
    """Return why a rollout stopped itself, as data: ``errors``, ``undecided``, or ``health`` with measures and intervals."""
    if cause is not Cause.HEALTH:
        return "" if cause is None else cause.value
    worse = (f"{one.measure}:{one.excess:.4f}:{one.low:.4f}:{one.high:.4f}" for one in health.worse)
    return " ".join((cause.value, *worse))


def _marked(group: Sequence[Member], steps: Steps, now: datetime) -> tuple[Member, ...]:
    """Return the kiosks as they are once the step is written."""
    tell, withdraw = frozenset(steps.tell), frozenset(steps.withdraw)
    marked: list[Member] = []
    for one in group:
        if one.kiosk in tell:
            stage = one.stage if one.stage is Stage.SKIPPED else Stage.TOLD
            marked.append(replace(one, told_at=now, stage=stage, since=now))
        elif one.kiosk in withdraw:
            marked.append(replace(one, told_at=None, stage=Stage.WAITING, since=now))
        else:
            marked.append(one)
    return tuple(marked)
