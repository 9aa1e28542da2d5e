"""Rollouts in the database: one row each, one a kiosk of it, one a line of its course; and which release a kiosk is to have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioning.fleet.rollouts.course import Line, What
from provisioning.fleet.rollouts.gate import Evidence, Measure
from provisioning.fleet.rollouts.rollout import Member, Ring, Rollout, Stage, State, Terms, Wish
from telemetry.fleet.store.schema import rollout, rollout_kiosk, rollout_line
from telemetry.fleet.store.schema import wanted_release as wanted_table
from telemetry.fleet.store.scope import EVERYWHERE, within
from telemetry.wire.topics import KioskId

MOST_ROWS = 200
"""Rollouts read for one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which release a kiosk is to have, and not before when."""

    version: str
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the gate of a rollout has seen, up to when."""

    evidence: Mapping[Measure, Evidence]
    until: datetime


def wanted_release(connection: Connection, kiosk: KioskId) -> Wanted | None:
    """Return what the last rollout decided for a kiosk; None where none ever did."""
    whose = and_(wanted_table.c.county == kiosk.county, wanted_table.c.kiosk == kiosk.kiosk)
    row = connection.execute(select(wanted_table).where(whose)).one_or_none()
    return None if row is None else Wanted(version=row.version, not_before=row.not_before)


def every(connection: Connection, *, counties: frozenset[str] = EVERYWHERE, is_open: bool = False) -> tuple[Rollout, ...]:
    """Return rollouts, newest first; only those something still follows from, where asked."""
    question = select(rollout).where(within(rollout.c.county, counties)).order_by(rollout.c.id.desc()).limit(MOST_ROWS)
    if is_open:
        question = question.where(rollout.c.over_at.is_(None))
    return tuple(_rollout(row) for row in connection.execute(question))


def find(connection: Connection, number: int) -> Rollout | None:
    """Return one rollout as it is now."""
    row = connection.execute(select(rollout).where(rollout.c.id == number)).one_or_none()
    return None if row is None else _rollout(row)


def members(connection: Connection, number: int) -> tuple[Member, ...]:
    """Return every kiosk of a rollout, by ring and name."""
    order = (rollout_kiosk.c.ring, rollout_kiosk.c.county, rollout_kiosk.c.kiosk)
    question = select(rollout_kiosk).where(rollout_kiosk.c.rollout_id == number).order_by(*order)
    return tuple(
        Member(
            kiosk=KioskId(county=row.county, kiosk=row.kiosk), ring=row.ring, before=row.before, stage=Stage(row.stage),
            since=row.since, told_at=row.told_at, done_at=row.done_at, note=row.note,
        )
        for row in connection.execute(question)
    )  # fmt: skip


def likeness(connection: Connection, number: int) -> Mapping[KioskId, tuple[str, ...]]:
    """Return what makes each kiosk of a rollout comparable."""
    columns = (rollout_kiosk.c.county, rollout_kiosk.c.kiosk, rollout_kiosk.c.likeness)
    question = select(*columns).where(rollout_kiosk.c.rollout_id == number)
    return {KioskId(county=row.county, kiosk=row.kiosk): tuple(row.likeness) for row in connection.execute(question)}


def counted(connection: Connection, number: int) -> Counted:
    """Return what its gate has seen so far."""
    question = select(rollout.c.evidence, rollout.c.counted_until).where(rollout.c.id == number)
    row = connection.execute(question).one()
    evidence = {
        Measure(name): Evidence(
            seen={float(excess): int(times) for excess, times in told["seen"]}, treated=told["treated"], control=told["control"]
        )
        for name, told in row.evidence.items()
        if name in set(Measure)
    }
    return Counted(evidence=evidence, until=row.counted_until)


def lines(connection: Connection, number: int) -> tuple[Line, ...]:
    """Return its course, in order."""
    question = select(rollout_line).where(rollout_line.c.rollout_id == number).order_by(rollout_line.c.number)
    return tuple(
        Line(at=row.at, by=row.by, what=What(row.what), ring=row.ring, detail=row.detail)
        for row in connection.execute(question)
    )  # fmt: skip


def add(
    connection: Connection, fresh: Rollout, group: Iterable[Member], likeness_of: Mapping[KioskId, Sequence[str]]
) -> Rollout:  # fmt: skip
    """Write a new rollout. The database refuses a second open one of a county (IntegrityError)."""
    values = {**_values(fresh), "county": fresh.county, "version": fresh.version, "row_version": fresh.row}
    values |= {"counted_until": fresh.started_at, "evidence": {}}
    number = int(connection.execute(insert(rollout).values(values).returning(rollout.c.id)).scalar_one())
    connection.execute(
        insert(rollout_kiosk),
        [
            {
                "rollout_id": number, "county": one.kiosk.county, "kiosk": one.kiosk.kiosk, "ring": one.ring,
                "likeness": list(likeness_of[one.kiosk]), "before": one.before, **_stage_of(one),
            }
            for one in group
        ],
    )  # fmt: skip
    return replace(fresh, id=number)


def put(connection: Connection, before: Rollout, after: Rollout) -> Rollout | None:
    """Write a rollout that has changed; None when somebody else was quicker and nothing was written."""
    kept = replace(after, row=before.row + 1)
    of_seen = and_(rollout.c.id == before.id, rollout.c.row_version == before.row)
    done = connection.execute(update(rollout).where(of_seen).values(row_version=kept.row, **_values(kept)))
    return kept if done.rowcount == 1 else None


def hold(connection: Connection, seen: Rollout) -> bool:
    """Take hold of a rollout until the transaction ends; False when it is not as it was seen any more."""
    of_seen = and_(rollout.c.id == seen.id, rollout.c.row_version == seen.row)
    return connection.execute(update(rollout).where(of_seen).values(row_version=seen.row)).rowcount == 1


