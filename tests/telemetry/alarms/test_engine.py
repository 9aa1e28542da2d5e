"""Alarms: given what a kiosk said and what time it is, when somebody has to be told, and when no longer."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet.alarms.engine import Context, Window
from telemetry.fleet.alarms.occurrences import Alarm, Cleared, Entry, Occurrence, Opened, Recalled
from telemetry.fleet.alarms.replay import Acknowledged, Looked, Recorded, Replay, Said, Shelved, same_rows
from telemetry.fleet.alarms.rules import OF_CODE, Rule, Rules
from telemetry.fleet.alarms.state import AlarmState, Phase
from telemetry.fleet.web.fault_words import load
from telemetry.wire.service_hours import CHINA, OFFICE_HOURS, ServiceHours

ALWAYS = ServiceHours.parse(["Mon-Hol 00:00-24:00"])
OFFICE = ServiceHours.parse(OFFICE_HOURS)
MONDAY = datetime(2026, 11, 23, 10, tzinfo=CHINA)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PAPER = "printer.paper_out"

PLAIN = Rules(of_code={}, of_remedy={"WAIT": Rule(person_after=None)})


def _alarm(code: str = PAPER, *, since: datetime = MONDAY, severity: str = "BLOCKING", remedy: str = "CLERK") -> Alarm:
    occurrence = Occurrence(device="receipt-printer", code=code, since=since)
    return Alarm(occurrence=occurrence, severity=severity, remedy=remedy, detail="", received_at=since)


def _opened(alarm: Alarm | None = None) -> Opened:
    return Opened(alarm=alarm or _alarm())


def _cleared(alarm: Alarm | None = None, *, at: datetime = MONDAY + MINUTE) -> Cleared:
    return Cleared(alarm=replace(alarm or _alarm(), cleared_at=at, cleared_by="clerk"))


class Story:
    """One kiosk's alarms, told in minutes after Monday ten o'clock."""

    def __init__(
        self, *, rules: Rules = PLAIN, hours: ServiceHours = ALWAYS, windows: tuple[Window, ...] = (), begins: datetime = MONDAY
    ) -> None:
        self.context = Context(rules=rules, hours=hours, windows=windows)
        self.begins = begins
        self.stream: list[Recorded] = []

    def at(self, minute: float, *entries: Entry) -> "Story":
        self.stream.append(Said(at=self.begins + minute * MINUTE, entries=entries))
        return self

    def acted(self, act: Acknowledged | Shelved) -> "Story":
        self.stream.append(act)
        return self

    def then(self, minute: float) -> list[AlarmState]:
        """Return every alarm as it stands then, the first one first."""
        found = Replay(self.context).run(self.stream, until=self.begins + minute * MINUTE)
        return sorted(found.values(), key=lambda state: state.raised_at)

    def one(self, minute: float) -> AlarmState:
        (state,) = self.then(minute)
        return state


def test_what_a_kiosk_raises_is_open_and_needs_a_person_at_once() -> None:
    state = Story().at(0, _opened()).one(0.01)
    assert (state.phase, state.needs_person, state.needed_at) == (Phase.OPEN, True, MONDAY)


def test_what_ends_is_shown_as_ended_at_once_and_is_over_when_it_stayed_away() -> None:
    story = Story().at(0, _opened()).at(1, _cleared())
    assert (story.one(1.5).phase, story.one(1.5).cleared_at, story.one(1.5).needs_person) == (
        Phase.CLEARING, MONDAY + MINUTE, False,
    )  # fmt: skip
    assert (story.one(3).phase, story.one(3).cleared_by) == (Phase.CLEARED, "clerk")


def test_a_raise_for_of_its_own_keeps_it_pending_and_nobodys() -> None:
    slow = Rules(of_code={PAPER: Rule(raise_for=5 * MINUTE)})
    story = Story(rules=slow).at(0, _opened())
    assert (story.one(4).phase, story.one(4).needs_person) == (Phase.PENDING, False)
    assert (story.one(6).phase, story.one(6).needed_at) == (Phase.OPEN, MONDAY + 5 * MINUTE)


def test_what_goes_before_it_was_said_for_long_enough_never_woke_anybody() -> None:
    slow = Rules(of_code={PAPER: Rule(raise_for=5 * MINUTE)})
    state = Story(rules=slow).at(0, _opened()).at(1, _cleared()).one(30)
    assert (state.phase, state.opened_at, state.needed_at) == (Phase.CLEARED, None, None)


def test_a_clear_in_the_same_instant_as_new_data_leaves_what_is_open() -> None:
    """Wound of the peers: the clear of the old occurrence and the raise of the next one come together."""
    again = _alarm(since=MONDAY + MINUTE)
    for instant in ((_cleared(), _opened(again)), (_opened(again), _cleared())):
        state = Story().at(0, _opened()).at(1, *instant).one(2)
        assert (state.phase, state.needs_person, state.occurrences, state.needed_at) == (Phase.OPEN, True, 2, MONDAY)


def test_a_code_without_any_rule_is_shown_and_ends() -> None:
    """Wound of the peers: an alarm without a clear rule stays for ever."""
    strange = _alarm("quantum.flux", remedy="PRAY")
    story = Story().at(0, _opened(strange)).at(1, _cleared(strange))
    assert story.one(0.5).needs_person
    assert story.one(3).phase is Phase.CLEARED


def test_raised_again_before_it_stayed_away_it_is_the_same_alarm() -> None:
    again = _alarm(since=MONDAY + 1.5 * MINUTE)
    state = Story().at(0, _opened()).at(1, _cleared()).at(1.5, _opened(again)).one(1.6)
    assert (state.phase, state.occurrences, state.raised_at, state.last_raised_at) == (
        Phase.OPEN, 2, MONDAY, MONDAY + 1.5 * MINUTE,
    )  # fmt: skip


def test_raised_again_after_it_stayed_away_it_is_another_alarm() -> None:
    again = _alarm(since=MONDAY + 10 * MINUTE)
    first, second = Story().at(0, _opened()).at(1, _cleared()).at(10, _opened(again)).then(11)
    assert (first.phase, second.phase, second.occurrences) == (Phase.CLEARED, Phase.OPEN, 1)


def test_the_same_raise_twice_is_one_occurrence() -> None:
    assert Story().at(0, _opened()).at(1, _opened()).one(2).occurrences == 1


def test_a_raise_that_comes_again_after_its_own_end_opens_the_alarm_it_named() -> None:
    """Wound of the peers: duplicate raises after resolve make a second alarm, or none. A birth that says it is open is right."""
    state = Story().at(0, _opened()).at(1, _cleared()).at(30, _opened()).one(31)
    assert (state.phase, state.raised_at, state.cleared_at) == (Phase.OPEN, MONDAY, None)


def test_an_end_that_comes_twice_keeps_the_kiosks_own_time() -> None:
    by_birth, by_itself = _cleared(at=MONDAY + 5 * MINUTE), _cleared(at=MONDAY + 2 * MINUTE)
    state = Story().at(0, _opened()).at(5, by_birth).at(5.1, by_itself).one(30)
    assert state.cleared_at == MONDAY + 2 * MINUTE


def test_the_end_of_an_older_occurrence_does_not_end_the_newer() -> None:
    newer = _alarm(since=MONDAY + MINUTE)
    state = Story().at(1, _opened(newer)).at(2, _cleared(_alarm(), at=MONDAY + MINUTE)).then(3)
    assert [(one.raised_at, one.phase, one.needs_person) for one in state] == [
        (MONDAY, Phase.CLEARED, False),
        (MONDAY + MINUTE, Phase.OPEN, True),
    ]


def test_history_is_kept_and_wakes_nobody() -> None:
    came_and_went = Recalled(alarm=replace(_alarm(), cleared_at=MONDAY + MINUTE))
    state = Story().at(60, came_and_went).one(61)
    assert (state.phase, state.needed_at, state.opened_at) == (Phase.CLEARED, None, None)


def test_what_came_and_went_unheard_before_an_alarm_was_believed_over_is_counted_to_it() -> None:
    unheard = _alarm(since=MONDAY + 5.2 * MINUTE)
    recalled = Recalled(alarm=replace(unheard, cleared_at=MONDAY + 5.6 * MINUTE))
    state = Story().at(0, _opened()).at(5, _cleared(at=MONDAY + 5 * MINUTE)).at(5.7, recalled).one(30)
    assert (state.occurrences, state.last_raised_at, state.phase) == (2, MONDAY + 5.2 * MINUTE, Phase.CLEARED)
    assert state.cleared_at == MONDAY + 5.6 * MINUTE


def test_a_storm_from_one_device_is_one_alarm() -> None:
    """F52: a thousand raises and clears a second."""
    story = Story()
    for second in range(3):
        entries: list[Entry] = []
        for number in range(500):
            alarm = _alarm(since=MONDAY + second * SECOND + number * timedelta(milliseconds=2))
            entries += [_opened(alarm), _cleared(alarm, at=alarm.occurrence.since)]
        story.at(second / 60, *entries)
    state = story.one(0.1)
    assert (state.occurrences, state.is_flapping, state.cleared_at, state.needs_person) == (1500, True, None, True)


def test_what_flaps_is_one_open_alarm_until_it_has_stayed_away_for_long() -> None:
    story = Story()
    for number in range(8):
        alarm = _alarm("reader.unreachable", since=MONDAY + 4 * number * MINUTE, remedy="WAIT", severity="DEGRADED")
        story.at(4 * number, _opened(alarm)).at(4 * number + 0.5, _cleared(alarm, at=alarm.occurrence.since + 30 * SECOND))
    flaps = Rules(of_code={"reader.unreachable": Rule(clear_for=5 * MINUTE, flap_limit=4, person_after=None)})
    story.context = replace(story.context, rules=flaps)
    state = story.one(30)
    assert (state.occurrences, state.is_flapping, state.phase, state.cleared_at) == (8, True, Phase.CLEARING, None)
    assert state.needs_person, "what would end by itself needs somebody when it keeps coming back"
    assert story.one(55).phase is Phase.CLEARED


def test_a_score_decays_and_what_comes_once_a_day_never_flaps() -> None:
    story = Story(rules=Rules(of_code={PAPER: Rule(clear_for=25 * HOUR)}))
    for day in range(10):
        alarm = _alarm(since=MONDAY + day * 24 * HOUR)
        story.at(day * 1440, _opened(alarm)).at(day * 1440 + 5, _cleared(alarm, at=alarm.occurrence.since + 5 * MINUTE))
    state = story.one(9 * 1440 + 10)
    assert (state.occurrences, state.is_flapping) == (10, False)


def test_what_ends_by_itself_needs_nobody() -> None:
    assert not Story().at(0, _opened(_alarm("printer.head_hot", remedy="WAIT"))).one(600).needs_person


def test_at_night_only_what_stops_services_is_told_and_the_rest_when_it_opens() -> None:
    night = datetime(2026, 11, 23, 20, tzinfo=CHINA)
    opens = datetime(2026, 11, 24, 8, 30, tzinfo=CHINA)
    slight, bad = _alarm("printer.paper_low", since=night, severity="DEGRADED"), _alarm(since=night)
    first, second = sorted(
        Story(hours=OFFICE, begins=night).at(0, _opened(slight), _opened(bad)).then(60), key=lambda one: one.severity
    )
    assert (first.needs_person, second.needs_person, second.hushed_by) == (True, False, "hours")
    (told,) = Story(hours=OFFICE, begins=night).at(0, _opened(slight)).then(14 * 60)
    assert (told.needs_person, told.needed_at, told.hushed_by) == (True, opens, "")


def test_shelved_it_is_nobodys_until_then_and_comes_back_by_itself() -> None:
    shelf = Shelved(at=MONDAY + MINUTE, device="receipt-printer", code=PAPER, until=MONDAY + HOUR, by="wang")
    story = Story().at(0, _opened()).acted(shelf)
    assert (story.one(30).needs_person, story.one(30).hushed_by) == (False, "shelved")
    assert (story.one(61).needs_person, story.one(61).needed_at) == (True, MONDAY + HOUR)


def test_planned_work_hushes_from_its_beginning_to_its_end() -> None:
    planned = Window(begins_at=MONDAY + 10 * MINUTE, ends_at=MONDAY + 20 * MINUTE)
    story = Story(windows=(planned,)).at(0, _opened())
    assert [(story.one(minute).needs_person, story.one(minute).hushed_by) for minute in (5, 15, 25)] == [
        (True, ""),
        (False, "maintenance"),
        (True, ""),
    ]


def test_what_nobody_acknowledges_goes_up_by_service_hours() -> None:
    told = Rules(of_code={PAPER: Rule(escalate_after=2 * HOUR)})
    story = Story(rules=told, hours=OFFICE).at(0, _opened())
    assert [story.one(60 * hour + 1).escalation for hour in (1, 2, 4, 6, 8, 24)] == [0, 1, 2, 3, 3, 3]
    late = Story(rules=told, hours=OFFICE, begins=MONDAY + 7 * HOUR)
    late.at(0, _opened(_alarm(since=MONDAY + 7 * HOUR)))
    assert [late.one(60 * hour + 1).escalation for hour in (3, 14, 17)] == [0, 0, 1], "half an hour today, the rest tomorrow"


def test_what_somebody_knows_goes_no_further_up() -> None:
    told = Rules(of_code={PAPER: Rule(escalate_after=2 * HOUR)})
    known = Acknowledged(at=MONDAY + 3 * HOUR, device="receipt-printer", code=PAPER, by="wang", comment="on my way")
    state = Story(rules=told).at(0, _opened()).acted(known).one(60 * 24)
    assert (state.escalation, state.acknowledged_by, state.acknowledgement) == (1, "wang", "on my way")


def test_every_code_with_a_rule_of_its_own_is_one_the_kiosks_or_their_silence_say() -> None:
    assert OF_CODE.keys() <= load().codes


# Live and replay

CODES = (PAPER, "reader.unreachable", "printer.head_hot")
REMEDY = {
    PAPER: ("BLOCKING", "CLERK"),
    "reader.unreachable": ("DEGRADED", "TECHNICIAN"),
    "printer.head_hot": ("DEGRADED", "WAIT"),
}
TESTED = Rules(
    of_code={
        PAPER: Rule(clear_for=2 * MINUTE, flap_limit=3, hold=10 * MINUTE, escalate_after=20 * MINUTE),
        "reader.unreachable": Rule(raise_for=MINUTE, clear_for=timedelta(), escalate_after=HOUR),
        "printer.head_hot": Rule(person_after=None, clear_for=MINUTE, flap_limit=2),
    }
)
WINDOW = Window(begins_at=MONDAY + 40 * MINUTE, ends_at=MONDAY + 70 * MINUTE)


@st.composite
def streams(draw: st.DrawFn) -> list[Recorded]:
    """A kiosk that raises and clears, people who act, in the order of time."""
    at, open_now = MONDAY, dict[str, Alarm]()
    stream: list[Recorded] = []
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.timedeltas(timedelta(0), 15 * MINUTE))
        code = draw(st.sampled_from(CODES))
        match draw(st.integers(0, 5)):
            case 0:
                stream.append(Acknowledged(at=at, device="receipt-printer", code=code, by="wang"))
            case 1:
                until = at + draw(st.timedeltas(MINUTE, 3 * HOUR))
                stream.append(Shelved(at=at, device="receipt-printer", code=code, until=until, by="wang"))
            case 2 if code in open_now:
                known = open_now.pop(code)
                again = _alarm(code, since=at, severity=REMEDY[code][0], remedy=REMEDY[code][1])
                open_now[code] = again
                stream.append(Said(at=at, entries=(_cleared(known, at=at), _opened(again))))
            case _ if code in open_now:
                stream.append(Said(at=at, entries=(_cleared(open_now.pop(code), at=at),)))
            case _:
                open_now[code] = _alarm(code, since=at, severity=REMEDY[code][0], remedy=REMEDY[code][1])
                stream.append(Said(at=at, entries=(_opened(open_now[code]),)))
    return stream


LOOKS = st.lists(st.timedeltas(timedelta(0), 6 * HOUR), max_size=30)


@given(streams(), LOOKS, st.sampled_from((ALWAYS, OFFICE)))
def test_however_often_anybody_looks_the_end_is_the_same(
    stream: list[Recorded], looks: list[timedelta], hours: ServiceHours
) -> None:
    context = Context(rules=TESTED, hours=hours, windows=(WINDOW,))
    end = MONDAY + 8 * HOUR
    with_looks = sorted([*stream, *(Looked(at=MONDAY + moment) for moment in looks)], key=lambda one: one.at)
    assert same_rows(Replay(context).run(with_looks, until=end)) == same_rows(Replay(context).run(stream, until=end))


@given(streams())
def test_what_is_open_at_the_end_stands_and_nothing_else(stream: list[Recorded]) -> None:
    context = Context(rules=TESTED, hours=ALWAYS)
    open_now: set[str] = set()
    for recorded in stream:
        for entry in recorded.entries if isinstance(recorded, Said) else ():
            (open_now.discard if entry.alarm.cleared_at is not None else open_now.add)(entry.alarm.occurrence.code)
    end = Replay(context).run(stream, until=MONDAY + 24 * HOUR)
    assert {state.code for state in end.values() if state.stands} == open_now
    assert all(state.phase is Phase.CLEARED for state in end.values() if state.code not in open_now)
    live = [(state.device, state.code) for state in end.values() if state.is_live]
    assert len(live) == len(set(live)), "one alarm at a time for a device and code"
