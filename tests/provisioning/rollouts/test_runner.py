"""Rollouts in the database: carried out once, whoever looks how often, on both databases."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from provisioning.bureau import Bureau
from provisioning.fleet.rollouts import field_health, rows
from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.course import What
from provisioning.fleet.rollouts.gate import Measure
from provisioning.fleet.rollouts.people import Done, Lost, Start, StartError, candidates
from provisioning.fleet.rollouts.rollout import Stage, State
from provisioning.fleet.rollouts.rows import Wanted
from provisioning.fleet.rollouts.runner import RolloutRunner
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.changes import Changes
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import audit, watch_gap
from telemetry.wire.topics import KioskId
from tests.provisioning.rollouts.county import LI, WANG, County
from tests.provisioning.rollouts.made import HOUR, NEW, OLD, T0, kiosk


@pytest.fixture
def engine(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    copy = tmp_path / "fleet.sqlite3"
    copy.write_bytes(upgraded_sqlite.read_bytes())
    opened = open_engine(sqlite_url(copy))
    yield opened
    opened.dispose()


def _whats(county: County) -> list[What]:
    with county.engine.connect() as connection:
        return [line.what for line in rows.lines(connection, 1)]


def test_a_release_reaches_a_county_ring_by_ring(store: Engine) -> None:
    county = County(store, 40)
    county.start()
    county.look()
    assert set(county.wanted()) == set(county.ring(0))
    with store.connect() as connection:
        assert rows.wanted_release(connection, county.ring(0)[0]) == Wanted(version=NEW, not_before=T0)
        assert rows.wanted_release(connection, county.ring(1)[0]) is None
    for turn in range(100):
        county.told_install()
        if turn % 2 == 0:
            county.everybody_visits()
        county.look(hours=3)
        if county.found().ring == 0 and county.now > T0 + timedelta(days=3) and not county.found().approved_by:
            county.acts.take(LI, 1, Doing.APPROVE, seen_row=county.found().row, now=county.now)
        if county.found().state.is_over:
            break
    assert county.found().state is State.FINISHED
    assert set(county.wanted().values()) == {NEW}
    assert len(county.wanted()) == 40
    assert _whats(county) == [What.STARTED, What.APPROVED, *[What.RING_BEGAN] * (len(county.found().rings) - 1), What.FINISHED]


def test_two_services_looking_at_once_do_nothing_twice(engine: Engine) -> None:
    county = County(engine, 40)
    county.start()
    other = RolloutRunner(engine, now=lambda: county.now)
    county.look()
    before = county.members()
    other.look()
    county.look()
    assert county.members() == before
    assert len(county.wanted()) == 2


async def test_open_pages_are_told_of_kiosks_that_moved(engine: Engine, tmp_path: Path) -> None:
    county = County(engine, 40)
    county.start()
    (tmp_path / "fleet.toml").write_text("[server]\nport = 1\n")
    settings = FleetSettings.read(tmp_path / "fleet.toml")
    changes = Changes(first_id=100)
    bureau = Bureau.open(settings, engine, tmp_path, now=lambda: county.now)
    loops = dict(bureau.loops(lambda _kiosk, _kind, _payload: True, changed=changes.publish))

    async def page() -> frozenset[KioskId]:
        return (await anext(changes.subscribe())).kiosks

    sees = asyncio.create_task(page())
    running = asyncio.ensure_future(loops["rollouts"]())
    async with asyncio.timeout(20):
        assert await sees == set(county.ring(0))
    running.cancel()
    await asyncio.wait({running})


def test_kiosks_of_one_town_and_model_and_as_many_visits_are_alike(engine: Engine) -> None:
    county = County(engine, 12)
    for number, whom in enumerate(county.kiosks):
        county.visits(whom, "done", number + 1, at=T0)
    with engine.connect() as connection:
        traffic = [one.likeness[2] for one, _ in candidates(connection, "lx", now=T0 + HOUR)]
    assert traffic == ["quiet"] * 4 + ["usual"] * 5 + ["busy"] * 3


def test_a_runner_that_saw_an_older_rollout_writes_nothing(engine: Engine) -> None:
    county = County(engine, 40)
    before = county.start()
    county.acts.take(WANG, 1, Doing.PAUSE, seen_row=before.row, now=county.now)
    with engine.begin() as connection:
        assert not rows.hold(connection, before)
        assert rows.put(connection, before, before) is None


def test_a_pause_reaches_those_who_have_not_begun_and_to_go_on_tells_them_again(engine: Engine) -> None:
    county = County(engine, 40)
    began = county.start()
    county.look()
    first, second = county.ring(0)
    county.says(first, "on_trial")
    county.acts.take(WANG, 1, Doing.PAUSE, seen_row=began.row, now=county.now)
    county.look(seconds=5)
    assert county.wanted() == {first: NEW, second: OLD}
    county.acts.take(WANG, 1, Doing.RESUME, seen_row=county.found().row, now=county.now)
    county.look(seconds=5)
    assert county.wanted() == {first: NEW, second: NEW}


def test_who_is_too_late_is_told_who_was_quicker_and_a_double_click_is_one_act(engine: Engine) -> None:
    county = County(engine, 40)
    row = county.start().row
    first = county.acts.take(LI, 1, Doing.APPROVE, seen_row=row, now=county.now)
    again = county.acts.take(LI, 1, Doing.APPROVE, seen_row=row, now=county.now)
    late = county.acts.take(WANG, 1, Doing.ROLL_BACK, seen_row=row, now=county.now)
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert isinstance(late, Lost)
    assert (late.line.by, late.line.what) == ("li", What.APPROVED)
    assert _whats(county) == [What.STARTED, What.APPROVED]
    with engine.connect() as connection:
        results = connection.execute(select(audit.c.act, audit.c.result).order_by(audit.c.id)).all()
    assert [tuple(row) for row in results] == [
        ("release.roll_out", "done"), ("rollout.approve", "done"), ("release.roll_out", "lost"),
    ]  # fmt: skip


def test_of_many_at_the_same_moment_one_acts_and_every_other_is_told(store: Engine) -> None:
    county = County(store, 40)
    row = county.start().row
    people = [replace(LI, name=f"li-{number}") for number in range(6)]

    def ask(person: Person) -> Done | Lost:
        return county.acts.take(person, 1, Doing.ROLL_BACK, seen_row=row, now=county.now)

    with ThreadPoolExecutor(max_workers=8) as crowd:
        looking = [crowd.submit(county.runner.look) for _ in range(4)]
        came = list(crowd.map(ask, people))
        for look in looking:
            look.result()
    assert _whats(county) == [What.STARTED, What.ASKED_TO_GO_BACK]
    assert county.found().wished_by in {person.name for person in people}
    assert all(isinstance(one, Done | Lost) for one in came)
    county.look(seconds=5)
    assert NEW not in county.wanted().values()  # it is held while a second person is waited for


def test_everybody_who_was_told_goes_back_once_two_persons_say_so(engine: Engine) -> None:
    county = County(engine, 40)
    county.start()
    county.look()
    county.told_install()
    county.look(hours=1)
    county.acts.take(WANG, 1, Doing.ROLL_BACK, seen_row=county.found().row, now=county.now)
    county.acts.take(LI, 1, Doing.APPROVE, seen_row=county.found().row, now=county.now)
    county.look(seconds=5)
    assert set(county.wanted().values()) == {OLD}
    for whom in county.ring(0):
        county.says(whom, "running", version=OLD)
    county.look(seconds=5)
    assert county.found().state is State.ROLLED_BACK
    assert _whats(county)[-2:] == [What.GOING_BACK, What.ROLLED_BACK]


def test_kiosks_that_fall_silent_with_the_release_stop_it(engine: Engine) -> None:
    county = County(engine, 40)
    county.start()
    county.look()
    for whom in county.ring(0):
        county.says(whom, "on_trial")
        county.falls_silent(whom)
    county.look(minutes=29)
    assert county.found().state is State.RUNNING
    county.look(minutes=2)
    assert county.found().state is State.STOPPED
    assert county.found().why == "errors"
    assert {one.stage for one in county.members() if one.ring == 0} == {Stage.SILENT}


def test_a_second_rollout_of_a_county_waits_for_the_first_to_end(engine: Engine) -> None:
    county = County(engine, 40)
    county.start()
    county.add_release("2026.11.4")
    with pytest.raises(StartError, match="another rollout is open"):
        county.acts.start(WANG, Start(county="lx", version="2026.11.4"), now=county.now)


def test_a_release_that_is_not_published_is_not_rolled_out(engine: Engine) -> None:
    county = County(engine, 3)
    county.add_release("2026.12.1", state="signing")
    with pytest.raises(StartError, match="not published"):
        county.acts.start(WANG, Start(county="lx", version="2026.12.1"), now=county.now)


def test_a_slot_is_what_the_tables_of_telemetry_say(store: Engine) -> None:
    county = County(store, 6)
    slot = field_health.next_slot(T0)
    at = slot.begins_at + HOUR
    well, faulty, silent, deaf, frozen, busy = county.kiosks
    county.occurs(faulty, "printer.paper_out", at=at)
    county.occurs(silent, "kiosk.silent", at=at)
    county.was_silent(deaf, slot.begins_at - HOUR, None)
    county.display_restarts(frozen, at=at)
    county.visits(busy, "done", 3, at=at)
    county.visits(busy, "abandoned", 1, at=at)
    county.occurs(well, "printer.paper_out", at=slot.ends_at)
    with store.connect() as connection:
        read = field_health.read(connection, county.kiosks, slot)
    assert [whom for whom, value in read[Measure.FAULTS].items() if value] == [faulty]
    assert [whom for whom, value in read[Measure.SILENCES].items() if value] == [silent]
    assert [whom for whom, value in read[Measure.RESTARTS].items() if value] == [frozen]
    assert read[Measure.UNFINISHED] == {busy: 0.25}
    assert deaf not in read[Measure.FAULTS]
    assert deaf not in read[Measure.SILENCES]


def test_slots_lie_on_the_hours_of_china_and_none_is_counted_twice(engine: Engine) -> None:
    county = County(engine, 40)
    assert field_health.next_slot(T0).begins_at == T0  # 06:00 there
    assert field_health.next_slot(T0 + HOUR).begins_at == T0 + 6 * HOUR
    county.start()
    county.agreed()
    county.look()
    county.told_install()
    county.look(minutes=1)
    for _ in range(13):
        county.look(hours=1)
    sets = _sets(county)
    county.look()
    assert _sets(county) == sets
    assert sets == 2


def test_what_nobody_listened_to_is_no_evidence(engine: Engine) -> None:
    county = County(engine, 40)
    county.start()
    county.look()
    county.told_install()
    county.look(minutes=1)
    with engine.begin() as connection:
        connection.execute(insert(watch_gap).values(begins_at=T0 + 7 * HOUR, ends_at=T0 + 8 * HOUR))
    for _ in range(13):
        county.look(hours=1)
    assert _sets(county) == 0


def test_what_was_ill_before_says_nothing_of_the_release(engine: Engine) -> None:
    county = County(engine, 3)
    for day in range(4):
        county.occurs(kiosk(1), "printer.paper_out", at=T0 - timedelta(days=day + 1))
    county.occurs(kiosk(2), "printer.paper_out", at=T0 - timedelta(days=1))
    with engine.connect() as connection:
        assert field_health.chronic(connection, county.kiosks, T0) == {kiosk(1)}


def _sets(county: County) -> int:
    with county.engine.connect() as connection:
        found = rows.counted(connection, 1).evidence.get(Measure.FAULTS)
    return 0 if found is None else found.sets
