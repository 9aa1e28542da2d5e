import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from drivers.contract.status import Condition, DeviceStatus
from kiosk.clock import SystemClock
from kiosk.display.server import DisplayServer
from kiosk.display.vocabulary.frames import Drawn
from kiosk.display.vocabulary.view import Attract, Frame, Standing, StillThere
from kiosk.display.watch import DisplayPace, DisplayWatch
from tests.fakes.clock import HeldClock

ROOT = Path(__file__).parents[3]
QUICK = DisplayPace(
    frozen_s=0.6, first_frame_s=8.0, first_pause_s=0.05, last_pause_s=0.1, many=3, slow_pause_s=0.4, look_s=0.02, stop_s=1.0
)
FRAME = Frame(place="光明村", local_time=datetime(2026, 3, 2, tzinfo=UTC))
ATTRACT = Attract(frame=FRAME, address="", topics=(), standing=Standing.ALL_WELL, clerk_task=None)


class Glass:
    """A server and a watch over a real process that draws nothing but frames."""

    def __init__(self, folder: Path, *arguments: str, pace: DisplayPace = QUICK) -> None:
        self._others = children()
        self.drawn: list[Drawn] = []
        self.hellos = 0
        self.reasons: list[str] = []
        self.statuses: list[DeviceStatus] = []
        self.server = DisplayServer(
            path=folder / "display.sock",
            view=ATTRACT,
            on_intent=lambda _intent: None,
            on_drawn=self._drew,
            on_connected=self._connected,
        )
        fake = ("-m", "tests.kiosk.display_server.fake_display", str(self.server.path), *arguments)
        self.output = folder / "log" / "display.log"
        self.watch = DisplayWatch(
            command=(sys.executable, *fake),
            environment={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            output=self.output,
            clock=SystemClock(),
            on_status=self.statuses.append,
            on_restarted=self.reasons.append,
            pace=pace,
        )

    @property
    def displays(self) -> set[int]:
        """Process ids of the displays it started; other tests may keep a server of their own below this process."""
        return children() - self._others

    @property
    def conditions(self) -> list[Condition]:
        return [status.condition for status in self.statuses]

    def _drew(self, drawn: Drawn) -> None:
        self.drawn.append(drawn)
        self.watch.drawn(drawn)

    def _connected(self) -> None:
        self.hellos += 1


def children() -> set[int]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


async def soon(fact: Callable[[], bool], *, at_most_s: float = 10) -> float:
    began = time.monotonic()
    async with asyncio.timeout(at_most_s):
        while not fact():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(0.01)
    return time.monotonic() - began


@asynccontextmanager
async def glass(*arguments: str, pace: DisplayPace = QUICK) -> AsyncIterator[Glass]:
    before = children()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        glass = Glass(Path(folder), *arguments, pace=pace)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(glass.server.run())
            await soon(glass.server.path.exists)
            watching = group.create_task(glass.watch.run())
            yield glass
            watching.cancel()
            await asyncio.wait({watching})
            serving.cancel()
    assert children() <= before, "a display was left behind"


async def test_a_stopped_display_is_back_and_shows_the_same_step() -> None:
    async with glass("20") as it:
        await soon(lambda: len(it.drawn) > 3)
        it.server.show(StillThere(frame=FRAME, remaining_s=30, total_s=30))
        page = it.server.page
        (pid,) = it.displays
        os.kill(pid, signal.SIGSTOP)
        it.drawn.clear()
        await soon(lambda: it.reasons == ["frozen"])
        await soon(lambda: len(it.drawn) > 3 and it.hellos == 2)
        assert it.drawn[-1].page == page
        assert it.displays != {pid}
        assert it.watch.restarts == 1


async def test_a_killed_display_is_back() -> None:
    async with glass("20") as it:
        await soon(lambda: len(it.drawn) > 1)
        (pid,) = it.displays
        os.kill(pid, signal.SIGKILL)
        await soon(lambda: it.hellos == 2)
        assert it.reasons == ["exited"]


async def test_a_display_is_started_anew_when_somebody_far_away_asks_for_it() -> None:
    async with glass("20") as it:
        await soon(lambda: len(it.drawn) > 1)
        assert it.watch.restart()
        await soon(lambda: it.hellos == 2)
        assert it.reasons == ["asked"]


async def test_a_display_that_keeps_dying_is_tried_more_slowly_and_becomes_a_fault() -> None:
    async with glass("20", "0.05") as it:
        await soon(lambda: Condition.FAILED in it.conditions)
        failed = it.statuses[it.conditions.index(Condition.FAILED)]
        assert [symptom.code for symptom in failed.symptoms] == ["display.not_drawing"]
        assert it.watch.restarts >= 3
        tried = it.watch.restarts
        await soon(lambda: it.watch.restarts > tried)


async def test_a_display_that_kept_dying_is_trusted_again_only_once_it_has_drawn_for_a_while() -> None:
    async with glass("20", "0.05") as it:
        await soon(lambda: Condition.FAILED in it.conditions)
        failed = it.conditions.index(Condition.FAILED)
        restarts, frames = it.watch.restarts, len(it.drawn)
        await soon(lambda: it.watch.restarts > restarts and len(it.drawn) > frames)
        assert Condition.READY not in it.conditions[failed:]


async def test_a_display_that_never_draws_is_restarted_after_its_first_grace() -> None:
    pace = DisplayPace(frozen_s=0.3, first_frame_s=0.6, first_pause_s=0.05, look_s=0.02)
    async with glass("0", pace=pace) as it:
        await soon(lambda: it.reasons == ["no_first_frame"])
        assert it.drawn == []


async def test_a_command_that_does_not_exist_is_a_fault_and_no_crash() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        it = Glass(Path(folder))
        watch = DisplayWatch(
            command=("/nowhere/display",),
            environment={},
            output=it.output,
            clock=SystemClock(),
            on_status=it.statuses.append,
            on_restarted=it.reasons.append,
            pace=QUICK,
        )
        task = asyncio.create_task(watch.run())
        await soon(lambda: it.conditions == [Condition.FAILED])
        task.cancel()
        await asyncio.wait({task})


async def test_what_the_display_says_is_kept_within_bounds() -> None:
    async with glass("20") as it:
        await soon(lambda: len(it.drawn) > 1)
        assert it.output.exists()
        it.output.write_bytes(b"x" * 1_100_000)
        (pid,) = it.displays
        os.kill(pid, signal.SIGKILL)
        await soon(lambda: it.hellos == 2)
        assert it.output.stat().st_size < 10_000


async def test_a_display_started_by_others_is_only_watched() -> None:
    clock = HeldClock()
    statuses: list[DeviceStatus] = []
    watch = DisplayWatch(
        command=None, environment={}, output=Path("/nowhere"), clock=clock, on_status=statuses.append, on_restarted=print
    )
    task = asyncio.create_task(watch.run())
    for frames in range(1, 40):
        watch.drawn(Drawn(frames=frames, page=1))
        await clock.advance(1)
    for _ in range(30):
        watch.drawn(Drawn(frames=39, page=1))
        await clock.advance(1)
    watch.drawn(Drawn(frames=40, page=1))
    await clock.advance(1)
    task.cancel()
    await asyncio.wait({task})
    assert [status.condition for status in statuses] == [Condition.READY, Condition.FAILED, Condition.READY]


async def test_a_core_that_stood_still_does_not_blame_the_display() -> None:
    clock = HeldClock()
    statuses: list[DeviceStatus] = []
    watch = DisplayWatch(
        command=None, environment={}, output=Path("/nowhere"), clock=clock, on_status=statuses.append, on_restarted=print
    )
    task = asyncio.create_task(watch.run())
    await clock.advance(1)
    watch.drawn(Drawn(frames=1, page=1))
    await clock.advance(1)
    clock._monotonic_s += 60
    await clock.advance(1)
    task.cancel()
    await asyncio.wait({task})
    assert [status.condition for status in statuses] == [Condition.READY]