def put_members(connection: Connection, number: int, changed: Sequence[Member]) -> None:
    """Write where kiosks stand now."""
    if not changed:
        return
    of_kiosk = and_(
        rollout_kiosk.c.rollout_id == number,
        rollout_kiosk.c.county == bindparam("of_county"),
        rollout_kiosk.c.kiosk == bindparam("of_kiosk"),
    )
    names = ("stage", "since", "told_at", "done_at", "note")
    statement = update(rollout_kiosk).where(of_kiosk).values({name: bindparam(f"to_{name}") for name in names})
    rows = [
        {"of_county": one.kiosk.county, "of_kiosk": one.kiosk.kiosk}
        | {f"to_{name}": value for name, value in _stage_of(one).items()}
        for one in changed
    ]
    connection.execute(statement, rows)


def put_counted(connection: Connection, number: int, seen: Counted) -> None:
    """Write what a gate has seen. No version: nobody acts on it, and what is written follows from the same rows again."""
    told = {
        measure.value: {"treated": one.treated, "control": one.control, "seen": [[key, times] for key, times in one.seen.items()]}
        for measure, one in seen.evidence.items()
    }
    connection.execute(update(rollout).where(rollout.c.id == number).values(evidence=told, counted_until=seen.until))


def note(connection: Connection, number: int, line: Line) -> None:
    """Add a line to a rollout's course."""
    last = select(func.coalesce(func.max(rollout_line.c.number), 0)).where(rollout_line.c.rollout_id == number)
    following = int(connection.execute(last).scalar_one()) + 1
    connection.execute(
        insert(rollout_line).values(
            rollout_id=number, number=following, at=line.at, by=line.by, what=line.what.value, ring=line.ring, detail=line.detail
        )
    )


def want(connection: Connection, number: int, wanted: Mapping[KioskId, str], *, now: datetime) -> None:
    """Decide which release kiosks are to have from now on. What is decided so already is left as it was decided.

    An empty version: nobody knows what the kiosk had, so it keeps whatever it has.
    """
    if not wanted:
        return
    columns = (wanted_table.c.county, wanted_table.c.kiosk, wanted_table.c.version)
    known = {
        KioskId(county=row.county, kiosk=row.kiosk): row.version
        for row in connection.execute(select(*columns).where(wanted_table.c.rollout_id == number))
    }
    for kiosk in (kiosk for kiosk, version in wanted.items() if not version and kiosk in known):
        whose = and_(wanted_table.c.county == kiosk.county, wanted_table.c.kiosk == kiosk.kiosk)
        connection.execute(delete(wanted_table).where(whose))
    fresh = {kiosk: version for kiosk, version in wanted.items() if version and known.get(kiosk) != version}
    if not fresh:
        return
    adding = postgresql.insert(wanted_table) if connection.dialect.name == "postgresql" else sqlite.insert(wanted_table)
    news = {name: adding.excluded[name] for name in ("version", "not_before", "rollout_id", "decided_at")}
    is_other = wanted_table.c.version != adding.excluded.version
    connection.execute(
        adding.on_conflict_do_update(index_elements=["county", "kiosk"], set_=news, where=is_other),
        [
            {
                "county": kiosk.county, "kiosk": kiosk.kiosk, "version": version, "not_before": now, "rollout_id": number,
                "decided_at": now,
            }
            for kiosk, version in fresh.items()
        ],
    )  # fmt: skip


def _values(of: Rollout) -> dict[str, Any]:
    """Return the columns that may change."""
    return {
        "state": of.state.value,
        "state_since": of.state_since,
        "over_at": of.state_since if of.state.is_over else None,
        "ring": of.ring,
        "ring_began_at": of.ring_began_at,
        "rings": [{"name": ring.name, "soak_s": ring.soak.total_seconds()} for ring in of.rings],
        "terms": {name: _plain(value) for name, value in asdict(of.terms).items()},
        "started_by": of.started_by,
        "started_at": of.started_at,
        "approved_by": of.approved_by,
        "approved_at": of.approved_at,
        "wish": of.wish.value,
        "wished_by": of.wished_by,
        "wished_at": of.wished_at,
        "why": of.why,
        "health_since": of.health_since,
    }


def _rollout(row: Row[Any]) -> Rollout:
    return Rollout(
        id=row.id,
        county=row.county,
        version=row.version,
        rings=tuple(Ring(name=ring["name"], soak=timedelta(seconds=ring["soak_s"])) for ring in row.rings),
        started_by=row.started_by,
        started_at=row.started_at,
        ring_began_at=row.ring_began_at,
        health_since=row.health_since,
        terms=_terms(row.terms),
        state=State(row.state),
        state_since=row.state_since,
        ring=row.ring,
        row=row.row_version,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        wish=Wish(row.wish),
        wished_by=row.wished_by,
        wished_at=row.wished_at,
        why=row.why,
    )


def _terms(told: Mapping[str, float]) -> Terms:
    """Read terms back; one that is not there yet has its usual value."""
    usual = Terms()
    kept: dict[str, Any] = {}
    for field in fields(Terms):
        if field.name in told:
            is_time = isinstance(getattr(usual, field.name), timedelta)
            kept[field.name] = timedelta(seconds=told[field.name]) if is_time else told[field.name]
    return Terms(**kept)


def _plain(value: timedelta | float) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _stage_of(one: Member) -> dict[str, Any]:
    return {
        "stage": one.stage.value,
        "since": one.since,
        "told_at": one.told_at,
        "done_at": one.done_at,
        "note": one.note[:200],
    }
