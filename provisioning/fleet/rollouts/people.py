"""What people do to rollouts: each act with its audit row in one transaction; of two at once one wins, and the other is told."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, func, select
from sqlalchemy.exc import IntegrityError

from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.acts import WAYS, Doing, NotNowError, Refusal, take
from provisioning.fleet.rollouts.course import Line, What
from provisioning.fleet.rollouts.gate import BEFORE
from provisioning.fleet.rollouts.plan import USUAL, Candidate, PlanError, Share, draw, pick
from provisioning.fleet.rollouts.rollout import Member, Ring, Rollout, State, Terms, Wish
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import kiosk, kiosk_release, release, visit_day
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId

PUBLISHED = "published"
SAFE = frozenset({Doing.PAUSE, Doing.CANCEL})
"""To do less is never refused because the page was a little old."""
TRIES = 5


class NoRolloutError(Exception):
    """There is no rollout of this number."""


class StartError(Exception):
    """It cannot be started; the message says why and what to do, ``word`` is for a page that says it in its own language."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What somebody wants to begin.

    Attributes:
        shares: Rings by how much of the county is reached with each.
        picked: Rings picked by hand instead; empty for a draw.
    """

    county: str
    version: str
    shares: Sequence[Share] = USUAL
    picked: Sequence[tuple[Ring, Sequence[KioskId]]] = ()
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is done, or was done before; the rollout as it is now."""

    rollout: Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Something else came first: the rollout as it is now, and the last line of its course."""

    rollout: Rollout
    line: Line


class RolloutActs:
    """Blocking; call it from a worker thread."""

    def __init__(self, engine: Engine) -> None:
        """Prepare to write to the fleet's database."""
        self._engine = engine

    def start(self, person: Person, wanted: Start, *, now: datetime, address: str = "") -> Rollout:
        """Begin a rollout. Whether the person may was asked before.

        Raises:
            StartError: The release is not published, the rings cannot be, or another rollout of the county is open.
        """
        try:
            with self._engine.begin() as connection:
                fresh = _begun(connection, wanted, person, now=now)
                detail = f"{wanted.version} to {fresh.county}, {len(fresh.rings)} rings"
                _note(connection, person, Act.ROLL_OUT, fresh, now=now, detail=detail, address=address)
                return fresh
        except PlanError as error:
            raise StartError("rings", str(error)) from error
        except IntegrityError as error:
            raise StartError("another_is_open", f"{wanted.county}: another rollout is open there; end it first") from error

    def take(
        self, person: Person, number: int, doing: Doing, *, seen_row: int, now: datetime, address: str = ""
    ) -> Done | Lost:  # fmt: skip
        """Do something to a rollout. Whether the person may was asked before; done twice it is done once.

        Raises:
            NoRolloutError: There is none of this number.
            NotNowError: Its state does not allow it, or it takes another person.
        """
        for _ in range(TRIES):
            with self._engine.begin() as connection:
                seen = _one(connection, number)
                if seen.row != seen_row and _is_so_already(seen, doing, person, now):
                    return Done(rollout=seen)
                if seen.row != seen_row and doing not in SAFE:
                    last = rows.lines(connection, number)[-1]
                    _note(connection, person, WAYS[doing].asks, seen, now=now, result="lost", detail=doing, address=address)
                    return Lost(rollout=seen, line=last)
                after = take(seen, doing, by=person.name, now=now)
                if after is seen:
                    return Done(rollout=seen)
                if seen.state.is_over and not after.state.is_over and _another_is_open(connection, seen):
                    raise NotNowError(Refusal.ANOTHER_IS_OPEN)
                if (kept := rows.put(connection, seen, after)) is None:
                    continue
                told = _line(seen, kept, doing)
                rows.note(connection, number, Line(at=now, by=person.name, what=told, ring=kept.ring))
                _note(connection, person, WAYS[doing].asks, seen, now=now, detail=f"{doing}: {seen.state} > {kept.state}",
                      address=address)  # fmt: skip
                return Done(rollout=kept)
        with self._engine.connect() as connection:  # it changes faster than anybody can read it
            return Lost(rollout=_one(connection, number), line=rows.lines(connection, number)[-1])


def _one(connection: Connection, number: int) -> Rollout:
    found = rows.find(connection, number)
    if found is None:
        raise NoRolloutError(str(number))
    return found


def _another_is_open(connection: Connection, of: Rollout) -> bool:
    return bool(rows.every(connection, counties=frozenset({of.county}), is_open=True))


