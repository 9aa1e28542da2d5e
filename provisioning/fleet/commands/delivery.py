"""Delivery: kiosks are told what to do until they have answered or it is not meant any more; one thing at a time each."""

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, and_, exists, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.commands.rows import order_of
from provisioning.fleet.commands.rules import LATE_ANSWER, WAITING_AGAIN, Standing, State, again_after
from provisioning.fleet.signing import SigningKey
from provisioning.wire import command as wire
from provisioning.wire.command import Command
from provisioning.wire.signatures import signers_of
from telemetry.fleet.store.schema import command, command_counter, command_kiosk, key_document, kiosk, kiosk_key
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger()

LOOK_S = 2.0
"""Seconds between two looks at what is to be told."""
MOST_AT_ONCE = 100
"""Commands told in one look: fifty a second reach a county in half a minute, and a broker does not notice."""

_UNANSWERED = (Standing.TO_TELL.value, Standing.TOLD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An envelope on its way."""

    kiosk: KioskId
    envelope: bytes


class Delivery:
    """Tells kiosks. The database is the truth; what is told twice counts once at the kiosk."""

    def __init__(
        self,
        engine: Engine,
        *,
        key: Callable[[], SigningKey],
        tell: Callable[[KioskId, Down, bytes], bool],
        now: Callable[[], datetime],
        look_s: float = LOOK_S,
    ) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            key: Returns what signs now.
            tell: ``Ingest.tell``.
            now: Server's clock.
            look_s: Seconds between two looks.
        """
        self._engine = engine
        self._key = key
        self._tell = tell
        self._now = now
        self._look_s = look_s

    async def run(self) -> None:
        """Tell for ever."""
        is_said = False
        while True:
            try:
                for telling in await asyncio.to_thread(self.due):
                    self._tell(telling.kiosk, Down.COMMAND, telling.envelope)
                is_said = False
            except SQLAlchemyError as error:
                if not is_said:
                    log.warning("commands not delivered", error=type(error).__name__)
                is_said = True
            await asyncio.sleep(self._look_s)

    def due(self) -> tuple[Telling, ...]:
        """Return what is to be told now, signed; it counts as told. Blocking.

        Raises:
            SQLAlchemyError: The store does not answer; nothing counts as told.
        """
        now = self._now()
        with self._engine.begin() as connection:
            _end_what_is_over(connection, now=now)
            return tuple(telling for row in _to_tell(connection, now=now) if (telling := self._sign(connection, row, now=now)))

    def _sign(self, connection: Connection, row: "_Row", *, now: datetime) -> Telling | None:
        mine = and_(
            command_kiosk.c.command_id == row.command_id,
            command_kiosk.c.county == row.kiosk.county,
            command_kiosk.c.kiosk == row.kiosk.kiosk,
        )
        changed: dict[str, object] = {"told": row.told + 1, "told_at": now}
        envelope = row.envelope
        if envelope is None:
            counter = _next_counter(connection, row.kiosk)
            try:
                one = Command(
                    id=f"c-{row.command_id}-{secrets.token_hex(4)}",  # a store put back from a backup counts anew
                    county=row.kiosk.county,
                    kiosk=row.kiosk.kiosk,
                    counter=counter,
                    nonce=secrets.token_hex(16),
                    issued_at=now,
                    expires_at=row.expires_at,
                    order=row.order,
                )
            except ValidationError:  # its own end has come meanwhile
                connection.execute(
                    update(command_kiosk).where(mine).values(outcome=Standing.EXPIRED.value, detail="not told in time")
                )
                return None
            envelope = self._key().seal(wire.write(one), wire.KIND).decode()
            changed |= {"name": one.id, "counter": counter, "envelope": envelope}
        elif self._key().id not in signers_of(envelope.encode()):  # the key was turned meanwhile: the same words, signed anew
            payload = base64.b64decode(json.loads(envelope)["payload"])
            envelope = self._key().seal(payload, wire.KIND).decode()
            changed["envelope"] = envelope
        is_waiting = row.outcome is Standing.WAITING
        changed |= {
            "tell_at": now + (WAITING_AGAIN if is_waiting else again_after(row.told + 1)),
            "outcome": Standing.WAITING.value if is_waiting else Standing.TOLD.value,
        }
        connection.execute(update(command_kiosk).where(mine).values(**changed))
        return Telling(kiosk=row.kiosk, envelope=envelope.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    command_id: int
    kiosk: KioskId
    order: wire.Order
    expires_at: datetime
    envelope: str | None
    told: int
    outcome: Standing


def _to_tell(connection: Connection, *, now: datetime) -> list[_Row]:
    """Return what is due at kiosks that are heard: of each kiosk the oldest that it has not answered, for counters only grow."""
    older, its = command_kiosk.alias("older"), command.alias("its")
    is_after_another = exists().where(
        older.c.county == command_kiosk.c.county,
        older.c.kiosk == command_kiosk.c.kiosk,
        older.c.command_id < command_kiosk.c.command_id,
        older.c.outcome.in_(_UNANSWERED),
        its.c.id == older.c.command_id,
        its.c.state == State.OPEN.value,
    )
    believes_an_old_key = exists().where(  # it is told the new one first, and would refuse what that signs
        kiosk_key.c.county == command_kiosk.c.county,
        kiosk_key.c.kiosk == command_kiosk.c.kiosk,
        key_document.c.old_key == kiosk_key.c.key,
    )
    question = (
        select(command_kiosk, command.c.order, command.c.expires_at)
        .join(command, command.c.id == command_kiosk.c.command_id)
        .join(kiosk, and_(kiosk.c.county == command_kiosk.c.county, kiosk.c.kiosk == command_kiosk.c.kiosk))
        .where(
            command_kiosk.c.outcome.in_((*_UNANSWERED, Standing.WAITING.value)),
            command_kiosk.c.tell_at <= now,
            command.c.state == State.OPEN.value,
            command.c.expires_at > now,
            kiosk.c.is_silent.is_(False),
            ~is_after_another,
            ~believes_an_old_key,
        )
        .order_by(command_kiosk.c.tell_at, command_kiosk.c.command_id)
        .limit(MOST_AT_ONCE)
    )
    return [
        _Row(
            command_id=row["command_id"],
            kiosk=KioskId(county=row["county"], kiosk=row["kiosk"]),
            order=order_of(row["order"]),
            expires_at=row["expires_at"],
            envelope=row["envelope"],
            told=row["told"],
            outcome=Standing(row["outcome"]),
        )
        for row in connection.execute(question).mappings()
    ]


def _next_counter(connection: Connection, of: KioskId) -> int:
    mine = and_(command_counter.c.county == of.county, command_counter.c.kiosk == of.kiosk)
    counting = (
        update(command_counter).where(mine).values(counter=command_counter.c.counter + 1).returning(command_counter.c.counter)
    )
    counter = connection.execute(counting).scalar_one_or_none()
    if counter is None:
        connection.execute(insert(command_counter).values(county=of.county, kiosk=of.kiosk, counter=1))
        return 1
    return int(counter)


def _end_what_is_over(connection: Connection, *, now: datetime) -> None:
    """Give an end to what is not meant any more: never told, or told and never answered."""
    for until, standings, values in (
        (now, (Standing.TO_TELL,), {"outcome": Standing.EXPIRED.value, "detail": "not told in time"}),
        (now - LATE_ANSWER, (Standing.TOLD, Standing.WAITING), {"outcome": Standing.UNHEARD.value}),
    ):
        is_over = command_kiosk.c.command_id.in_(select(command.c.id).where(command.c.expires_at <= until))
        is_open = command_kiosk.c.outcome.in_([standing.value for standing in standings])
        connection.execute(update(command_kiosk).where(is_open, is_over).values(**values))
