"""Two transactions that shut out kiosks on PostgreSQL at the same moment: neither waits for the other for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from provisioning.fleet.clone_book import CloneBook
from provisioning.fleet.registry import identities
from provisioning.fleet.registry.decision import IdentityState
from telemetry.fleet.alarms import Opened
from telemetry.fleet.alarms.occurrences import Alarm, Occurrence
from telemetry.fleet.clones import BY_CLONE, CLONED_CODE
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.engine import open_engine
from telemetry.fleet.store.schema import audit, kiosk_identity
from telemetry.wire.topics import KioskId
from tests.fakes.postgres import Postgres

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIRST, SECOND = (KioskId(county="yunxi", kiosk=name) for name in ("guangming-1", "guangming-2"))
SOON_S = 60.0
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
)


@pytest.fixture
def engine(postgres: Postgres) -> Iterator[Engine]:
    engine = open_engine(postgres.fresh())
    with engine.begin() as connection:
        for kiosk in (FIRST, SECOND):
            row = {"county": kiosk.county, "kiosk": kiosk.kiosk, "serial": kiosk.kiosk, "state": IdentityState.ACTIVE.value}
            connection.execute(insert(kiosk_identity).values(row | {"state_since": NOW, "enrolled_at": NOW}))
    yield engine
    engine.dispose()


def _two_voices(*kiosks: KioskId) -> Happened:
    """What the ingest has found in one batch."""

    def entry(kiosk: KioskId) -> tuple[KioskId, Opened]:
        seen = Occurrence(device="kiosk", code=CLONED_CODE, since=NOW)
        return kiosk, Opened(
            alarm=Alarm(
                occurrence=seen, severity="BLOCKING", remedy="TECHNICIAN", detail="two places", received_at=NOW, cause=BY_CLONE
            )
        )

    return Happened(now=NOW, entries=tuple(entry(kiosk) for kiosk in kiosks))


def _shut_out(engine: Engine, *kiosks: KioskId) -> set[KioskId]:
    happened = _two_voices(*kiosks)
    with engine.begin() as connection:
        CloneBook().write(connection, happened)
    return happened.touched


def _until_somebody_waits(connection: Connection) -> None:
    deadline_s = monotonic() + SOON_S
    while not connection.execute(WAITING).scalar_one():
        assert monotonic() < deadline_s, "nobody waits for a lock"
        sleep(0.01)


@pytest.mark.parametrize("found", [(FIRST, SECOND), (SECOND, FIRST)], ids=["in order", "against it"])
@pytest.mark.parametrize("held", [FIRST, SECOND], ids=["the first", "the second"])
def test_a_batch_and_the_door_shut_out_the_same_kiosks_and_neither_waits_for_ever(
    engine: Engine, found: tuple[KioskId, KioskId], held: KioskId
) -> None:
    with ThreadPoolExecutor(max_workers=1) as beside, engine.connect() as looking, engine.connect() as door:
        door.execute(text(f"SET lock_timeout = '{SOON_S:.0f}s'"))
        door.commit()
        mine = (kiosk_identity.c.county == held.county, kiosk_identity.c.kiosk == held.kiosk)
        door.execute(select(kiosk_identity).where(*mine).with_for_update())
        batch = beside.submit(_shut_out, engine, *found)
        _until_somebody_waits(looking.execution_options(isolation_level="AUTOCOMMIT"))
        assert identities.quarantine(door, held, "another key at the door", NOW + timedelta(seconds=1))
        door.commit()
        assert batch.result(SOON_S) == {FIRST, SECOND} - {held}
    with engine.connect() as connection:
        states = connection.execute(select(kiosk_identity.c.state)).scalars().all()
        told = connection.execute(select(audit.c.place).order_by(audit.c.place)).scalars().all()
    assert states == [IdentityState.QUARANTINED.value] * 2
    assert told == [1, 2], "each once, and the chain whole"
