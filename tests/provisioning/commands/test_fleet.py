"""Commands at the bureau: who may, who else must agree, one thing at a time to each kiosk, and what became of it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from provisioning.fleet.commands import rows
from provisioning.fleet.commands.delivery import Delivery, Telling
from provisioning.fleet.commands.outcome_book import OutcomeBook
from provisioning.fleet.commands.rows import Asked, NotNowError, Wish
from provisioning.fleet.commands.rules import LAST_AGAIN, LATE_ANSWER, State, Terms, again_after, needs_second
from provisioning.fleet.signing import SigningKey
from provisioning.wire import command as wire
from provisioning.wire.command import (
    Command,
    EnterMaintenance,
    Order,
    RestartCore,
    RestartMachine,
    SelfTest,
    ShowNotice,
)
from provisioning.wire.signatures import unseal
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import command_kiosk, command_refusal, kiosk
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId
from tests.provisioning.commands.said import NOW

BUREAU = Person(name="chen", full_name="陈", role=Role.BUREAU)
SECOND = Person(name="li", full_name="李", role=Role.BUREAU)
DISPATCHER = Person(name="zhao", full_name="赵", role=Role.DISPATCHER)
TERMS = Terms(alone=2, lasts=timedelta(hours=4))
KIOSKS = tuple(KioskId(county="demo", kiosk=f"K{number}") for number in range(1, 5))


class Desk:
    """The bureau over a store with four kiosks, an hour at a time."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.now = NOW
        self.key = SigningKey.open(folder / "authority")
        self.book = OutcomeBook(engine)
        self.delivery = Delivery(engine, key=lambda: self.key, tell=lambda *_: True, now=lambda: self.now)
        self._seq = 0
        with engine.begin() as connection:
            for of in KIOSKS:
                connection.execute(insert(kiosk).values(**_heard(of, at=NOW)))

    def ask(self, order: Order, *, of: tuple[KioskId, ...] = KIOSKS[:1], by: Person = BUREAU, once: str = "") -> Asked:
        self._seq += 1
        wish = Wish(order=order, kiosks=of, scope="made up", why="a test", once=once or f"form {self._seq}")
        with self.engine.begin() as connection:
            return rows.ask(connection, wish, by, TERMS, now=self.now)

    def approve(self, number: int, by: Person) -> None:
        with self.engine.begin() as connection:
            rows.approve(connection, number, by, now=self.now)

    def due(self) -> list[Command]:
        return [self.read(telling) for telling in self.delivery.due()]

    def read(self, telling: Telling) -> Command:
        return wire.read(unseal(telling.envelope, wire.KIND, self.key.trusted))

    def says(self, of: KioskId, **fields: str | int) -> None:
        self._seq += 1
        event = Event(life=1, seq=self._seq, at=self.now, clock_trusted=True, name="command.reported", fields=fields)
        stored = StoredNumber(kiosk=of, message=event, is_history=False, received_at=self.now)
        with self.engine.begin() as connection:
            self.book.write(connection, Happened(now=self.now, messages=[stored]))

    def standing(self, number: int = 1, of: KioskId = KIOSKS[0]) -> Mapping[str, Any]:
        mine = (command_kiosk.c.command_id == number, command_kiosk.c.county == of.county, command_kiosk.c.kiosk == of.kiosk)
        with self.engine.connect() as connection:
            return dict(connection.execute(select(command_kiosk).where(*mine)).mappings().one())

    def refusals(self) -> list[tuple[str, str, int]]:
        with self.engine.connect() as connection:
            return [(row.kiosk, row.reason, row.times) for row in connection.execute(select(command_refusal))]


def _heard(of: KioskId, *, at: datetime) -> dict[str, object]:
    return {
        "county": of.county, "kiosk": of.kiosk, "site": "光明村", "life": 1, "birth_seq": 0, "stored_seq": 0, "heartbeat_s": 30.0,
        "born_at": at, "first_seen_at": at, "last_seen_at": at, "is_silent": False, "condition": "READY", "condition_since": at,
        "services_offered": 1, "services_total": 1, "screen": {}, "screen_at": at, "clock_trusted": True, "clock_skew_s": 0.0,
    }  # fmt: skip


