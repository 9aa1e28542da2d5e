"""How long something on trial has to prove itself, and that of a document and a release only one is on trial."""

import asyncio

import pytest

from provisioning.agent.desired_probe import Wellness, worse_than
from provisioning.agent.one_trial import Kind, OneTrial
from provisioning.agent.trial import BACK_WITHIN_S, LEAST_PROBE_S, PROBE_WITHIN_S, SERVING_S, Moment, prove_within_s
from tests.fakes.clock import HeldClock


@pytest.mark.parametrize("way_s", [0.0, 5.0, 12.0, 20.0, 25.0])
def test_the_way_there_the_proof_and_the_way_back_are_over_in_time(way_s: float) -> None:
    assert way_s + prove_within_s(way_s) + way_s + SERVING_S <= BACK_WITHIN_S


def test_a_quick_machine_has_the_whole_probe_and_a_very_slow_one_enough_of_it() -> None:
    assert prove_within_s(5.0) == prove_within_s(None) == PROBE_WITHIN_S
    assert prove_within_s(500.0) == LEAST_PROBE_S


def test_all_starts_of_a_trial_share_its_time() -> None:
    assert prove_within_s(5.0, 40.0) == PROBE_WITHIN_S - 40.0
    assert prove_within_s(None, PROBE_WITHIN_S + 1.0) < 0


@pytest.mark.parametrize(
    ("earlier", "since_s"),
    [
        (Moment(boot="1", now_s=90.0), 10.0),
        (Moment(boot="2", now_s=90.0), None),
        (Moment(boot="1", now_s=900.0), None),
        (Moment(boot="", now_s=90.0), None),
    ],
)
def test_seconds_are_counted_within_one_switching_on(earlier: Moment, since_s: float | None) -> None:
    assert Moment(boot="1", now_s=100.0).since_s(earlier) == since_s
    assert Moment(boot="unknown", now_s=100.0).since_s(Moment(boot="unknown", now_s=90.0)) is None


def test_what_will_not_come_is_told_from_what_may_still_come() -> None:
    now = Wellness(devices={"printer": False, "camera": False}, display_draws=True, hopeless=frozenset({"printer", "scanner"}))
    worse = worse_than(("camera",), now)
    assert (worse.missing, worse.hopeless) == (("printer", "fleet"), ("printer",))
    assert worse_than(("camera", "printer"), now).hopeless == ()


async def test_who_comes_second_waits_until_the_first_trial_has_ended() -> None:
    kept = {Kind.DOCUMENT: "", Kind.RELEASE: ""}
    turns = OneTrial(
        on_trial={Kind.DOCUMENT: lambda: kept[Kind.DOCUMENT], Kind.RELEASE: lambda: kept[Kind.RELEASE]}, clock=HeldClock()
    )
    seen: list[str] = []
    waits = asyncio.Event()

    async def begin(mine: Kind) -> None:
        while True:
            async with turns.turn(mine) as in_the_way:
                if not in_the_way:
                    kept[mine] = f"my {mine}"
                    return
                seen.append(in_the_way)
                waits.set()
            await turns.ended()

    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(begin(mine)) for mine in Kind]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        async with asyncio.timeout(20):
            await waits.wait()
        assert sum(task.done() for task in both) == 1
        first = next(kind for kind in Kind if kept[kind])
        kept[first] = ""
        turns.end()
    assert seen == [f"my {first}"]
    assert kept[first] == ""
