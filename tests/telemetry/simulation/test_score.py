"""The score: every way in which a service can be wrong is found, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from telemetry.simulation.score.happened import Happened, TrueComplaint, TrueFault, TrueOutage, TrueSilence
from telemetry.simulation.score.score import Score, percentile, score
from telemetry.simulation.score.service import Records, Row
from telemetry.simulation.score.table import as_json, table

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
END = NOW + timedelta(minutes=5)
NOBODY = Records(occurrences=(), alarms=(), incidents=(), tickets=())


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def happened(
    *, faults: tuple[TrueFault, ...] = (), silences: tuple[TrueSilence, ...] = (), outages: tuple[TrueOutage, ...] = ()
) -> Happened:
    return Happened(
        began=NOW,
        ended=END,
        county="trial",
        heartbeat_s=0.4,
        faults={fault.number: fault for fault in faults},
        silences=list(silences),
        outages={outage.number: outage for outage in outages},
    )


def paper_out(began_s: float = 10, ended_s: float | None = 20) -> TrueFault:
    return TrueFault(
        number=1,
        kiosk="SIM-1",
        device="receipt-printer",
        code="printer.paper_out",
        needs_person=True,
        since=at(began_s),
        began=at(began_s),
        ended=None if ended_s is None else at(ended_s),
    )


def said(
    *,
    raised_s: float = 10,
    received_s: float = 10.1,
    cleared_s: float | None = 20,
    code: str = "printer.paper_out",
    kiosk: str = "SIM-1",
    number: int = 1,
) -> Row:
    return {
        "id": number,
        "county": "trial",
        "kiosk": kiosk,
        "device": "kiosk" if code == "kiosk.silent" else "receipt-printer",
        "code": code,
        "raised_at": at(raised_s).isoformat(),
        "received_at": at(received_s).isoformat(),
        "cleared_at": None if cleared_s is None else at(cleared_s).isoformat(),
        "phase": "open" if cleared_s is None else "cleared",
    }


def judged(truth: Happened, *rows: Row, incidents: tuple[Row, ...] = (), tickets: tuple[Row, ...] = ()) -> Score:
    return score(truth, Records(occurrences=rows, alarms=rows, incidents=incidents, tickets=tickets), settle_s=0)


def test_what_was_and_was_said_is_clean_and_has_its_lateness() -> None:
    found = judged(happened(faults=(paper_out(),)), said())
    assert found.problems == ()
    assert found.faults.late_s == [0.1]
    assert "clean" in table(found)
    assert as_json(found)["is_clean"] is True


def test_a_fault_nobody_heard_of_is_missed() -> None:
    (problem,) = judged(happened(faults=(paper_out(),))).problems
    assert problem.startswith("missed fault: SIM-1 receipt-printer printer.paper_out")


def test_a_fault_that_was_heard_and_made_no_alarm_is_missed() -> None:
    truth = happened(faults=(paper_out(),))
    (problem,) = score(truth, replace(NOBODY, occurrences=(said(),)), settle_s=0).problems
    assert "no alarm" in problem


def test_an_alarm_nobody_caused_is_a_phantom() -> None:
    problems = judged(happened(), said()).problems
    assert [problem.split(":")[0] for problem in problems] == ["phantom", "phantom"]


def test_an_alarm_of_another_county_or_before_the_trial_is_not_judged() -> None:
    assert judged(happened(), said() | {"county": "other"}, said(received_s=-1)).problems == ()


def test_an_alarm_that_outlives_its_fault_lingers() -> None:
    (problem,) = judged(happened(faults=(paper_out(),)), said(cleared_s=None)).problems
    assert problem.startswith("lingering")


def test_a_fault_of_a_kiosk_without_a_line_is_late_only_from_its_return() -> None:
    away = TrueSilence(kiosk="SIM-1", why="mute", began=at(5), ended=at(60))
    found = judged(
        happened(faults=(paper_out(ended_s=None),), silences=(away,)),
        said(received_s=60.2, cleared_s=None),
        said(code="kiosk.silent", raised_s=5, received_s=6.2, cleared_s=60, number=2),
    )
    assert found.problems == ()
    assert found.faults.late_s == [0.2]


def test_a_fault_of_a_kiosk_that_never_came_back_is_nobodys_to_know() -> None:
    away = TrueSilence(kiosk="SIM-1", why="mute", began=at(5))
    found = judged(happened(faults=(paper_out(),), silences=(away,)), said(code="kiosk.silent", raised_s=5, received_s=6.2))
    assert (found.problems, found.faults.untold) == ((), 1)


def test_a_fault_said_by_a_wrong_clock_is_known_by_when_it_was_heard() -> None:
    assert judged(happened(faults=(paper_out(),)), said(raised_s=-1_000_000)).problems == ()


def test_a_long_silence_without_an_alarm_is_missed_and_a_short_one_is_not_judged() -> None:
    long = TrueSilence(kiosk="SIM-1", why="mute", began=at(5), ended=at(60))
    short = TrueSilence(kiosk="SIM-2", why="mute", began=at(5), ended=at(6))
    found = judged(happened(silences=(long, short)))
    assert (found.silences.total, len(found.problems), found.silences.too_short) == (1, 1, 1)


def test_whoever_is_called_silent_while_talking_is_falsely_offline() -> None:
    (problem,) = judged(happened(), said(code="kiosk.silent")).problems
    assert problem == "false offline: SIM-1: called silent at 01:00:10.100000, while it was talking"


def test_whoever_said_farewell_is_not_to_be_called_silent() -> None:
    gone = TrueSilence(kiosk="SIM-1", why="farewell", began=at(5), ended=at(60))
    assert judged(happened(silences=(gone,))).problems == ()
    (problem,) = judged(happened(silences=(gone,)), said(code="kiosk.silent", raised_s=5, received_s=7)).problems
    assert "after its farewell" in problem


def test_what_the_trial_itself_kept_from_speaking_is_excused_and_counted() -> None:
    late = TrueSilence(kiosk="SIM-1", why="simulator", began=at(5), ended=at(8))
    found = judged(happened(silences=(late,)), said(code="kiosk.silent", raised_s=5, received_s=7))
    assert (found.problems, found.silences.excused) == ((), 1)


def cut(*names: str) -> Happened:
    silences = tuple(TrueSilence(kiosk=name, why="mute", began=at(5), ended=at(60)) for name in names)
    outage = TrueOutage(
        number=1, kind="power", level="village", scope="光明", members=frozenset(names), began=at(5), ended=at(60)
    )
    return happened(silences=silences, outages=(outage,))


def silent(*names: str) -> tuple[Row, ...]:
    return tuple(
        said(code="kiosk.silent", kiosk=name, raised_s=5, received_s=7, number=number) for number, name in enumerate(names)
    )


def incident(number: int, *, began_s: float = 5, opened_s: float = 15) -> Row:
    return {
        "id": number,
        "county": "trial",
        "kind": "power",
        "level": "village",
        "scope": "光明",
        "began_at": at(began_s).isoformat(),
        "opened_at": at(opened_s).isoformat(),
        "ended_at": None,
        "kiosks": 3,
    }


def test_a_cut_is_one_incident_missed_or_split() -> None:
    names = ("A", "B", "C")
    asked = (ticket_of(1), ticket_of(2))
    clean = judged(cut(*names), *silent(*names), incidents=(incident(1),), tickets=asked[:1])
    assert (clean.problems, clean.outages.kinds_right, clean.outages.late_s) == ((), 1, [10.0])
    assert judged(cut(*names), *silent(*names)).problems[0].startswith("missed incident")
    assert (
        judged(cut(*names), *silent(*names), incidents=(incident(1), incident(2)), tickets=asked)
        .problems[0]
        .startswith("split incident")
    )


def test_an_incident_without_a_cut_is_a_phantom() -> None:
    found = judged(cut("A"), *silent("A"), incidents=(incident(1, began_s=200, opened_s=210),), tickets=(ticket_of(1),))
    assert [problem.split(":")[0] for problem in found.problems] == ["phantom incident", "phantom ticket"]


def test_a_cut_has_one_ticket_that_is_asked_for_once_however_often_it_returns() -> None:
    names = ("A", "B", "C")
    (problem,) = judged(cut(*names), *silent(*names), incidents=(incident(1),)).problems
    assert problem == "no ticket: incident 1: power of village 光明"
    again = (incident(1), incident(2, began_s=50, opened_s=55), incident(3) | {"level": "town", "evidence": "part_of=2"})
    found = judged(cut(*names), *silent(*names), incidents=again, tickets=(ticket_of(2),))
    assert (found.tickets.without, found.tickets.phantom, found.tickets.of_incidents) == ([], [], 1)


def ticket(*causes: tuple[str, str], opened_s: float = 12) -> Row:
    return {
        "id": 1,
        "county": "trial",
        "kiosk": "SIM-1",
        "opened_at": at(opened_s).isoformat(),
        "opened_by": "alarm",
        "causes": [{"device": device, "code": code} for device, code in causes],
    }


def ticket_of(number: int) -> Row:
    mine = {"kiosk": "", "incident_id": number, "level": "village", "scope": "光明"}
    return ticket(("village", "area.without_power")) | mine


def test_a_ticket_needs_a_fault_a_silence_or_a_complaint() -> None:
    for_fault = ticket(("receipt-printer", "printer.paper_out"))
    assert judged(happened(faults=(paper_out(),)), said(), tickets=(for_fault,)).problems == ()
    assert judged(happened(), tickets=(for_fault,)).problems[0].startswith("phantom ticket")
    complained = happened()
    complained.complaints.append(TrueComplaint(kiosk="SIM-1", by="villager", at=at(11), fault=None))
    assert judged(complained, tickets=(ticket(),)).problems == ()


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([0.3, 0.1, 0.2, 0.4], 0.5) == 0.2
    assert percentile([1.0], 0.99) == 1.0
    assert percentile([], 0.5) is None
