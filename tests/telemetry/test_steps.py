"""What each message does to what is known of a kiosk: given, when, then."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet.alarms import Alarm, Cleared, Occurrence, Opened, Recalled
from telemetry.fleet.record import Record
from telemetry.fleet.steps import Taken, advance, fall_silent
from telemetry.wire.messages import FaultState, Services, Upward
from telemetry.wire.topics import KioskId
from tests.telemetry.said import HEAD_HOT, K1, NOW, PAPER_OUT, birth, death, event, fault, heartbeat, status


@dataclass
class Desk:
    """Advances a record and keeps the alarm rows the way the store does."""

    record: Record | None = None
    rows: dict[Occurrence, Alarm] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def hear(self, *messages: Upward, now: datetime = NOW) -> "Desk":
        for message in messages:
            step = advance(self.record, K1, message, now=now)
            self.record = step.record
            self.taken.append(step.taken)
            self._write(step.entries)
            if step.numbered is not None:
                self.numbers.append(step.numbered.seq)
        return self

    def silence(self, *, is_alarming: bool = True) -> "Desk":
        step = fall_silent(self.known, is_alarming=is_alarming, now=NOW)
        self.record = step.record
        self._write(step.entries)
        return self

    def _write(self, entries: Iterable[Opened | Cleared | Recalled]) -> None:
        for entry in entries:
            if isinstance(entry, Recalled):
                self.rows.setdefault(entry.alarm.occurrence, entry.alarm)
            else:
                self.rows[entry.alarm.occurrence] = entry.alarm

    @property
    def known(self) -> Record:
        assert self.record is not None
        return self.record

    @property
    def open(self) -> set[str]:
        return {row.occurrence.code for row in self.rows.values() if row.cleared_at is None}


def test_a_kiosk_is_known_from_its_birth() -> None:
    known = Desk().hear(birth()).known
    assert (known.condition, known.stored_seq, known.place.site) == ("READY", 10, "光明村")


def test_a_stranger_is_asked_for_its_birth() -> None:
    assert Desk().hear(heartbeat(), event(seq=1), death()).taken == [Taken.STRANGER] * 3


def test_a_birth_opens_the_alarms_it_carries() -> None:
    assert Desk().hear(birth(faults=(PAPER_OUT,))).open == {"printer.paper_out"}


def test_a_birth_clears_the_alarms_it_does_not_carry() -> None:
    desk = Desk().hear(birth(faults=(PAPER_OUT, HEAD_HOT)), birth(life=4, seq=12, faults=(HEAD_HOT,)))
    assert desk.open == {"printer.head_hot"}
    assert next(iter(desk.rows.values())).cleared_at == NOW


def test_a_live_fault_opens_and_its_end_clears() -> None:
    desk = Desk().hear(birth(), fault(seq=11))
    assert (desk.open, desk.known.condition) == ({"printer.paper_out"}, "DEGRADED")
    desk.hear(fault(seq=12, cleared_after_s=90))
    assert (desk.open, desk.known.condition) == (set(), "READY")
    (row,) = desk.rows.values()
    assert (row.cleared_at, row.cleared_by) == (PAPER_OUT.since + timedelta(seconds=90), "clerk")


def test_a_fault_of_the_past_never_reopens_what_the_birth_says_is_over() -> None:
    desk = Desk().hear(birth(floor=8), fault(seq=9))
    assert desk.open == set()
    (row,) = desk.rows.values()
    assert row.cleared_at == NOW, "until its own end arrives, the birth is the latest it can have ended"
    desk.hear(fault(seq=10, cleared_after_s=60))
    (row,) = desk.rows.values()
    assert row.cleared_at == PAPER_OUT.since + timedelta(seconds=60)


def test_a_fault_of_the_past_that_still_stands_is_one_alarm() -> None:
    desk = Desk().hear(birth(floor=8, faults=(PAPER_OUT,)), fault(seq=9))
    assert desk.open == {"printer.paper_out"}
    assert len(desk.rows) == 1


def test_a_fault_nobody_knows_is_an_alarm_all_the_same() -> None:
    strange = FaultState(device="drone", code="drone.rotor_lost", severity="ODD", remedy="PRAYER", since=NOW)
    assert Desk().hear(birth(), fault(strange, seq=11)).open == {"drone.rotor_lost"}


def test_nothing_ends_before_it_began() -> None:
    desk = Desk().hear(birth(), fault(seq=11), fault(seq=12, cleared_after_s=-3600))
    (row,) = desk.rows.values()
    assert row.cleared_at == PAPER_OUT.since


def test_a_number_heard_before_is_not_stored_again() -> None:
    desk = Desk().hear(birth(), event(seq=11), event(seq=11), event(seq=10))
    assert (desk.taken[1:], desk.numbers) == ([Taken.NEW, Taken.DUPLICATE, Taken.DUPLICATE], [11])


def test_a_number_after_a_gap_waits_until_the_gap_is_filled() -> None:
    desk = Desk().hear(birth(), event(seq=12), event(seq=11), event(seq=12))
    assert (desk.taken[1:], desk.numbers) == ([Taken.GAP, Taken.NEW, Taken.NEW], [11, 12])


def test_numbers_the_kiosk_has_shed_are_no_gap() -> None:
    assert Desk().hear(birth(), event(seq=900, prev=0), event(seq=950, prev=900)).numbers == [900, 950]


def test_a_fleet_that_lost_its_store_takes_what_the_kiosk_still_has() -> None:
    assert Desk().hear(birth(seq=50, floor=40), event(seq=41, prev=0), event(seq=42)).numbers == [41, 42]


def test_a_replaced_outbox_begins_its_numbers_anew() -> None:
    desk = Desk().hear(
        birth(seq=500, floor=500), birth(life=1, seq=2, floor=1, at=NOW + timedelta(hours=1)), event(seq=2, prev=0)
    )
    assert desk.numbers == [2]


def test_a_birth_delivered_late_changes_nothing() -> None:
    desk = Desk().hear(birth(life=4, seq=12), birth(life=3, seq=10, faults=(PAPER_OUT,), at=NOW - timedelta(seconds=9)))
    assert (desk.taken[-1], desk.open, desk.known.life) == (Taken.STALE, set(), 4)


def test_a_death_of_this_life_makes_the_kiosk_unknown() -> None:
    assert Desk().hear(birth(), death()).known.condition == "UNKNOWN"


def test_a_death_of_an_earlier_life_is_ignored() -> None:
    desk = Desk().hear(birth(life=4), death(life=3))
    assert (desk.taken[-1], desk.known.condition) == (Taken.STALE, "READY")


def test_a_heartbeat_of_an_earlier_life_is_ignored() -> None:
    assert Desk().hear(birth(life=4), heartbeat(life=3)).taken[-1] is Taken.STALE


def test_a_life_whose_birth_was_missed_is_asked_for_it() -> None:
    assert Desk().hear(birth(life=4), heartbeat(life=5)).known.needs_birth
    assert not Desk().hear(birth(life=4), heartbeat(life=5), birth(life=5)).known.needs_birth


def test_silence_is_unknown_and_an_alarm_until_the_kiosk_is_heard() -> None:
    desk = Desk().hear(birth()).silence()
    assert (desk.known.condition, desk.open) == ("UNKNOWN", {"kiosk.silent"})
    desk.silence()
    assert len(desk.rows) == 1
    desk.hear(heartbeat())
    assert (desk.known.condition, desk.open) == ("READY", set())


def test_an_announced_silence_is_unknown_and_no_alarm() -> None:
    desk = Desk().hear(birth(), death(reason="shutdown")).silence()
    assert (desk.known.condition, desk.open) == ("UNKNOWN", set())


def test_silence_while_nobody_could_listen_is_unknown_and_no_alarm() -> None:
    desk = Desk().hear(birth()).silence(is_alarming=False)
    assert (desk.known.condition, desk.open) == ("UNKNOWN", set())


def test_alarms_stay_open_through_silence() -> None:
    assert Desk().hear(birth(faults=(PAPER_OUT,))).silence().open == {"printer.paper_out", "kiosk.silent"}


@pytest.mark.parametrize(
    ("offered", "total", "faults", "condition"),
    [
        (4, 4, (), "READY"),
        (3, 4, (), "DEGRADED"),
        (4, 4, (HEAD_HOT,), "DEGRADED"),
        (0, 4, (PAPER_OUT,), "FAILED"),
        (0, 4, (), "FAILED"),
        (0, 0, (), "READY"),
        (0, 0, (PAPER_OUT,), "DEGRADED"),
    ],
)
def test_the_condition_of_a_kiosk_in_one_word(offered: int, total: int, faults: tuple[FaultState, ...], condition: str) -> None:
    known = Desk().hear(birth(services=Services(offered=offered, total=total), faults=faults)).known
    assert known.condition == condition
    assert known.condition_since == NOW


def test_a_condition_keeps_its_beginning_while_it_lasts() -> None:
    desk = Desk().hear(birth()).hear(heartbeat(), now=NOW + timedelta(minutes=1))
    assert desk.known.condition_since == NOW


def test_a_status_of_the_past_does_not_paint_over_the_present() -> None:
    desk = Desk().hear(birth(floor=8), status(seq=9, condition="FAILED"))
    assert desk.known.devices["receipt-printer"].condition == "READY"
    desk.hear(status(seq=10, condition="FAILED"), status(seq=11, condition="FAILED"))
    assert desk.known.devices["receipt-printer"].condition == "FAILED"


Story = list[tuple[str, bool]]


@given(
    st.lists(st.tuples(st.sampled_from([PAPER_OUT, HEAD_HOT]), st.booleans()), max_size=12),
    st.lists(st.integers(min_value=0, max_value=30), max_size=30),
    st.integers(min_value=0, max_value=12),
)
def test_whatever_is_lost_or_repeated_the_end_is_the_truth_and_every_number_is_there_once(
    story: list[tuple[FaultState, bool]], mishaps: list[int], reborn_after: int
) -> None:
    """A kiosk raises and clears; a broker loses and repeats; the fleet asks again until it has everything."""
    sent: list[Upward] = []
    truth: dict[str, FaultState] = {}
    for number, (state, is_raised) in enumerate(story, start=1):
        since = replace_since(state, number if is_raised else 0, truth)
        if is_raised:
            truth[state.code] = since
        else:
            truth.pop(state.code, None)
        sent.append(fault(since, seq=number, cleared_after_s=None if is_raised else 1))
    desk = Desk().hear(birth(seq=0, floor=0))
    for mishap in mishaps:
        if mishap < len(sent):
            desk.hear(sent[mishap])
    if reborn_after <= len(sent):
        desk.hear(birth(life=4, seq=len(sent), floor=0, faults=tuple(truth.values())))
    while desk.known.stored_seq < len(sent):
        desk.hear(*sent[desk.known.stored_seq :])
    assert desk.numbers == list(range(1, len(sent) + 1))
    assert desk.open == set(truth)


def replace_since(state: FaultState, number: int, truth: dict[str, FaultState]) -> FaultState:
    """An occurrence keeps its moment until it is cleared; the next one has a new one."""
    if state.code in truth:
        return truth[state.code]
    return state.model_copy(update={"since": NOW + timedelta(seconds=number)})


def test_a_record_belongs_to_the_kiosk_of_the_topic() -> None:
    other = KioskId(county="demo", kiosk="K2")
    step = advance(None, other, birth(), now=NOW)
    assert step.record is not None
    assert replace(step.record).id == other
