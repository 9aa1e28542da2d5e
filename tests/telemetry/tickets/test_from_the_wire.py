"""From what kiosks say to tickets and notices, through the writer and every book: no ticket missed, none invented."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.tickets import State
from telemetry.wire.messages import FaultState
from tests.telemetry.alarms.watched import Watched, kiosk
from tests.telemetry.said import birth, fault
from tests.telemetry.tickets.books import TUESDAY, Every
from tests.telemetry.tickets.rows import deeds, tickets


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    schema.metadata.create_all(engine)
    yield Watched(engine, book=Every(), now=TUESDAY)
    engine.dispose()


def _broken(minutes: float = 0, *, remedy: str = "TECHNICIAN") -> FaultState:
    return FaultState(
        device="id-card-reader", code="reader.silent", severity="BLOCKING", remedy=remedy,
        since=TUESDAY + timedelta(minutes=minutes),
    )  # fmt: skip


def _notices(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).where(schema.notice.c.kind != "digest")).scalar_one())


def test_a_fault_is_a_ticket_and_a_notice_and_its_end_is_the_kiosks_word(watched: Watched) -> None:
    k1 = kiosk(1)
    watched.hear((k1, birth(at=TUESDAY)), (k1, fault(_broken(), seq=11)), is_due=True)
    [ticket] = tickets(watched.engine)
    assert (ticket.state, [cause.code for cause in ticket.causes]) == (State.OPENED, ["reader.silent"])
    watched.wait(90, every_s=5)
    assert _notices(watched.engine) == 1
    watched.hear((k1, fault(_broken(), seq=12, cleared_after_s=60)))
    assert tickets(watched.engine)[0].state is State.OPENED, "gone, and not yet for long enough"
    watched.wait(90, every_s=5)
    [ticket] = tickets(watched.engine)
    assert ticket.state is State.VERIFIED
    assert deeds(watched.engine) == ["opened", "verified"]


def test_a_fault_that_flickers_is_one_ticket_whatever_it_does(watched: Watched) -> None:
    k1 = kiosk(1)
    watched.hear((k1, birth(at=TUESDAY)))
    seq = 11
    for round_ in range(8):
        state = _broken(round_)
        watched.hear((k1, fault(state, seq=seq)), is_due=True)
        watched.wait(20, every_s=5)
        watched.hear((k1, fault(state, seq=seq + 1, cleared_after_s=20)), is_due=True)
        watched.wait(40, every_s=5)
        seq += 2
    assert len(tickets(watched.engine)) == 1
    assert deeds(watched.engine).count("opened") == 1
    assert _notices(watched.engine) <= 2


def test_a_village_that_falls_silent_is_one_notice_and_one_ticket(watched: Watched) -> None:
    kiosks = [kiosk(number) for number in range(40)]
    watched.born(kiosks, town=dict.fromkeys(kiosks, "柳河镇"))
    watched.silent(kiosks)
    watched.wait(300, every_s=5)
    [ticket] = tickets(watched.engine)
    assert (ticket.kiosk, ticket.outage is not None and ticket.outage.kiosks) == (None, 40)
    assert _notices(watched.engine) == 1