@pytest.fixture
def desk(store: Engine, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def test_a_harmless_command_for_a_few_kiosks_is_open_at_once_and_in_the_audit(desk: Desk) -> None:
    assert desk.ask(SelfTest(), by=DISPATCHER).state is State.OPEN
    with desk.engine.connect() as connection:
        (line,) = audit.read(connection, Question())
    assert (line.act, line.about, line.kiosk, line.by) == ("command.send", "command 1", "K1", "zhao")


@pytest.mark.parametrize("order", [RestartCore(), RestartMachine(), EnterMaintenance(until=NOW + timedelta(hours=1), why="x")])
def test_what_takes_a_service_away_is_the_bureaus(desk: Desk, order: Order) -> None:
    with pytest.raises(NotNowError, match="bureau"):
        desk.ask(order, by=DISPATCHER)


def test_two_persons_for_many_kiosks_and_for_a_machine(desk: Desk) -> None:
    assert not needs_second(SelfTest(), 2, TERMS)
    assert needs_second(SelfTest(), 3, TERMS)
    asked = desk.ask(RestartMachine())
    assert asked.state is State.ASKED
    assert desk.due() == []
    with pytest.raises(NotNowError, match="somebody else"):
        desk.approve(asked.id, BUREAU)
    with pytest.raises(NotNowError, match="does not see"):
        desk.approve(asked.id, Person(name="far", full_name="far", role=Role.BUREAU, counties=frozenset({"elsewhere"})))
    desk.approve(asked.id, SECOND)
    with pytest.raises(NotNowError, match="does not wait"):
        desk.approve(asked.id, SECOND)
    assert [one.order for one in desk.due()] == [RestartMachine()]


def test_a_double_click_asks_once(desk: Desk) -> None:
    first, again = desk.ask(SelfTest(), once="the form"), desk.ask(SelfTest(), once="the form")
    assert first == again
    assert len(desk.due()) == 1


def test_each_kiosk_is_told_in_signed_words_with_its_own_counter(desk: Desk) -> None:
    desk.ask(SelfTest(), of=KIOSKS[:2])
    told = desk.due()
    assert {(one.kiosk, one.counter) for one in told} == {("K1", 1), ("K2", 1)}
    assert len({one.nonce for one in told}) == 2
    assert {one.expires_at for one in told} == {NOW + TERMS.lasts}


def test_a_kiosk_is_told_one_thing_after_the_other_and_the_same_again_until_it_answers(desk: Desk) -> None:
    desk.ask(SelfTest())
    desk.ask(RestartCore())
    (first,) = desk.due()
    assert desk.due() == []
    desk.now += again_after(1)
    assert desk.due() == [first]
    desk.now += again_after(1)
    assert desk.due() == []
    desk.says(KIOSKS[0], id=first.id, outcome="done", detail="12 of 12")
    (second,) = desk.due()
    assert (second.counter, second.order) == (2, RestartCore())
    assert (desk.standing()["outcome"], desk.standing()["detail"]) == ("done", "12 of 12")
    assert again_after(99) == LAST_AGAIN


def test_a_silent_kiosk_is_told_when_it_is_heard_again(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        connection.execute(update(kiosk).values(is_silent=True))
    desk.ask(SelfTest())
    assert desk.due() == []
    with desk.engine.begin() as connection:
        connection.execute(update(kiosk).values(is_silent=False))
    assert len(desk.due()) == 1


def test_one_that_waits_for_a_villager_says_so_and_holds_up_nothing(desk: Desk) -> None:
    desk.ask(SelfTest())
    desk.ask(ShowNotice(text="明天停电", until=NOW + timedelta(hours=2)))
    (first,) = desk.due()
    desk.says(KIOSKS[0], id=first.id, outcome="waiting", reason="villager")
    assert (desk.standing()["outcome"], desk.standing()["reason"]) == ("waiting", "villager")
    assert [one.order.do for one in desk.due()] == ["show-notice"]
    desk.says(KIOSKS[0], id=first.id, outcome="done")
    assert desk.standing()["outcome"] == "done"


def test_what_was_never_told_expires_and_what_was_never_answered_is_unheard_until_it_is(desk: Desk) -> None:
    asked = desk.ask(SelfTest(), of=KIOSKS[:2])
    (first, _) = desk.due()
    desk.ask(RestartCore())
    desk.now += TERMS.lasts + LATE_ANSWER
    desk.due()
    assert desk.standing(asked.id, KIOSKS[0])["outcome"] == "unheard"
    assert desk.standing(2)["outcome"] == "expired"
    desk.says(KioskId(county="demo", kiosk=first.kiosk), id=first.id, outcome="done")
    assert desk.standing(asked.id, KioskId(county="demo", kiosk=first.kiosk))["outcome"] == "done"


def test_a_notice_is_not_told_once_its_own_end_has_come(desk: Desk) -> None:
    desk.ask(ShowNotice(text="到五点", until=NOW + timedelta(minutes=10)))
    desk.now += timedelta(minutes=11)
    assert desk.due() == []
    assert desk.standing()["outcome"] == "expired"


def test_the_first_end_a_kiosk_reports_stays(desk: Desk) -> None:
    desk.ask(SelfTest())
    (one,) = desk.due()
    desk.says(KIOSKS[0], id=one.id, outcome="done")
    desk.says(KIOSKS[0], id=one.id, outcome="failed", detail="later")
    assert desk.standing()["outcome"] == "done"
    assert desk.refusals() == []


def test_an_answer_that_was_lost_is_had_from_the_refusal_of_the_second_telling(desk: Desk) -> None:
    desk.ask(SelfTest())
    (one,) = desk.due()
    desk.says(KIOSKS[0], id=one.id, outcome="refused", reason="replayed", was="done", was_detail="12 of 12", has_counted=1)
    assert (desk.standing()["outcome"], desk.standing()["detail"]) == ("done", "12 of 12")


def test_a_replay_long_after_is_noted_and_the_outcome_stays(desk: Desk) -> None:
    desk.ask(SelfTest())
    (one,) = desk.due()
    desk.says(KIOSKS[0], id=one.id, outcome="done")
    desk.now += timedelta(hours=1)
    desk.says(KIOSKS[0], id=one.id, outcome="refused", reason="replayed", was="done", has_counted=1)
    assert (desk.standing()["outcome"], desk.refusals()) == ("done", [("K1", "replayed", 1)])


def test_what_a_kiosk_did_not_believe_is_counted_by_its_reason(desk: Desk) -> None:
    desk.says(KIOSKS[0], id="", outcome="refused", reason="unknown_key", times=3)
    desk.says(KIOSKS[0], id="", outcome="refused", reason="unknown_key")
    desk.says(KIOSKS[1], id="c-9-other", outcome="refused", reason="other_kiosk")
    desk.says(KIOSKS[1], id="c-9-other", outcome="nonsense", reason="other_kiosk")
    assert sorted(desk.refusals()) == [("K1", "unknown_key", 4), ("K2", "other_kiosk", 1)]


def test_another_kiosks_answer_changes_nothing(desk: Desk) -> None:
    desk.ask(SelfTest())
    (one,) = desk.due()
    desk.says(KIOSKS[1], id=one.id, outcome="done")
    assert desk.standing()["outcome"] == "told"


def test_after_a_backup_was_put_back_a_command_is_signed_anew_beyond_what_the_kiosk_has_counted(desk: Desk) -> None:
    desk.ask(SelfTest())
    (one,) = desk.due()
    desk.says(KIOSKS[0], id=one.id, outcome="refused", reason="replayed", has_counted=41)
    desk.now += again_after(1)
    (again,) = desk.due()
    assert (again.counter, again.id != one.id) == (42, True)


def test_what_was_not_told_can_be_taken_back(desk: Desk) -> None:
    desk.ask(RestartCore())
    asked = desk.ask(SelfTest())
    desk.due()
    with desk.engine.begin() as connection:
        assert rows.cancel(connection, asked.id, BUREAU, now=NOW) == 1
    with pytest.raises(NotNowError, match="taken back"), desk.engine.begin() as connection:
        rows.cancel(connection, asked.id, SECOND, now=NOW)
    assert desk.standing(asked.id)["outcome"] == "cancelled"
    desk.now += timedelta(minutes=30)
    assert [one.order.do for one in desk.due()] == ["restart-core"]


def test_what_is_kept_of_a_command_holds_no_secret(desk: Desk) -> None:
    desk.ask(SelfTest())
    desk.due()
    assert "PRIVATE" not in json.dumps(desk.standing(), default=str)
