"""A kiosk follows the bureau's wish: at night, after the villager, on trial, and back by itself."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from provisioning.agent.desired_probe import Wellness
from provisioning.agent.releases.line import WheelLine
from provisioning.agent.releases.refusal import PausedError
from provisioning.agent.releases.step import Do, Failure, Situation, is_night, next_step
from provisioning.agent.releases.store import described
from provisioning.agent.trial import MOST_STARTS, Trial
from provisioning.launcher.slots import SlotTrial
from provisioning.wire.desired_state import At, WantedRelease
from provisioning.wire.release import DataVersions, State
from tests.fakes.clock import FakeClock, ScaledClock
from tests.provisioning.releases.simulator import Parts, Simulator
from tests.provisioning.releases.village import OLD, SHANGHAI, WELL, Village

NEW = "2026.11.2"
DAY = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
"""Ten in the evening, half an hour before the night begins."""
NIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
WANTED = WantedRelease(version=NEW)
NOW = WantedRelease(version=NEW, at=At.NOW)


def _situation(**changes: object) -> Situation:
    usual = {"wanted": WANTED, "running": OLD, "now": DAY, "is_night": False, "is_at_rest": True}
    return Situation(**{**usual, **changes})  # type: ignore[arg-type]  # a table of cases


@pytest.mark.parametrize(
    ("changes", "do", "state"),
    [
        ({"wanted": None}, Do.NOTHING, None),
        ({"running": NEW}, Do.NOTHING, None),
        ({}, Do.WAIT, State.WAITING_FOR_NIGHT),
        ({"is_night": True}, Do.BRING, State.DOWNLOADING),
        ({"wanted": NOW}, Do.BRING, State.DOWNLOADING),
        ({"installed": NEW}, Do.SWITCH, None),
        ({"installed": NEW, "is_at_rest": False}, Do.SWITCH, State.WAITING_FOR_VILLAGER),
        ({"installed": NEW, "wanted": WantedRelease(version=NEW, at=At.NIGHT)}, Do.WAIT, State.WAITING_FOR_NIGHT),
        ({"installed": OLD, "is_night": True}, Do.BRING, State.DOWNLOADING),
        ({"wanted": WantedRelease(version=NEW, not_before=DAY + timedelta(hours=1))}, Do.WAIT, State.POSTPONED),
        ({"installed": NEW, "failures": {NEW: Failure(at=DAY, why="crashed")}}, Do.WAIT, State.WENT_BACK),
        (
            {
                "installed": NEW,
                "now": DAY + timedelta(days=1),
                "failures": {NEW: Failure(at=DAY, why="crashed")},
                "wanted": WantedRelease(version=NEW, not_before=DAY + timedelta(hours=1)),
            },
            Do.SWITCH,
            None,
        ),
    ],
)
def test_what_comes_next(changes: dict[str, object], do: Do, state: State | None) -> None:
    step = next_step(_situation(**changes))
    assert (step.do, step.state) == (do, state)


def test_the_night_is_where_the_kiosk_stands() -> None:
    assert is_night(NIGHT, SHANGHAI)
    assert not is_night(DAY, SHANGHAI)


def _village(tmp_path: Path, *, hour: datetime = NIGHT, times: float = 300.0) -> Village:
    """A kiosk whose clock runs much faster, so that threads are waited for and nights are not."""
    sim = Simulator(tmp_path / "bureau")
    start = sim.now.replace(hour=hour.hour, minute=0)
    start += timedelta(days=1) if start < sim.now else timedelta()
    return Village(tmp_path, sim, clock=ScaledClock(times=times, start=start))


async def _until(fact: Callable[[], bool], what: str) -> None:
    for _ in range(4000):
        if fact():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(what)


async def test_a_release_is_brought_at_night_tried_and_kept(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(WANTED)
        await village.machine.ended.wait()
    assert village.machine.states == ["running", "downloading"]
    async with village.living():
        await _until(lambda: described(village.slots.folder).endswith(f"{NEW} running"), "proven, told and kept")
        assert village.starts() == "b"
    assert village.machine.states[-2:] == ["on_trial", "running"]
    assert village.machine.told[-1] == {"version": NEW, "state": "running", "reason": "", "running": NEW}
    assert (village.serves(), village.slots.trial()) == (NEW, None)
    kept = {path.name for path in (village.slots.folder / "wheels").iterdir()}
    assert len(kept) == 2
    assert described(village.slots.folder) == f"releases: running {NEW}; {NEW} running"


async def test_only_what_is_new_travels(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.bring(NEW)
    village.sim.release("2026.11.3")
    village.sim.asked.clear()
    village.bring("2026.11.3")
    assert [path for path in village.sim.asked if "wheels" in path] == [
        village.sim.place("wheels/zhizhu-2026.11.3-py3-none-any.whl")
    ]


async def test_by_day_a_release_waits_for_the_night(tmp_path: Path) -> None:
    village = _village(tmp_path, hour=DAY, times=3000.0)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(WANTED)
        await _until(lambda: "waiting_for_night" in village.machine.states, "it says so")
        assert not village.sim.asked
        await village.machine.ended.wait()
    assert is_night(village.clock.now(), SHANGHAI)


async def test_told_now_it_does_not_wait_for_the_night(tmp_path: Path) -> None:
    village = _village(tmp_path, hour=DAY)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    assert not is_night(village.clock.now(), SHANGHAI)


async def test_it_waits_for_the_villager_and_says_so(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.machine.at_rest = False
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: village.machine.last == "waiting_for_villager", "it says so")
        assert village.slots.current == "a"
        village.machine.rest()
        await village.machine.ended.wait()
    assert village.slots.current == "b"


async def test_a_wish_that_changed_while_it_waited_is_not_followed(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.machine.at_rest = False
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: village.machine.last == "waiting_for_villager", "it waits")
        follower.want(WantedRelease(version=OLD))
        village.machine.rest()
        await asyncio.sleep(0.1)
    assert (village.slots.current, village.machine.restarts) == ("a", [])


async def test_a_release_whose_display_does_not_draw_goes_back_and_is_not_tried_again(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    village.probe.found = Wellness(devices={"receipt-printer": True}, display_draws=False, fleet_hears=True)
    async with village.living():
        await village.machine.ended.wait()
    assert "display" in village.machine.restarts[-1]
    village.probe.found = WELL
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: "went_back" in village.machine.states, "it says so")
        assert village.starts() == "a"
    assert village.machine.told[-1]["reason"] == "does not work: display"
    assert (village.serves(), village.slots.trial(), village.machine.restarts[2:]) == (OLD, None, [])


async def test_a_release_that_has_certainly_failed_does_not_have_to_wait_for_its_minute(tmp_path: Path) -> None:
    village = _village(tmp_path, times=1.0)
    village.sim.release(NEW)
    village.bring(NEW)
    village.slots.write_trial(SlotTrial(trial=Trial(candidate=NEW), slot="b", back_to="a"))
    village.slots.switch("b")
    village.probe.found = Wellness(devices={"receipt-printer": True}, fleet_hears=True, hopeless=frozenset({"display"}))
    async with village.living():
        await asyncio.wait_for(village.machine.ended.wait(), 20)  # a minute of this clock is a minute
    assert "does not work: display" in village.machine.restarts[-1]


async def test_what_did_not_work_before_need_not_work_after(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.probe.found = Wellness(devices={"receipt-printer": False}, display_draws=True, fleet_hears=False)
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    async with village.living():
        await _until(lambda: village.machine.last == "running", "proven")
    assert village.serves() == NEW


async def test_a_release_that_crashes_goes_back_within_four_starts(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    assert [village.starts() for _ in range(MOST_STARTS + 1)] == ["b"] * MOST_STARTS + ["a"]
    async with village.living():
        await _until(lambda: "went_back" in village.machine.states, "it says so")
    assert "died 3 times" in str(village.machine.told[-1]["reason"])


async def test_the_bureau_may_have_it_tried_again(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.bring(NEW)
    village.store.note_failure(NEW, Failure(at=village.clock.now() - timedelta(days=1), why="crashed"))
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: village.machine.last == "went_back", "not again by itself")
        follower.want(NOW.model_copy(update={"not_before": village.clock.now() - timedelta(hours=1)}))
        await village.machine.ended.wait()
    assert village.slots.current == "b"


async def test_the_release_before_is_there_again_without_a_line(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    async with village.living() as follower:
        await _until(lambda: village.machine.last == "running", "proven")
        village.sim.files.clear()
        follower.want(WantedRelease(version=OLD, at=At.NOW))
        await village.machine.ended.wait()
    async with village.living():
        await _until(lambda: [each["running"] for each in village.machine.told][-1:] == [OLD], "back")
    assert village.serves() == OLD


async def test_a_refused_release_is_said_with_its_reason_and_the_old_one_serves(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW, data=DataVersions(reads_from=1, reads_to=2, leaves=2))
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: village.machine.last == "refused", "it says so")
    assert "could not read again" in str(village.machine.told[-1]["reason"])
    assert village.serves() == OLD


async def test_a_line_that_breaks_is_gone_on_with_where_it_broke(tmp_path: Path) -> None:
    village = _village(tmp_path, times=5000.0)
    village.sim.release(NEW, core="x = 1\n" * 20_000)
    ranges: list[str] = []

    def breaks(request: httpx.Request, content: bytes) -> httpx.Response:
        asked = request.headers.get("Range", "bytes=0-")
        ranges.append(asked)
        start = int(asked[6:-1])
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        step = len(content) // 3
        parts: list[bytes | Exception] = [content[start : start + step], httpx.ReadError("line lost")]
        return httpx.Response(206 if "Range" in request.headers else 200, headers=headers, stream=Parts(parts))

    village.sim.faults["zhizhu"] = breaks
    async with village.living() as follower:
        follower.want(NOW)
        await village.machine.ended.wait()
    assert len(ranges) == len(set(ranges)) >= 4
    assert "postponed" in village.machine.states
    assert village.store.version_of("b") == NEW


async def test_a_mirror_that_lies_costs_time_and_no_trust(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    liar = Simulator(tmp_path / "liar")
    liar.files = {name: content[::-1] for name, content in village.sim.files.items()}
    village.clients = [liar.client, village.sim.client]
    assert village.bring(NEW) == NEW
    assert liar.asked
    assert not [path for path in liar.asked if path.startswith("metadata")]


async def test_at_night_it_leaves_room_on_the_line(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    target = village.sim.targets.targets["wheels/library-1.0-py3-none-any.whl"]
    pauses: list[float] = []
    line = WheelLine(
        [village.sim.client()], bytes_per_s=lambda: 100, may_go_on=lambda: True, pause=pauses.append, monotonic_s=lambda: 0.0
    )
    line.download(target, tmp_path / "library.whl")
    assert pauses == [target.length / 100]


async def test_a_morning_pauses_a_download_and_the_next_night_goes_on(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    channel = village.channels.line(lambda: 0, iter([True, False]).__next__)
    with pytest.raises(PausedError):
        village.bring(NEW, channel)
    assert village.bring(NEW) == NEW


async def test_a_clock_that_was_never_set_postpones_and_says_so(tmp_path: Path) -> None:
    village = _village(tmp_path)
    village.sim.release(NEW)
    village.clock = FakeClock(start=datetime(1970, 1, 1, 16, tzinfo=UTC), is_trusted=False)
    async with village.living() as follower:
        follower.want(NOW)
        await _until(lambda: village.machine.last == "postponed", "it says so")
    assert "the clock says 1970-01-01" in str(village.machine.told[-1]["reason"])