def candidates(connection: Connection, county: str, *, now: datetime) -> tuple[tuple[Candidate, str], ...]:
    """Return the kiosks of a county that could have a release, each with what it runs now.

    Alike are kiosks of one model, one town and about as many visits in the last fortnight: quiet, usual or busy, a third each.
    """
    said = and_(kiosk_release.c.county == kiosk.c.county, kiosk_release.c.kiosk == kiosk.c.kiosk)
    running = func.coalesce(kiosk_release.c.running, kiosk.c.release).label("running")
    columns = (kiosk.c.county, kiosk.c.kiosk, kiosk.c.town, kiosk.c.model, running)
    joined = select(*columns).select_from(kiosk.outerjoin(kiosk_release, said))
    found = connection.execute(joined.where(kiosk.c.county == county).order_by(kiosk.c.kiosk)).all()
    is_recent = and_(visit_day.c.county == county, visit_day.c.day >= (now - BEFORE).astimezone(CHINA).date())
    summed = select(visit_day.c.kiosk, func.sum(visit_day.c.visits)).where(is_recent).group_by(visit_day.c.kiosk)
    visits = {name: int(count) for name, count in connection.execute(summed)}
    order = sorted(visits.get(row.kiosk, 0) for row in found)
    few, many = (order[len(order) // 3], order[2 * len(order) // 3]) if order else (0, 0)

    def traffic(name: str) -> str:
        count = visits.get(name, 0)
        return "quiet" if count < few else "busy" if count > many else "usual"

    return tuple(
        (
            Candidate(kiosk=KioskId(county=row.county, kiosk=row.kiosk), likeness=(row.model, row.town, traffic(row.kiosk))),
            row.running,
        )
        for row in found
    )


def _begun(connection: Connection, wanted: Start, person: Person, *, now: datetime) -> Rollout:
    known = connection.execute(
        select(release.c.state).where(and_(release.c.version == wanted.version, release.c.state == PUBLISHED))
    ).one_or_none()
    if known is None:
        raise StartError("not_published", f"release {wanted.version}: is not published; see `zhizhu-fleet release list`")
    county = candidates(connection, wanted.county, now=now)
    running = {candidate.kiosk: version for candidate, version in county}
    could = [candidate for candidate, version in county if version != wanted.version]
    if not could:
        raise StartError("nobody", f"{wanted.county}: no kiosk there lacks release {wanted.version}")
    seed = secrets.token_hex(8)
    plan = pick(could, wanted.picked) if wanted.picked else draw(could, seed=seed, shares=wanted.shares)
    fresh = Rollout(
        id=0, county=wanted.county, version=wanted.version, rings=plan.rings, started_by=person.name, started_at=now,
        ring_began_at=now, health_since=now, state_since=now, terms=wanted.terms,
    )  # fmt: skip
    group = _members(plan.ring_of.items(), running, now)
    likeness_of = {candidate.kiosk: candidate.likeness for candidate in could}
    fresh = rows.add(connection, fresh, group, likeness_of)
    rows.note(connection, fresh.id, Line(at=now, by=person.name, what=What.STARTED, ring=0, detail=str(len(group))))
    return fresh


def _members(ring_of: Iterable[tuple[KioskId, int]], running: dict[KioskId, str], now: datetime) -> list[Member]:
    return [Member(kiosk=one, ring=ring, before=running[one][:32], since=now) for one, ring in ring_of]


def _is_so_already(seen: Rollout, doing: Doing, person: Person, now: datetime) -> bool:
    """Whether it has been done already by this very person: the second click of two."""
    if doing is Doing.APPROVE:
        return seen.wish is Wish.NOTHING and seen.approved_by == person.name
    if doing is Doing.DECLINE:
        return seen.wish is Wish.NOTHING
    is_allowed = seen.state in WAYS[doing].states
    return is_allowed and take(seen, doing, by=person.name, now=now) is seen


def _line(before: Rollout, after: Rollout, doing: Doing) -> What:
    match doing:
        case Doing.PAUSE:
            return What.PAUSED
        case Doing.CANCEL:
            return What.CANCELLED
        case Doing.ROLL_BACK:
            return What.ASKED_TO_GO_BACK
        case Doing.RESUME:
            return What.RESUMED if after.state is State.RUNNING else What.ASKED_TO_RESUME
        case Doing.DECLINE:
            return What.DECLINED
        case Doing.APPROVE:
            if before.wish is Wish.ROLL_BACK:
                return What.GOING_BACK
            return What.RESUMED if before.wish is Wish.RESUME else What.APPROVED


def _note(
    connection: Connection, person: Person, act: Act, of: Rollout, *, now: datetime, detail: str, address: str,
    result: audit.Result = "done",
) -> None:  # fmt: skip
    audit.note(
        connection, person, act, now=now, county=of.county, about=f"rollout {of.id}", detail=detail, address=address,
        result=result,
    )  # fmt: skip
