"""The audit as a chain: one altered byte, a row taken out, a tail cut off, two that changed places are found and named."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from provisioning.fleet.audit import anchors
from provisioning.fleet.audit.anchors import Anchoring
from provisioning.fleet.audit.verification import Verdict, verify
from provisioning.fleet.past_keys import remember, trusted_ever
from provisioning.fleet.signing import SigningKey
from telemetry.fleet.accounts import audit, audit_chain
from telemetry.fleet.accounts.audit_chain import TEXTS, Ends, Wrong, check, sealed
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.store import backup
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.retention import Keeping, Retention
from telemetry.fleet.store.schema import audit as table
from telemetry.fleet.store.schema import audit_anchor
from telemetry.fleet.store.upgrade import upgrade

NOW = datetime(2026, 11, 22, 1, 0, 0, 123_456, tzinfo=UTC)
KEPT_FOR = timedelta(days=1_100)


def _note(engine: Engine, count: int, *, at: datetime = NOW, detail: str = "中文 ’ \\n") -> None:
    for number in range(count):
        with engine.begin() as connection:
            moment = at + timedelta(seconds=number)
            audit.note(
                connection, COMMAND_LINE, Act.SHELVE, now=moment, kiosk=f"K{number}", about=f"alarm {number}", detail=detail
            )


def _verdict(engine: Engine, folder: Path, envelopes: Sequence[str] = (), *, now: datetime = NOW) -> Verdict:
    with engine.connect() as connection:
        return verify(connection, envelopes, trusted_ever(folder / "authority"), now=now, kept_for=KEPT_FOR)


def _wrong(engine: Engine, folder: Path) -> list[tuple[Wrong, int]]:
    return [(one.wrong, one.place) for one in _verdict(engine, folder).findings]


def _key(folder: Path) -> SigningKey:
    return SigningKey.open(folder / "authority")


def test_what_was_noted_is_a_good_chain(store: Engine, tmp_path: Path) -> None:
    assert _verdict(store, tmp_path).is_good
    _note(store, 5)
    verdict = _verdict(store, tmp_path)
    assert (verdict.is_good, verdict.rows, verdict.ends.place) == (True, 5, 5)


@pytest.mark.parametrize("column", ["by", "role", "address", "act", "result", "county", "kiosk", "about", "detail"])
def test_one_altered_byte_is_found_and_its_row_named(store: Engine, tmp_path: Path, column: str) -> None:
    _note(store, 5)
    with store.begin() as connection:
        connection.execute(update(table).where(table.c.place == 3).values({column: "x"}))
    (finding,) = _verdict(store, tmp_path).findings
    assert (finding.wrong, finding.place) == (Wrong.ALTERED, 3)
    assert "place 3 is not what was sealed there" in finding.told


def test_a_time_moved_by_a_microsecond_is_found(store: Engine, tmp_path: Path) -> None:
    _note(store, 3)
    with store.begin() as connection:
        connection.execute(update(table).where(table.c.place == 2).values(at=NOW + timedelta(seconds=1, microseconds=1)))
    assert _wrong(store, tmp_path) == [(Wrong.ALTERED, 2)]


@pytest.mark.parametrize(
    ("gone", "wrong"),
    [([1], (Wrong.REMOVED, 1)), ([3], (Wrong.REMOVED, 3)), ([2, 3], (Wrong.REMOVED, 2)), ([4, 5], (Wrong.CUT, 4))],
)
def test_rows_that_were_taken_out_are_found_and_named(
    store: Engine, tmp_path: Path, gone: list[int], wrong: tuple[Wrong, int]
) -> None:
    _note(store, 5)
    with store.begin() as connection:
        connection.execute(delete(table).where(table.c.place.in_(gone)))
    assert _wrong(store, tmp_path) == [wrong]


def test_two_rows_that_changed_places_are_found(store: Engine, tmp_path: Path) -> None:
    _note(store, 5)
    with store.begin() as connection:
        for was, becomes in ((2, 99), (3, 2), (99, 3)):
            connection.execute(update(table).where(table.c.place == was).values(place=becomes))
    assert {place for _, place in _wrong(store, tmp_path)} >= {2, 3}
    assert Wrong.MOVED in {wrong for wrong, _ in _wrong(store, tmp_path)}


def test_a_row_from_outside_is_found(store: Engine, tmp_path: Path) -> None:
    _note(store, 2)
    with store.begin() as connection:
        connection.execute(insert(table).values(at=NOW, by="li", act="look", result="done"))
    assert _wrong(store, tmp_path) == [(Wrong.UNSEALED, 0)]


def _write_anew(connection: Connection, *, first: int) -> None:
    """What somebody with the whole database can do: seal everything again, its end as well."""
    rows = list(audit_chain.rows(connection))
    before = rows[first - 2]["hash"] if first > 1 else audit_chain.GENESIS
    for row in rows[first - 1 :]:
        before = sealed(before, row["place"], row)
        connection.execute(update(table).where(table.c.id == row["id"]).values(hash=before))
    connection.execute(text("UPDATE audit_chain SET hash = :hash, place = :place"), {"hash": before, "place": rows[-1]["place"]})


def test_a_chain_that_was_written_anew_is_found_by_an_anchor_given_away(store: Engine, tmp_path: Path) -> None:
    for _ in range(3):
        _note(store, 2)
        anchors.cast(store, tmp_path, _key(tmp_path), now=NOW)
    given_away = anchors.given(tmp_path / anchors.FILE)
    assert _verdict(store, tmp_path, given_away).anchored_until == 6
    with store.begin() as connection:
        connection.execute(update(table).where(table.c.place == 3).values(detail="nothing to see"))
        _write_anew(connection, first=3)
        connection.execute(delete(audit_anchor))
    assert _verdict(store, tmp_path).is_good
    told = _verdict(store, tmp_path, given_away).told
    assert told[0].startswith("something between places 3 and 4 was written anew")


def test_a_tail_cut_off_with_its_end_is_found_by_an_anchor(store: Engine, tmp_path: Path) -> None:
    _note(store, 6)
    anchors.cast(store, tmp_path, _key(tmp_path), now=NOW)
    with store.begin() as connection:
        connection.execute(delete(table).where(table.c.place > 4))
        _write_anew(connection, first=1)
    (told,) = _verdict(store, tmp_path, anchors.given(tmp_path / anchors.FILE)).told
    assert told.startswith("places 5 to 6 are gone")


def test_an_anchor_nobody_of_ours_has_signed_is_said(store: Engine, tmp_path: Path) -> None:
    _note(store, 2)
    anchors.cast(store, tmp_path, SigningKey.open(tmp_path / "stranger"), now=NOW)
    (told,) = _verdict(store, tmp_path, anchors.given(tmp_path / anchors.FILE)).told
    assert told.startswith("anchor 1: unknown_key")


def test_what_an_earlier_key_anchored_still_counts(store: Engine, tmp_path: Path) -> None:
    _note(store, 2)
    earlier = SigningKey.open(tmp_path / "before")
    anchors.cast(store, tmp_path, earlier, now=NOW)
    remember(tmp_path / "authority", earlier.public)
    assert _verdict(store, tmp_path, anchors.given(tmp_path / anchors.FILE)).is_good


def test_an_anchor_is_made_when_it_is_due_and_something_was_noted(store: Engine, tmp_path: Path) -> None:
    moment = NOW
    job = Anchoring(store, folder=tmp_path, key=lambda: _key(tmp_path), every=timedelta(hours=24), now=lambda: moment)
    assert job.anchor_if_due() is None
    _note(store, 1)
    assert job.anchor_if_due() is not None
    _note(store, 1)
    moment += timedelta(hours=23)
    assert job.anchor_if_due() is None
    moment += timedelta(hours=1)
    assert job.anchor_if_due() is not None
    moment += timedelta(hours=25)
    assert job.anchor_if_due() is None, "nothing was noted since"


def test_what_is_old_goes_from_the_beginning_and_the_chain_stays_good(store: Engine, tmp_path: Path) -> None:
    _note(store, 4, at=NOW - timedelta(days=1_200))
    anchors.cast(store, tmp_path, _key(tmp_path), now=NOW - timedelta(days=1_200))
    _note(store, 3)
    days = timedelta(days=60)
    keeping = Keeping(messages=days, alarms=days, spans=days, audit=KEPT_FOR, commands=days, notices=days)
    retention = Retention(store, keeping)
    assert retention.old(now=NOW)["audit"] == 4
    assert sum(gone for name, gone in retention.prune(now=NOW) if name == "audit") == 4
    verdict = _verdict(store, tmp_path, anchors.given(tmp_path / anchors.FILE))
    assert (verdict.is_good, verdict.rows, verdict.ends.pruned_place) == (True, 3, 4)
    _note(store, 1)
    assert _verdict(store, tmp_path).is_good


def test_young_rows_that_are_called_pruned_are_found_by_an_anchor(store: Engine, tmp_path: Path) -> None:
    _note(store, 4)
    anchors.cast(store, tmp_path, _key(tmp_path), now=NOW)
    _note(store, 1)
    with store.begin() as connection:
        seal = connection.execute(select(table.c.hash).where(table.c.place == 4)).scalar_one()
        connection.execute(delete(table).where(table.c.place <= 4))
        connection.execute(text("UPDATE audit_chain SET pruned_place = 4, pruned_hash = :seal"), {"seal": seal})
    assert _verdict(store, tmp_path).is_good
    (told,) = _verdict(store, tmp_path, anchors.given(tmp_path / anchors.FILE)).told
    assert "too young to be pruned" in told


def test_a_seal_that_is_no_seal_is_a_finding_and_no_error(store: Engine, tmp_path: Path) -> None:
    _note(store, 3)
    with store.begin() as connection:
        connection.execute(update(table).where(table.c.place == 2).values(hash="没有"))
    assert _wrong(store, tmp_path) == [(Wrong.ALTERED, 2), (Wrong.ALTERED, 3)]


def test_writers_at_once_never_fork_the_chain(store: Engine, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def write() -> None:
        try:
            _note(store, 10)
        except BaseException as error:  # noqa: BLE001  # told by the test
            failures.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    verdict = _verdict(store, tmp_path)
    assert (verdict.is_good, verdict.ends.place) == (True, 40)


def test_an_act_that_fails_leaves_no_place_empty(store: Engine, tmp_path: Path) -> None:
    _note(store, 1)
    with store.connect() as connection:
        audit.note(connection, COMMAND_LINE, Act.SHELVE, now=NOW)
        connection.rollback()
    _note(store, 1)
    assert (_verdict(store, tmp_path).is_good, _verdict(store, tmp_path).ends.place) == (True, 2)


def test_a_store_from_before_the_chain_is_sealed_as_it_is_brought_along(
    store: Engine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_sqlite = store.dialect.name == "sqlite"
    old = open_engine(sqlite_url(tmp_path / "old.sqlite3") if is_sqlite else request.getfixturevalue("postgres").empty())
    upgrade(old, revision="0008")
    with old.begin() as connection:
        for number in range(3):
            connection.execute(
                text("INSERT INTO audit (at, by, act, result) VALUES (:at, 'li', 'look', 'done')"),
                {"at": f"2026-11-2{number} 01:00:00.000000" if is_sqlite else NOW - timedelta(days=number)},
            )
    upgrade(old)
    _note(old, 1)
    verdict = _verdict(old, tmp_path)
    assert (verdict.is_good, verdict.ends.place) == (True, 4)
    old.dispose()


def test_a_backup_keeps_the_chain(store: Engine, tmp_path: Path) -> None:
    _note(store, 3)
    backup.write(store, tmp_path / "backup.zip", now=NOW)
    target = tmp_path / "again.sqlite3"
    backup.restore_file(tmp_path / "backup.zip", target, is_replacing=False, now=NOW)
    again = open_engine(sqlite_url(target))
    _note(again, 1)
    verdict = _verdict(again, tmp_path)
    assert (verdict.is_good, verdict.ends.place) == (True, 4)
    again.dispose()


ROW = st.fixed_dictionaries({name: st.text(max_size=8) for name in TEXTS} | {"at": st.datetimes(timezones=st.just(UTC))})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=1, max_size=6), st.data())
def test_any_change_of_any_field_of_any_row_is_found(contents: list[dict[str, object]], data: st.DataObject) -> None:
    before, rows = audit_chain.GENESIS, []
    for place, content in enumerate(contents, start=1):
        before = sealed(before, place, content)
        rows.append({**content, "id": place, "place": place, "hash": before})
    of = Ends(place=len(rows), hash=before)
    assert list(check(rows, of)) == []
    at = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(TEXTS))
    other = data.draw(st.text(max_size=8).filter(lambda one: one != rows[at][name]))
    changed = [*rows[:at], {**rows[at], name: other}, *rows[at + 1 :]]
    assert [(one.wrong, one.place) for one in check(changed, of)] == [(Wrong.ALTERED, at + 1)]
