"""What kiosks say of their releases stands in one row a kiosk, the latest word, whatever order it came in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from provisioning.fleet.releases import rows
from provisioning.fleet.releases.freshness import Freshness
from provisioning.fleet.releases.metadata import Chain
from provisioning.fleet.releases.report_book import ReleaseBook
from provisioning.wire.release import REPORT, State, report
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import kiosk_release
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId
from tests.provisioning.releases.test_repository import Bureau

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _hear(engine: Engine, seq: int, fields: Mapping[str, str | int | float | bool], *, name: str = REPORT) -> None:
    event = Event(life=1, seq=seq, at=NOW, clock_trusted=True, name=name, fields=dict(fields))
    stored = StoredNumber(kiosk=KioskId(county="demo", kiosk="K1"), message=event, is_history=False, received_at=NOW)
    with engine.begin() as connection:
        ReleaseBook(engine).write(connection, Happened(now=NOW, messages=[stored]))


def _row(engine: Engine) -> tuple[object, ...]:
    with engine.connect() as connection:
        told = connection.execute(select(kiosk_release.c.version, kiosk_release.c.state, kiosk_release.c.running)).all()
    return tuple(told[0]) if told else ()


def test_the_latest_word_of_a_kiosk_stands(store: Engine) -> None:
    _hear(store, 5, report("2026.11.2", State.ON_TRIAL, running="2026.11.2"))
    _hear(store, 7, report("2026.11.2", State.WENT_BACK, running="2026.11.1", reason="does not work: display"))
    _hear(store, 6, report("2026.11.2", State.RUNNING, running="2026.11.2"))
    assert _row(store) == ("2026.11.2", "went_back", "2026.11.1")
    with store.connect() as connection:
        assert rows.spread(connection) == {"2026.11.1": 1}


@pytest.mark.parametrize(
    "fields", [{}, {"version": "x" * 99, "state": "running", "running": "1"}, {"version": 3, "state": "running", "running": "1"}]
)
def test_what_is_no_report_is_left_out(store: Engine, fields: dict[str, str | int | float | bool]) -> None:
    _hear(store, 1, fields)
    _hear(store, 2, report("1.0", State.RUNNING, running="1.0"), name="visit.ended")
    assert _row(store) == ()


def test_a_state_we_do_not_know_yet_is_kept(store: Engine) -> None:
    _hear(store, 1, {"version": "1.0", "state": "hovering", "running": "1.0"})
    assert _row(store) == ("1.0", "hovering", "1.0")


async def test_the_service_says_what_is_newest_again_before_it_expires(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.begin(now=NOW)
    later = NOW + timedelta(hours=40)
    await Freshness(bureau.repository, now=lambda: later).once()
    assert bureau.repository.expiries()["metadata/timestamp"] == later + Chain.LINE.lifetime
    assert bureau.repository.expiries()["courier/timestamp"] == NOW + Chain.COURIER.lifetime


async def test_a_service_without_its_key_serves_on_and_says_so(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.begin(now=NOW)
    for key in (tmp_path / "authority").iterdir():
        key.unlink()
    await Freshness(bureau.repository, now=lambda: NOW + timedelta(hours=40)).once()
    assert bureau.repository.expiries()["metadata/timestamp"] == NOW + Chain.LINE.lifetime


def test_new_keys_of_the_service_end_what_a_thief_said(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.begin(now=NOW)
    bureau.sign(*bureau.repository.begin(bureau.officials, now=NOW, is_turning_online=True))
    assert bureau.repository.refresh(Chain.LINE, now=NOW, is_forced=True)  # by the old key, until the new root is published
    assert "root.json" in bureau.repository.publish(now=NOW)
    assert bureau.repository.refresh(Chain.LINE, now=NOW, is_forced=True)
