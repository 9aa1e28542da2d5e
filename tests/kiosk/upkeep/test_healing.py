"""The ladders, decided: what is tried next, and whether it helped."""

from pathlib import Path

import pytest

from kiosk.upkeep.fault_catalogue import SHIPPED, CatalogueError, FaultCatalogue, load_catalogue
from kiosk.upkeep.healing import Ladders, Outcome
from kiosk.upkeep.rung import Rung

JAM, HOT = "printer.mechanical_error", "printer.head_hot"
LADDER = """heal = [
    {rung="retry"}, {rung="reset", tries=2}, {rung="reopen"}, {rung="power_cycle_port", after_s=30.0}, {rung="restart_worker"},
]
heal_per_hour = 8
"""


def catalogue_with(folder: Path, ladder: str) -> FaultCatalogue:
    """The printer's faults with another ladder for its jam."""
    text = (SHIPPED / "printer.toml").read_text(encoding="utf-8")
    before, after = text.split("[printer.mechanical_error]", 1)
    old = next(line for line in after.splitlines() if line.startswith(("reset_tries", "heal =")))
    (folder / "printer.toml").write_text(f"{before}[printer.mechanical_error]{after.replace(old, ladder, 1)}", encoding="utf-8")
    return load_catalogue(folder)


@pytest.fixture
def ladders(tmp_path: Path) -> Ladders:
    return Ladders(device="p", catalogue=catalogue_with(tmp_path, LADDER))


def climb(ladders: Ladders, *codes: str, from_s: float, until_s: float, cannot: tuple[Rung, ...] = ()) -> list[Rung]:
    """Show the same codes every second and do what is next; return what was done."""
    done: list[Rung] = []
    for second in range(int(from_s), int(until_s)):
        ladders.observe(codes, tells=True, now_s=second)
        while (step := ladders.next_step(now_s=second)) is not None:
            code, rung = step
            if rung in cannot:
                ladders.skip(code, rung, now_s=second)
                continue
            ladders.tried(code, rung, now_s=second)
            done.append(rung)
    return done


ALL = [Rung.RETRY, Rung.RESET, Rung.RESET, Rung.REOPEN, Rung.POWER_CYCLE_PORT, Rung.RESTART_WORKER]


def test_the_rungs_are_tried_in_order_and_each_as_often_as_it_may(ladders: Ladders) -> None:
    assert climb(ladders, JAM, from_s=0, until_s=120) == ALL
    assert ladders.is_spent(JAM, now_s=120)


def test_a_rung_that_wants_to_wait_is_waited_for(ladders: Ladders) -> None:
    assert climb(ladders, JAM, from_s=0, until_s=29) == ALL[:4]
    assert not ladders.is_spent(JAM, now_s=29)
    assert climb(ladders, JAM, from_s=29, until_s=32) == [Rung.POWER_CYCLE_PORT]


def test_a_rung_that_cannot_be_done_here_gives_way_to_the_next(ladders: Ladders) -> None:
    done = climb(ladders, JAM, from_s=0, until_s=120, cannot=(Rung.POWER_CYCLE_PORT,))
    assert done == [rung for rung in ALL if rung is not Rung.POWER_CYCLE_PORT]


def test_an_hour_has_room_for_no_more_than_it_says(ladders: Ladders) -> None:
    assert len(climb(ladders, JAM, from_s=0, until_s=3500)) == 8
    assert ladders.is_spent(JAM, now_s=3500)
    assert climb(ladders, JAM, from_s=3500, until_s=3700) != []


def test_the_next_rung_waits_until_the_last_one_has_been_judged(ladders: Ladders) -> None:
    ladders.observe([JAM], tells=True, now_s=100)
    ladders.tried(JAM, Rung.POWER_CYCLE_PORT, now_s=100)
    assert ladders.observe([JAM], tells=True, now_s=105) == ()
    assert ladders.next_step(now_s=105) is None
    judged = ladders.observe([JAM], tells=True, now_s=110)
    assert [(each.rung, each.outcome) for each in judged] == [(Rung.POWER_CYCLE_PORT, Outcome.FAILED)]
    assert ladders.next_step(now_s=110) is not None


def test_what_is_gone_after_a_try_was_helped_by_it(ladders: Ladders) -> None:
    ladders.observe([JAM], tells=True, now_s=0)
    ladders.tried(JAM, Rung.RESET, now_s=0)
    assert [each.outcome for each in ladders.observe([], tells=True, now_s=0.5)] == [Outcome.HELPED]
    assert ladders.has_just_tried(JAM, now_s=10)
    assert not ladders.has_just_tried(JAM, now_s=31)


def test_a_cable_that_falls_out_meanwhile_judges_nothing(ladders: Ladders) -> None:
    ladders.observe([JAM], tells=True, now_s=0)
    ladders.tried(JAM, Rung.RESET, now_s=0)
    assert ladders.observe(["printer.unreachable"], tells=False, now_s=50) == ()
    assert ladders.next_step(now_s=50) is None
    assert [each.outcome for each in ladders.observe([JAM], tells=True, now_s=60)] == [Outcome.FAILED]


def test_a_silent_device_that_is_gone_after_the_try_was_not_helped(ladders: Ladders) -> None:
    ladders.observe(["printer.silent"], tells=False, now_s=0)
    ladders.tried("printer.silent", Rung.POWER_CYCLE_PORT, now_s=0)
    assert ladders.observe(["printer.unreachable"], tells=False, now_s=5) == ()
    assert [each.outcome for each in ladders.observe(["printer.unreachable"], tells=False, now_s=10)] == [Outcome.FAILED]


def test_what_only_a_person_can_end_is_never_tried(ladders: Ladders) -> None:
    assert climb(ladders, "printer.paper_out", "printer.some_code_of_tomorrow", from_s=0, until_s=600) == []
    assert ladders.is_spent("printer.paper_out", now_s=600)


def test_two_codes_of_one_device_climb_one_after_the_other(ladders: Ladders) -> None:
    done = climb(ladders, "printer.offline", JAM, from_s=0, until_s=60)
    assert done[:3] == [Rung.RESET] * 3
    assert len(done) == 3 + len(ALL)


@pytest.mark.parametrize(
    ("ladder", "complaint"),
    [
        ("heal = []", "needs at least one try"),
        ('heal = [{rung="pray"}]', "rung"),
        ('heal = [{rung="reset", tries=6}]', "tries"),
        ('heal = [{rung="reset"}, {rung="reset"}]', "stands twice"),
        ('heal = [{rung="reset"}]\nreset_tries = 2', "beside reset_tries"),
        ('heal = [{rung="reset"}]\nheal_per_hour = 0', "heal_per_hour"),
        ('heal = [{rung="reset", after=3}]', "after"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(tmp_path: Path, ladder: str, complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        catalogue_with(tmp_path, ladder)


def test_resets_alone_may_be_written_in_short() -> None:
    for entry in load_catalogue():
        if entry.reset_tries:
            assert [(step.rung, step.tries) for step in entry.ladder] == [(Rung.RESET, entry.reset_tries)]
