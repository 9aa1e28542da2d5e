"""Convergence: tells kiosks what they should be, a few at first and then more, until each has said what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Row, Select, and_, bindparam, false, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.config import rows
from provisioning.fleet.config.changes import State
from provisioning.fleet.config.ramp import Ramp, again_s, is_to_be_held
from provisioning.fleet.signing import SigningKey
from provisioning.wire.desired_state import KIND, Addressee, At, Document, DocumentError, WantedRelease, write_document
from telemetry.fleet.store.schema import config_change, desired, kiosk, wanted_release
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger()

Tell = Callable[[KioskId, Down, bytes], bool]
"""``Ingest.tell``."""

LOOK_S = 1.0
TOLD_A_SECOND = 200
"""Kiosks told in a second at most, unless settings say otherwise: what was due while the service was away comes no faster."""
LOT = 200
"""Kiosks read, signed for, told and noted together."""
LIFETIME = timedelta(days=7)
"""Of a signature: who takes longer is told anew, with a new one."""
NEWCOMERS_EVERY_S = 30.0
ALL_EVERY_S = 3600.0
"""Seconds between two looks at kiosks that have no document yet, and at whether every document is what the layers say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A kiosk that is to be told now."""

    kiosk: KioskId
    version: int
    told: int
    settings: dict[str, Any]
    release: str
    release_not_before: datetime | None


class Convergence:
    """Belongs to one event loop; the store is met in a thread. The truth is in the rows: a service that starts anew goes on."""

    def __init__(
        self,
        engine: Engine,
        *,
        key: Callable[[], SigningKey],
        tell: Tell,
        now: Callable[[], datetime],
        random: Random | None = None,
        ramp: Ramp | None = None,
        told_a_second: int = TOLD_A_SECOND,
    ) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            key: Returns what signs every document for its kiosk now; it may be turned while this runs.
            tell: Sends something down to one kiosk, once; False while the broker is away, or has enough for now.
            now: Server's clock.
            random: Of the backoff; a test's is seeded.
            ramp: How fast kiosks that come or move are told.
            told_a_second: Kiosks told in a second at most, whatever is due.
        """
        self._engine = engine
        self._key = key
        self._tell = tell
        self._now = now
        self._random = random or Random()
        self._ramp = ramp or Ramp()
        self._told_a_second = told_a_second

    async def run(self) -> None:
        """Tell for ever; a store that is away is no reason to end."""
        loop = asyncio.get_running_loop()
        newcomers_s = all_s = loop.time()
        while True:
            next_s = loop.time() + LOOK_S
            try:
                if loop.time() >= newcomers_s:
                    newcomers_s = loop.time() + NEWCOMERS_EVERY_S
                    is_all = loop.time() >= all_s
                    all_s = loop.time() + ALL_EVERY_S if is_all else all_s
                    await asyncio.to_thread(self.look_around, everybody=is_all)
                await self.once()
            except SQLAlchemyError as error:
                log.warning("convergence: store unavailable", error=str(error.__cause__ or error))
            await asyncio.sleep(max(0.0, next_s - loop.time()))

    async def once(self) -> int:
        """Tell whoever is due now, as many as a second allows; returns how many were told."""
        await asyncio.to_thread(self._hold_first)
        count = 0
        while (room := min(LOT, self._told_a_second - count)) > 0:
            ready = await asyncio.to_thread(self._ready, room)
            told = [due for due, payload in ready if payload is None or self._tell(due.kiosk, Down.DESIRED, payload)]
            if told:
                await asyncio.to_thread(self._note, told)
            count += len(told)
            if len(told) < room:  # nobody else is due, or the broker takes no more for now
                break
        return count

    def look_around(self, *, everybody: bool) -> int:
        """Give kiosks that came, moved or are to have another release their document; returns how many. Blocking."""
        now = self._now()
        with self._engine.begin() as connection:
            having = rows.layers(connection)
            where = rows.places(connection) if everybody else rows.newcomers(connection, having)
            changed = rows.settle(connection, where, having, change_id=0, ramp=self._ramp, now=now) if where else 0
            return changed + _adopt_releases(connection, now) + _hold(connection, now)

    def _hold_first(self) -> None:
        """Before anybody is told: what goes wrong is told to nobody else."""
        with self._engine.begin() as connection:
            if connection.execute(_due_by(self._now()).limit(1)).first() is not None:
                _hold(connection, self._now())

    def _ready(self, most: int) -> list[tuple[Due, bytes | None]]:
        """Return who is due now, each with its signed document; None where what the layers add up to is none."""
        with self._engine.connect() as connection:
            due = [_due(row) for row in connection.execute(_due_by(self._now()).limit(most))]
        if not due:
            return []
        key = self._key()
        return [(each, self._sealed(each, key)) for each in due]

    def _sealed(self, due: Due, key: SigningKey) -> bytes | None:
        now = self._now()
        release = None
        if due.release:
            release = WantedRelease(version=due.release, not_before=due.release_not_before, at=At.REST)
        try:
            payload = write_document(
                Document(
                    addressee=Addressee(county=due.kiosk.county, kiosk=due.kiosk.kiosk),
                    version=due.version,
                    issued_at=now,
                    expires_at=now + LIFETIME,
                    release=release,
                    settings=due.settings,
                )
            )
        except (DocumentError, ValueError) as error:  # what the layers add up to is too big: nobody can be told
            log.warning("convergence: no document", county=due.kiosk.county, kiosk=due.kiosk.kiosk, why=str(error)[:200])
            return None
        return key.seal(payload, KIND)

    def _note(self, told: Sequence[Due]) -> None:
        now = self._now()
        noted = [
            {
                "b_county": each.kiosk.county,
                "b_kiosk": each.kiosk.kiosk,
                "b_version": each.version,
                "b_told": each.told + 1,
                "b_tell_at": now + timedelta(seconds=again_s(each.told + 1, self._random.random())),
            }
            for each in told
        ]
        mine = and_(desired.c.county == bindparam("b_county"), desired.c.kiosk == bindparam("b_kiosk"))
        with self._engine.begin() as connection:
            # A kiosk may have answered meanwhile: then it is not to be told again.
            connection.execute(
                update(desired)
                .where(mine, desired.c.version == bindparam("b_version"), desired.c.tell_at.is_not(None))
                .where(or_(desired.c.said_version != desired.c.version, desired.c.told > 0))
                .values(told=bindparam("b_told"), tell_at=bindparam("b_tell_at")),
                noted,
            )


