"""What people do to layers, and how kiosks are told until each runs by what is wanted."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select, update

from provisioning.fleet.config import acts, rows
from provisioning.fleet.config.acts import NotDoneError, Why
from provisioning.fleet.config.changes import Change, State
from provisioning.fleet.config.convergence import Convergence
from provisioning.fleet.config.layers import Kind, Layer, LayerKey
from provisioning.fleet.config.ramp import Ramp, again_s, is_to_be_held
from provisioning.fleet.signing import SigningKey
from provisioning.wire.desired_state import KIND, read_document
from provisioning.wire.layering import Tree
from provisioning.wire.signatures import unseal
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import audit, desired, kiosk
from telemetry.wire.topics import Down, KioskId
from tests.provisioning.config.county import LI, LOOKER, NOW, OF_LANXI, WANG, fill, says
from tests.telemetry.web.county import open_store

COUNTY = LayerKey(kind=Kind.COUNTY, name="demo")
K1 = LayerKey(kind=Kind.KIOSK, name="demo/K1")
BIG: Tree = {"screen": {"text_size": 2}}
AT_ONCE = Ramp(first=1_000)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return fill(open_store(tmp_path / "fleet.sqlite3"))


@pytest.fixture
def filled(store: Engine) -> Engine:
    """On SQLite and on PostgreSQL, for what asks the database most."""
    return fill(store)


def drafted(engine: Engine, key: LayerKey = COUNTY, settings: Tree = BIG, by: Person = LI, *locked: str) -> Change:
    with engine.begin() as connection:
        return acts.draft(connection, by, key, settings, locked, note="大字", now=NOW)


def in_force(engine: Engine, key: LayerKey = COUNTY, settings: Tree = BIG, *locked: str) -> Change:
    change = drafted(engine, key, settings, LI, *locked)
    with engine.begin() as connection:
        asked = acts.submit(connection, LI, change.id, now=NOW, ramp=AT_ONCE)
        return asked if asked.state is State.APPROVED else acts.approve(connection, WANG, change.id, now=NOW, ramp=AT_ONCE)


def refused(engine: Engine, act: object, *arguments: object) -> Why:
    with engine.begin() as connection, pytest.raises(NotDoneError) as raised:
        act(connection, *arguments, now=NOW)  # type: ignore[operator]  # one of acts
    return raised.value.why


class Line:
    """What went down to the kiosks."""

    def __init__(self, engine: Engine) -> None:
        self.key = SigningKey(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
        self.told: list[tuple[str, int]] = []
        self.now = NOW
        self.is_up = True
        self.has_told = asyncio.Event()
        self.convergence = Convergence(
            engine, key=lambda: self.key, tell=self.tell, now=lambda: self.now, random=Random(1), ramp=AT_ONCE
        )

    def tell(self, to: KioskId, kind: Down, payload: bytes) -> bool:
        assert kind is Down.DESIRED
        document = read_document(unseal(payload, KIND, self.key.trusted))
        assert (document.addressee.county, document.addressee.kiosk) == (to.county, to.kiosk)
        if self.is_up:
            self.told.append((to.kiosk, document.version))
            self.has_told.set()
        return self.is_up


def test_a_change_on_few_kiosks_is_one_persons(engine: Engine) -> None:
    change = in_force(engine, K1)
    assert (change.state, change.kiosks, change.decided_by) == (State.APPROVED, 1, "")
    with engine.connect() as connection:
        (document,) = rows.standings(connection)
    assert (document.kiosk.kiosk, document.version, document.settings) == ("K1", 1, BIG)


def test_a_change_on_many_takes_a_second_person(engine: Engine) -> None:
    change = drafted(engine)
    with engine.begin() as connection:
        assert acts.submit(connection, LI, change.id, now=NOW).state is State.WAITING
        assert rows.standings(connection) == []
    assert refused(engine, acts.approve, LI, change.id) is Why.SAME_PERSON
    with engine.begin() as connection:
        assert acts.approve(connection, WANG, change.id, now=NOW).decided_by == "wang"
        assert len(rows.standings(connection)) == 12
    assert refused(engine, acts.approve, WANG, change.id) is Why.OVER
    with engine.connect() as connection:
        said = [(row.by, row.act, row.result) for row in connection.execute(select(audit).order_by(audit.c.id))]
    assert said == [
        ("li", "config.change", "done"),
        ("li", "config.change", "done"),
        ("li", "config.approve", "refused"),
        ("wang", "config.approve", "done"),
    ]


def test_nobody_changes_what_is_not_theirs(engine: Engine) -> None:
    for person, key in ((LOOKER, COUNTY), (OF_LANXI, COUNTY), (OF_LANXI, LayerKey(kind=Kind.PROVINCE))):
        with engine.begin() as connection, pytest.raises(NotDoneError) as raised:
            acts.draft(connection, person, key, BIG, note="", now=NOW)
        assert raised.value.why is Why.NOT_THEIRS


def test_what_no_kiosk_could_use_is_never_a_draft(engine: Engine) -> None:
    with (
        engine.begin() as connection,
        pytest.raises(NotDoneError, match=r"display.width_px: 0 is less than the minimum") as raised,
    ):
        acts.draft(connection, LI, COUNTY, {"display": {"width_px": 0}}, note="", now=NOW)
    assert raised.value.why is Why.PROBLEMS


def test_a_preview_says_what_changes_on_which_kiosks(engine: Engine) -> None:
    in_force(engine, K1, {"screen": {"text_size": 3}})
    town = LayerKey(kind=Kind.TOWN, name="demo/南三镇")
    with engine.connect() as connection:
        seen = acts.preview(connection, Layer(key=town, settings=BIG))
    assert seen.total == 6
    assert sorted(each.place.kiosk for each in seen.effects) == ["K11", "K3", "K5", "K7", "K9"]  # K1 has its own


def test_a_draft_on_a_layer_that_moved_on_is_to_be_written_again(engine: Engine) -> None:
    old = drafted(engine, K1)
    in_force(engine, K1, {"screen": {"text_size": 1}})
    assert refused(engine, acts.submit, LI, old.id) is Why.MOVED_ON


def test_a_lock_holds_at_once_for_what_was_set_below_it(engine: Engine) -> None:
    in_force(engine, K1, {"screen": {"volume": 3}})
    in_force(engine, COUNTY, {"screen": {"volume": 1}}, "screen.volume")
    with engine.begin() as connection:
        document = rows.standing(connection, KioskId(county="demo", kiosk="K1"))
        assert document is not None
        assert (document.version, document.settings) == (2, {"screen": {"volume": 1}})
        with pytest.raises(NotDoneError, match="is locked by the county layer"):
            acts.draft(connection, LI, K1, {"screen": {"volume": 0}}, note="", now=NOW)


def test_back_is_a_newer_document_with_older_content(filled: Engine) -> None:
    in_force(filled, K1, {"screen": {"text_size": 1}})
    second = in_force(filled, K1, {"screen": {"text_size": 3}})
    with filled.begin() as connection:
        back = acts.roll_back(connection, WANG, second.id, now=NOW)
        acts.submit(connection, WANG, back.id, now=NOW)
        document = rows.standing(connection, KioskId(county="demo", kiosk="K1"))
    assert document is not None
    assert (document.version, document.settings) == (3, {"screen": {"text_size": 1}})


async def test_a_kiosk_is_told_until_it_has_said_what_became_of_it(filled: Engine) -> None:
    in_force(filled, K1)
    line = Line(filled)
    assert await line.convergence.once() == 1
    assert await line.convergence.once() == 0
    line.now = NOW + timedelta(seconds=40)
    assert await line.convergence.once() == 1
    with filled.begin() as connection:
        says(connection, "K1", 1, "in_force", in_force=1)
    line.now = NOW + timedelta(days=30)
    assert await line.convergence.once() == 0
    assert line.told == [("K1", 1), ("K1", 1)]
    with filled.connect() as connection:
        (document,) = rows.standings(connection)
    assert document.has_converged


async def test_a_silent_kiosk_is_told_once_it_is_heard_however_long_it_was_away(engine: Engine) -> None:
    in_force(engine, K1)
    line = Line(engine)
    with engine.begin() as connection:
        connection.execute(update(kiosk).where(kiosk.c.kiosk == "K1").values(is_silent=True))
    line.now = NOW + timedelta(days=365)
    assert await line.convergence.once() == 0
    with engine.begin() as connection:
        connection.execute(update(kiosk).where(kiosk.c.kiosk == "K1").values(is_silent=False))
    assert await line.convergence.once() == 1


async def test_while_the_broker_is_away_nobody_counts_as_told(engine: Engine) -> None:
    in_force(engine, K1)
    line = Line(engine)
    line.is_up = False
    assert await line.convergence.once() == 0
    line.is_up = True
    assert await line.convergence.once() == 1


async def test_a_change_that_goes_wrong_on_the_first_stops_before_the_others(filled: Engine) -> None:
    change = in_force(filled)
    with filled.begin() as connection:
        connection.execute(update(desired).where(desired.c.kiosk.in_(["K4", "K5"])).values(tell_at=NOW + timedelta(hours=1)))
    line = Line(filled)
    assert await line.convergence.once() == 10
    with filled.begin() as connection:
        for name in ("K1", "K2", "K3"):
            says(connection, name, 1, "went_back", in_force=0, reason="not proven within 60 s: printer")
    line.now = NOW + timedelta(hours=2)
    await line.convergence.once()
    with filled.connect() as connection:
        held = rows.change(connection, change.id)
    assert held is not None
    assert (held.state, held.why) == (State.HELD, "3 of 3 that answered refused it or went back")
    assert {name for name, _ in line.told}.isdisjoint({"K4", "K5"})


def test_a_store_put_back_from_a_backup_catches_up_with_its_kiosks(engine: Engine) -> None:
    in_force(engine, K1)
    with engine.begin() as connection:
        says(connection, "K1", 1, "refused", in_force=40, newest=41, reason="older: version 1 is older than 41")
        (document,) = rows.standings(connection)
    assert document.version == 42


def test_garbage_from_a_kiosk_changes_nothing(engine: Engine) -> None:
    in_force(engine, K1)
    with engine.begin() as connection:
        says(connection, "K1", 1, "x" * 40, in_force=0)
        says(connection, "K7", 9, "in_force", in_force=9)
        (document,) = rows.standings(connection)
    assert document.said_state == ""


async def test_a_newcomer_gets_its_document_without_anybody_asking(filled: Engine) -> None:
    in_force(filled)
    with filled.begin() as connection:
        connection.execute(desired.delete().where(desired.c.kiosk == "K3"))
    line = Line(filled)
    assert line.convergence.look_around(everybody=False) == 1
    assert line.convergence.look_around(everybody=True) == 0
    with filled.connect() as connection:
        assert len(rows.standings(connection)) == 12


def test_the_ramp_begins_with_a_few_and_never_exceeds_its_rate() -> None:
    ramp = Ramp(first=5, doubling_s=20, rate=100)
    times = [ramp.after_s(position) for position in range(25_000)]
    assert times[:5] == [0.0] * 5
    assert times == sorted(times)
    assert sum(at_s <= 20 for at_s in times) == 10
    assert sum(at_s <= 60 for at_s in times) == 40
    assert all(times[position + 200] - times[position] >= 1.99 for position in range(5, 24_000, 500))
    assert times[-1] < 420


def test_who_does_not_answer_is_asked_ever_less_often() -> None:
    assert [round(again_s(told, 0.5)) for told in (1, 2, 3, 8, 500)] == [30, 60, 120, 3600, 3600]
    assert not is_to_be_held(bad=2, good=0)
    assert is_to_be_held(bad=3, good=20)
    assert not is_to_be_held(bad=3, good=40)


def test_documents_are_small(engine: Engine) -> None:
    in_force(engine)
    with engine.connect() as connection:
        assert all(len(json.dumps(dict(each.settings))) < 200 for each in rows.standings(connection))


async def test_it_tells_by_itself_for_as_long_as_it_runs(engine: Engine) -> None:
    in_force(engine, K1)
    line = Line(engine)
    telling = asyncio.create_task(line.convergence.run())
    await asyncio.wait_for(line.has_told.wait(), 20)
    telling.cancel()
    await asyncio.wait({telling})
    assert line.told == [("K1", 1)]
