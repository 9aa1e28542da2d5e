"""What costs most, what comes back, what healing saved, who knew first, where to bring what: against counts made by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from telemetry.fleet.analytics.availability import Served
from telemetry.fleet.analytics.decisions import Decision, decide, models_to_replace, outages_again, towns_below
from telemetry.fleet.analytics.faults import Fault, how_they_ended, merged, pareto, repeats, that_count
from telemetry.fleet.analytics.knew import Complained, by_week
from telemetry.fleet.analytics.lifetimes import By, Fitted, lifetimes
from telemetry.fleet.analytics.period import Week
from telemetry.fleet.analytics.read import Outage
from telemetry.fleet.analytics.scope import Placed
from telemetry.fleet.analytics.supplies import Stock, needs, rounds
from telemetry.wire.service_hours import CHINA, ServiceHours
from telemetry.wire.topics import KioskId

MONDAY = datetime(2026, 11, 16, tzinfo=CHINA)
OFFICE = ServiceHours.parse(("Mon-Fri 08:30-17:30",))
ALWAYS = ServiceHours.parse(("Mon-Sun 00:00-24:00",))
A, B = KioskId(county="demo", kiosk="A"), KioskId(county="demo", kiosk="B")


def always(_: KioskId) -> ServiceHours:
    return ALWAYS


def at(day: float = 0, hour: float = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def fault(begin: datetime, hours: float | None = 1.0, **others: Any) -> Fault:
    said: dict[str, Any] = {
        "kiosk": A, "device": "camera", "code": "camera.frozen", "severity": "BLOCKING", "remedy": "RESET", "cleared_by": "reset",
        "cause": "kiosk",
    }  # fmt: skip
    cleared = None if hours is None else begin + timedelta(hours=hours)
    return Fault(raised_at=begin, cleared_at=cleared, **{**said, **others})


def test_codes_are_ordered_by_service_they_withdrew_in_service_hours() -> None:
    # Monday 16:30 for 24 h costs one hour on Monday and eight on Tuesday; three times half an hour at noon cost one and a half;
    # a night costs nothing; what is only degraded withdraws nothing.
    faults = [
        fault(at(0, 16.5), 24, code="printer.paper_out"),
        *(fault(at(day, 12), 0.5) for day in range(3)),
        fault(at(0, 22), 4, code="display.not_drawing"),
        fault(at(1, 9), 8, code="camera.slow", severity="DEGRADED"),
    ]
    costs = pareto(faults, by_time=True, hours_of=lambda _: OFFICE, begin=at(), end=at(5))
    assert [(cost.code, cost.withdrawn_s / 3600, cost.times) for cost in costs] == [
        ("printer.paper_out", 9, 1),
        ("camera.frozen", 1.5, 3),
        ("camera.slow", 0, 1),
        ("display.not_drawing", 0, 1),
    ]
    assert costs[0].share == pytest.approx(9 / 10.5)
    assert costs[1].up_to_here == pytest.approx(1)
    assert pareto(faults, by_time=False, hours_of=always, begin=at(), end=at(5))[0].code == "camera.frozen"


def test_the_same_trouble_three_times_in_four_weeks_is_an_old_one() -> None:
    def found(*days: float, **others: Any) -> int:
        return len(repeats([fault(at(day), **others) for day in days], port_of={}, times=3, within=timedelta(days=28)))

    assert found(0, 14, 28) == 1
    assert found(0, 14, 28.1) == 0
    assert found(0, 14) == 0
    assert found(0, 1, 2, cause="silence") == 0
    assert found(0, 1, 2, hushed_by="maintenance") == 0


def test_different_devices_on_one_port_are_the_ports_trouble() -> None:
    faults = [fault(at(0)), fault(at(3), device="id-card-reader", code="reader.silent"), fault(at(5), 2, cleared_by="technician")]
    ports = {(A, "camera"): "usb-1.4", (A, "id-card-reader"): "usb-1.4"}
    (old,) = repeats(faults, port_of=ports, times=3, within=timedelta(days=28))
    assert (old.port, old.devices, old.times, old.by_reset, old.ended) == ("usb-1.4", ("camera", "id-card-reader"), 3, 2, 3)
    assert old.is_of_the_port
    assert repeats(faults, port_of={}, times=3, within=timedelta(days=28)) == ()


def test_what_healing_saved_is_what_people_would_have_taken_longer() -> None:
    # Two resets of 6 and 12 minutes; people took 1, 2 and 3 hours, median 2: saved 2 x 2 h - 18 min = 3.7 h. Who put the paper
    # in the kiosk cannot tell: "self" for a clerk's fault was a person.
    faults = [
        fault(at(0, 9), 0.1),
        fault(at(0, 10), 0.2),
        *(
            fault(at(1, hours), hours, remedy="CLERK", cleared_by=by)
            for hours, by in ((1, "clerk"), (2, "self"), (3, "technician"))
        ),
        fault(at(2, 9), 5, remedy="WAIT", cleared_by="self"),
        fault(at(3, 9), None),
    ]
    ended = how_they_ended(faults, hours_of=always, begin=at(), end=at(7))
    assert (ended.by_reset, ended.by_itself, ended.by_people) == (2, 1, 3)
    assert ended.waited_s == pytest.approx(7200)
    assert ended.saved_s == pytest.approx(3.7 * 3600)
    assert how_they_ended(faults[:2], hours_of=always, begin=at(), end=at(7)).saved_s is None


def test_many_silences_of_one_cause_are_one_fault_and_planned_work_is_none() -> None:
    faults = [
        *(fault(at(0), kiosk=KioskId(county="demo", kiosk=f"K{n}"), cause="silence", incident=7) for n in range(40)),
        fault(at(0), hushed_by="maintenance"),
        fault(at(1)),
    ]
    assert len(that_count(faults)) == 2


def test_an_alarm_after_the_complaint_is_not_ours_to_claim() -> None:
    # Week 47: three alarms, one of them two hours after a complaint at its kiosk: 2 ours, 1 theirs. A complaint after the alarm
    # is nobody's first. Sunday 23:59 and Monday 00:00 in China are two weeks.
    faults = [fault(at(0, 9)), fault(at(1, 11), kiosk=B), fault(at(6, 23.98)), fault(at(7, 0))]
    complaints = [Complained(kiosk=B, at=at(1, 9), was_first=True), Complained(kiosk=A, at=at(0, 10), was_first=False)]
    weeks = by_week(faults, complaints, Week.parse("2026-W48").up_to_here(3))
    assert [(str(one.week), one.ours, one.theirs) for one in weeks] == [
        ("2026-W46", 0, 0),
        ("2026-W47", 2, 1),
        ("2026-W48", 1, 0),
    ]


def test_spells_that_touch_or_overlap_are_one() -> None:
    assert merged([(at(2), at(3)), (at(0), at(1)), (at(1), at(1.5)), (at(0.2), at(0.4))]) == [(at(0), at(1.5)), (at(2), at(3))]


def _stock(name: str, days_left: float | None, *, area: str = "北片", low: bool = False, remaining: float | None = 0.4) -> Stock:
    place = Placed(
        id=KioskId(county="demo", kiosk=name),
        site=name,
        town="镇",
        model="",
        area=area,
        vendor="",
        batch="",
        hours="",
        since=at(-99),
    )
    return Stock(
        place=place, device="receipt-printer", kind="receipt_printer", name="receipt_paper", remaining=remaining, is_low=low,
        days_left=days_left, read_at=at(0, 9),
    )  # fmt: skip


def test_rounds_go_by_day_and_area_and_take_along_what_is_due_soon() -> None:
    # Read on Monday 09:00. a lasts 3 days: out on Thursday, go by Wednesday. b lasts 8: by the Monday after, within six days of
    # a: taken along. c lasts 11: a round of its own. d is in another area. e is empty, f low, nobody knows: today. Others wait.
    stocks = [
        *(_stock("a", 3), _stock("b", 8), _stock("c", 11), _stock("d", 3, area="南片")),
        *(_stock("e", 0.0, area="东片", remaining=0.0), _stock("f", None, area="东片", low=True)),
        *(_stock("g", 40), _stock("h", None), _stock("i", float("inf"))),
    ]
    wanted = needs(stocks, now=at(0, 9))
    made = rounds(wanted, today=date(2026, 11, 16))
    assert [(one.day.day, one.area, [need.stock.place.site for need in one.needs], dict(one.take)) for one in made] == [
        (16, "东片", ["e", "f"], {"receipt_paper": 2}),
        (18, "北片", ["a", "b"], {"receipt_paper": 2}),
        (18, "南片", ["d"], {"receipt_paper": 1}),
        (26, "北片", ["c"], {"receipt_paper": 1}),
    ]


def _lifetimes(failures_of_bad: int, failures_of_good: int) -> list[Decision]:
    fitted, faults = [], []
    for model, failures in (("bad", failures_of_bad), ("good", failures_of_good)):
        for number in range(12):
            kiosk = KioskId(county="demo", kiosk=f"{model}{number}")
            fitted.append(
                Fitted(
                    kiosk=kiosk, device="camera", kind="camera", model=model, port="", site="", town="", vendor="", batch="",
                    since=at(-200),
                )
            )  # fmt: skip
            faults += [fault(at(-84 + 84 * (n + 0.5) / failures), kiosk=kiosk) for n in range(failures) if number % 2]
    found = lifetimes(fitted, faults, by=By.MODEL, hours_of=always, begin=at(-84), end=at())
    return list(models_to_replace("camera", found))


def test_a_model_is_to_be_replaced_only_where_chance_does_not_explain_it() -> None:
    (one,) = _lifetimes(12, 1)
    assert (one.values["model"], one.values["better"], one.values["n"]) == ("bad", "good", 12)
    assert one.values["fewer"] == pytest.approx(12 * 91 * (72 - 6) / (12 * 84), abs=2)
    assert _lifetimes(3, 2) == []


def test_a_link_that_breaks_again_is_decided_on_in_the_week_it_did() -> None:
    def outage(day: float, **others: Any) -> Outage:
        said: dict[str, Any] = {"id": 1, "kind": "network", "level": "link", "scope": "2 号光节点", "kiosks": 4}
        return Outage(began_at=at(day), ended_at=at(day, 2), **{**said, **others})

    told: Callable[[list[Outage]], list[Any]] = lambda outages: [  # noqa: E731
        (one.kind, one.values["times"]) for one in outages_again(outages, since=at(0), until=at(7))
    ]
    assert told([outage(-30), outage(-9), outage(2)]) == [("outage_network", 3)]
    assert told([outage(-30), outage(-9)]) == []
    assert told([outage(2)]) == []
    assert told([outage(-9, kind="power"), outage(2, kind="power")]) == [("outage_power", 2)]


def test_a_town_below_target_is_named_with_what_it_lost_and_whether_it_was_silence() -> None:
    towns = {
        ("demo", "好镇"): Served(open_s=360_000, full_s=359_000, none_s=1000),
        ("demo", "停镇"): Served(open_s=360_000, full_s=340_000, none_s=20_000),
        ("demo", "静镇"): Served(open_s=360_000, full_s=340_000, unknown_s=20_000),
        ("demo", "空镇"): Served(),
    }
    assert {(one.kind, one.values["town"]) for one in towns_below(towns, target=0.99)} == {
        ("town_below", "停镇"),
        ("town_silent", "静镇"),
    }


def test_three_decisions_are_of_three_kinds_where_there_are_so_many() -> None:
    many = [Decision(kind=kind, weight=weight) for kind, weight in (("a", 9), ("a", 8), ("b", 3), ("c", 1), ("d", 0.5))]
    assert [(one.kind, one.weight) for one in decide(many)] == [("a", 9), ("b", 3), ("c", 1)]
    assert [one.weight for one in decide(many[:2])] == [9, 8]
    assert decide(()) == ()