def _adopt_releases(connection: Connection, now: datetime) -> int:
    """Put the release a rollout wants into the kiosk's document, as a newer version of it."""
    other = or_(
        desired.c.release != wanted_release.c.version,
        desired.c.release_not_before.is_(None),
        desired.c.release_not_before != wanted_release.c.not_before,
    )
    chosen = (
        select(wanted_release, desired.c.release.label("had"))
        .outerjoin(desired, and_(desired.c.county == wanted_release.c.county, desired.c.kiosk == wanted_release.c.kiosk))
        .where(or_(desired.c.version.is_(None), other))
    )
    wanted = connection.execute(chosen).all()
    for row in wanted:
        values = {"release": row.version, "release_not_before": row.not_before, "wanted_at": now, "tell_at": now, "told": 0}
        if row.had is None:
            first = {"county": row.county, "kiosk": row.kiosk, "version": 1, "settings": {}, "change_id": 0}
            connection.execute(desired.insert().values(**first, **values))
        else:
            connection.execute(
                update(desired)
                .where(desired.c.county == row.county, desired.c.kiosk == row.kiosk)
                .values(version=desired.c.version + 1, **values)
            )
    return len(wanted)


def _hold(connection: Connection, now: datetime) -> int:
    """Stop telling of changes that go wrong on too many."""
    open_ones = select(desired.c.change_id).where(desired.c.tell_at.is_not(None), desired.c.change_id > 0).distinct()
    numbers = list(connection.execute(open_ones).scalars())
    held = 0
    for number, states in rows.outcomes(connection, numbers).items():
        bad = states.get("went_back", 0) + states.get("refused", 0)
        if not is_to_be_held(bad=bad, good=states.get("in_force", 0)):
            continue
        why = f"{bad} of {bad + states.get('in_force', 0)} that answered refused it or went back"
        approved = and_(config_change.c.id == number, config_change.c.state == State.APPROVED.value)
        if connection.execute(update(config_change).where(approved).values(state=State.HELD.value, why=why)).rowcount:
            untold = and_(desired.c.change_id == number, desired.c.told == 0)
            connection.execute(update(desired).where(untold).values(tell_at=None))
            log.error("config held", change=number, why=why, at=now.isoformat())
            held += 1
    return held


def _due_by(now: datetime) -> Select[Any]:
    return (
        select(desired)
        .join(kiosk, and_(kiosk.c.county == desired.c.county, kiosk.c.kiosk == desired.c.kiosk))
        .where(desired.c.tell_at <= now, kiosk.c.is_silent == false())  # who is silent is told once it is heard
        .order_by(desired.c.tell_at)
    )


def _due(row: Row[Any]) -> Due:
    return Due(
        kiosk=KioskId(county=row.county, kiosk=row.kiosk),
        version=row.version,
        told=row.told,
        settings=row.settings,
        release=row.release,
        release_not_before=row.release_not_before,
    )
