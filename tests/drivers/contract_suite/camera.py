"""What every camera's driver must do, over its own far end and a cable with manners.

A driver's test module derives from ``CameraContract`` and says how to make the driver and its far end; pytest collects the
rest. Threads and sockets take part, so time is real: what is waited for is a condition with a deadline.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from drivers.contract.camera import Camera, Capture, FaceRefusal, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.far_end import Attended, ServedFarEnd
from drivers.transport.frame_source import FrameSource
from drivers.transport.frames import frames_for
from drivers.transport.jpeg_codec import is_whole, size_of
from kiosk.clock import SystemClock
from tests.fakes.tcp_proxy import TcpManner, TcpProxy, black_hole, cut_after, delayed, sliced, whole

MANNERS: dict[str, Callable[[], TcpManner]] = {
    "whole": whole,
    "delayed": lambda: delayed(0.1),
    "sliced": lambda: sliced(1400, 0.001),
}
"""The cables over which everything works. One byte at a time is for smaller pictures: tests/drivers/transport/test_mjpeg.py."""

CUTS = (0, 150, 5_000, 120_000)
"""Bytes after which the cable comes out: in the answer's head, in the first picture, between pictures, in later ones."""

ALL = (LivenessPrompt.LOOK_STRAIGHT, LivenessPrompt.TURN_LEFT, LivenessPrompt.TURN_RIGHT)
PATIENCE_S = 20.0
"""What is waited for comes in a second or two; the rest is for a machine that does other things too."""


class AttendedCamera(ServedFarEnd, Attended, Protocol):
    """A far end before which a person can stand."""


class CameraContract(ABC):
    @abstractmethod
    def far_end(self) -> AttendedCamera:
        """A camera with ``nobody`` before it; ``face-1`` turns both ways within five seconds."""

    @abstractmethod
    def driver(self, frames: FrameSource, clock: Clock) -> Camera:
        """A driver that glances every second when idle, and gives a prompt two or three seconds."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator["Bench"]:
        far_end = self.far_end()
        await far_end.plug()
        async with TcpProxy("127.0.0.1", urlsplit(far_end.port).port or 0) as proxy:
            port = f"http://127.0.0.1:{proxy.port}/stream"
            camera = self.driver(frames_for(port, device="camera", clock=SystemClock()), SystemClock())
            try:
                yield Bench(far_end=far_end, proxy=proxy, camera=camera)
            finally:
                await camera.close()
        await far_end.dispose()

    @pytest.mark.parametrize("manner", MANNERS)
    async def test_a_face_held_still_is_taken_and_shown_meanwhile(self, bench: "Bench", manner: str) -> None:
        bench.proxy.manner = MANNERS[manner]()
        await bench.camera.open()
        bench.stand("face-1")
        capture = await bench.capture(deadline_s=15)
        assert is_whole(bytes(capture.jpeg))
        assert bench.told[-1] is Guidance.GOOD
        assert len(bench.shown) >= 3
        assert all(is_whole(frame.jpeg) and size_of(frame.jpeg) == (frame.width_px, frame.height_px) for frame in bench.shown)
        capture.wipe()
        assert capture.is_wiped

    async def test_an_idle_camera_is_ready_and_says_who_it_is(self, bench: "Bench") -> None:
        await bench.camera.open()
        status = await bench.camera.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.camera.name, ())
        assert (await bench.camera.identify()).model
        assert bench.camera.kind is DeviceKind.CAMERA

    async def test_a_living_person_follows_every_prompt_in_order(self, bench: "Bench") -> None:
        await bench.camera.open()
        bench.stand("face-1")
        capture = await bench.capture(prompts=ALL, deadline_s=20)
        assert not capture.is_wiped
        asked = [guidance for guidance in bench.told if guidance in (Guidance.TURN_LEFT, Guidance.TURN_RIGHT)]
        assert asked == [Guidance.TURN_LEFT, Guidance.TURN_RIGHT]
        assert bench.told[-1] is Guidance.GOOD

    async def test_a_picture_held_before_the_camera_is_refused(self, bench: "Bench") -> None:
        await bench.camera.open()
        bench.stand("photo-of-face")
        with pytest.raises(RefusedError) as refused:
            await bench.capture(prompts=ALL, deadline_s=20)
        assert refused.value.reason == FaceRefusal.NOT_ALIVE
        assert Guidance.GOOD not in bench.told

    @pytest.mark.parametrize(
        ("sample", "guidance"),
        [
            ("nobody", Guidance.NO_FACE),
            ("two-faces", Guidance.SEVERAL_FACES),
            ("face-far", Guidance.COME_CLOSER),
            ("face-near", Guidance.STEP_BACK),
        ],
    )
    async def test_without_a_good_face_there_is_guidance_and_a_deadline(
        self, bench: "Bench", sample: str, guidance: Guidance
    ) -> None:
        await bench.camera.open()
        bench.stand(sample)
        began_s = bench.now_s()
        with pytest.raises(DeadlineError):
            await bench.capture(prompts=ALL, deadline_s=1)
        assert 1 <= bench.now_s() - began_s < 2.5
        assert guidance in bench.told
        assert (await bench.camera.status()).condition is Condition.READY

    @pytest.mark.parametrize("fault", ["black", "upside-down", "frozen"])
    async def test_a_useless_picture_is_refused_and_the_status_says_so_until_it_is_over(self, bench: "Bench", fault: str) -> None:
        await bench.camera.open()
        bench.stand("face-1")
        bench.give(fault)
        with pytest.raises(RefusedError) as refused:
            await bench.capture(prompts=ALL, deadline_s=15)
        assert refused.value.reason == FaceRefusal.NOT_USABLE
        status = await bench.camera.status()
        assert (status.condition, len(status.symptoms)) == (Condition.FAILED, 1)
        bench.far_end.clear(None, now_s=0)
        assert (await bench.status_when(lambda status: not status.symptoms)).condition is Condition.READY

    @pytest.mark.parametrize("fault", ["black", "over-exposed", "upside-down", "frozen", "blurred", "slow"])
    async def test_what_is_wrong_with_the_picture_is_seen_without_a_visit(self, bench: "Bench", fault: str) -> None:
        await bench.camera.open()
        bench.stand("face-1")
        assert (await bench.camera.status()).condition is Condition.READY
        bench.give(fault)
        await bench.camera.reset()  # as after any suspicion: the next status looks with all it has
        status = await bench.status_when(lambda status: bool(status.symptoms))
        word = {"over-exposed": "overexposed", "upside-down": "upside_down"}.get(fault, fault)
        assert [symptom.code for symptom in status.symptoms] == [f"camera.{word}"]
        assert status.condition is (Condition.DEGRADED if fault in ("blurred", "slow") else Condition.FAILED)

    async def test_a_frozen_camera_in_use_is_restarted_once_and_given_up_within_three_seconds(self, bench: "Bench") -> None:
        await bench.camera.open()
        bench.stand("face-1")
        bench.give("frozen")
        began_s = bench.now_s()
        with capture_logs() as logs, pytest.raises(RefusedError):
            await bench.capture(prompts=ALL, deadline_s=15)
        assert bench.now_s() - began_s < 3
        assert [line["event"] for line in logs].count("camera_restarted") == 1

    @pytest.mark.parametrize("fault", ["stalled", "garbage", "truncated-jpeg", "huge-frame"])
    async def test_a_camera_without_pictures_ends_in_a_driver_error_soon_and_works_again(
        self, bench: "Bench", fault: str
    ) -> None:
        await bench.camera.open()
        bench.stand("face-1")
        bench.give(fault)
        began_s = bench.now_s()
        with pytest.raises(DeadlineError if fault == "stalled" else ProtocolError):
            await bench.capture(deadline_s=15)
        with pytest.raises((DeadlineError, ProtocolError)):
            await bench.camera.status()
        assert bench.now_s() - began_s < 4
        bench.far_end.clear(None, now_s=0)
        assert (await bench.camera.status()).condition is Condition.READY
        assert not (await bench.capture(deadline_s=15)).is_wiped

    async def test_a_camera_in_use_is_busy_at_once(self, bench: "Bench") -> None:
        await bench.camera.open()
        capturing = asyncio.create_task(bench.capture(deadline_s=15))
        await bench.until(lambda: bool(bench.shown))
        status = await bench.camera.status()
        assert (status.condition, status.symptoms) == (Condition.BUSY, ())
        bench.stand("face-1")
        assert not (await capturing).is_wiped

    async def test_two_callers_are_served_one_after_the_other(self, bench: "Bench") -> None:
        await bench.camera.open()
        bench.stand("face-1")
        captures = await asyncio.gather(bench.capture(deadline_s=15), bench.capture(deadline_s=15))
        assert all(is_whole(bytes(capture.jpeg)) for capture in captures)

    @pytest.mark.parametrize("after_s", [0.0, 0.05, 0.3])
    async def test_a_cancelled_capture_leaves_the_camera_usable_and_at_rest(self, bench: "Bench", after_s: float) -> None:
        await bench.camera.open()
        capturing = asyncio.create_task(bench.capture(deadline_s=60))
        await asyncio.sleep(after_s)
        capturing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await capturing
        await bench.until(lambda: not bench.far_end.is_held)
        bench.stand("face-1")
        assert not (await bench.capture(deadline_s=15)).is_wiped

    async def test_unplugged_while_idle_it_is_seen_within_two_seconds_and_works_again(self, bench: "Bench") -> None:
        await bench.camera.open()
        await bench.camera.status()
        await bench.proxy.stop()
        began_s = bench.now_s()
        with pytest.raises(UnreachableError):
            await bench.camera.status()
        assert bench.now_s() - began_s < 1
        await bench.camera.close()
        with pytest.raises(UnreachableError):
            await bench.camera.open()
        await bench.proxy.start()
        replugged_s = bench.now_s()
        await bench.camera.open()
        assert bench.now_s() - replugged_s < 3
        assert (await bench.camera.status()).condition is Condition.READY

    @pytest.mark.parametrize("after_bytes", CUTS)
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(
        self, bench: "Bench", after_bytes: int
    ) -> None:
        bench.proxy.carry_to_client(cut_after(after_bytes))
        began_s = bench.now_s()
        with pytest.raises(UnreachableError):
            await bench.open_and_capture()
        assert bench.now_s() - began_s < 4
        await bench.camera.close()
        bench.proxy.manner = whole()
        await bench.camera.open()
        assert (await bench.camera.status()).condition is Condition.READY

    async def test_the_far_end_itself_unplugged_and_replugged_keeps_its_port(self, bench: "Bench") -> None:
        await bench.camera.open()
        port = bench.far_end.port
        await bench.far_end.unplug()
        assert not bench.far_end.is_plugged
        with pytest.raises(DriverError):
            await bench.capture(deadline_s=5)
        await bench.far_end.plug()
        assert bench.far_end.port == port
        await bench.camera.open()
        assert (await bench.camera.status()).condition is Condition.READY

    async def test_a_silent_camera_is_a_deadline_and_an_open_that_failed_holds_nothing(self, bench: "Bench") -> None:
        bench.proxy.manner = black_hole()
        began_s = bench.now_s()
        with pytest.raises(DeadlineError):
            await bench.camera.open()
        assert bench.now_s() - began_s < 5
        with pytest.raises(UnreachableError):
            await bench.camera.status()

    async def test_closing_ends_a_capture_and_twice_is_fine(self, bench: "Bench") -> None:
        await bench.camera.open()
        capturing = asyncio.create_task(bench.capture(deadline_s=60))
        await bench.until(lambda: bool(bench.shown))
        await bench.camera.close()
        await bench.camera.close()
        with pytest.raises(UnreachableError):
            await capturing
        with pytest.raises(UnreachableError):
            await bench.camera.status()
        await bench.camera.open()
        assert (await bench.camera.status()).condition is Condition.READY

    @pytest.mark.parametrize("deadline_s", [0, 0.9, 121])
    async def test_a_deadline_out_of_range_is_a_bug_of_the_caller(self, bench: "Bench", deadline_s: float) -> None:
        with pytest.raises(ValueError, match="1 to 120"):
            await bench.capture(deadline_s=deadline_s)

    async def test_lost_and_found_are_logged_once_each(self, bench: "Bench") -> None:
        await bench.camera.open()
        with capture_logs() as logs:
            await bench.proxy.stop()
            for _ in range(3):
                with contextlib.suppress(UnreachableError):
                    await bench.camera.status()
            await bench.proxy.start()
            await bench.camera.open()
        assert [line["event"] for line in logs] == ["camera_lost", "camera_back"]


class Bench:
    """A driver, the cable, the far end, and what was shown and told."""

    def __init__(self, *, far_end: AttendedCamera, proxy: TcpProxy, camera: Camera) -> None:
        self.far_end = far_end
        self.proxy = proxy
        self.camera = camera
        self.shown: list[PreviewFrame] = []
        self.told: list[Guidance] = []

    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def stand(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=self.now_s())

    def give(self, fault: str) -> None:
        self.far_end.give(fault, {}, now_s=self.now_s())

    async def capture(self, *, deadline_s: float, prompts: tuple[LivenessPrompt, ...] = ()) -> Capture:
        return await self.camera.capture_face(
            deadline_s=deadline_s, prompts=prompts, preview=self.shown.append, guide=self.told.append
        )

    async def open_and_capture(self) -> None:
        await self.camera.open()
        await self.capture(deadline_s=15)

    async def status_when(self, condition: Callable[[DeviceStatus], bool]) -> DeviceStatus:
        """Ask as a Keeper does, until a status fulfils a condition."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(status := await self.camera.status()):  # noqa: ASYNC110  a device tells only when asked
                await asyncio.sleep(0.1)
        return status

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110  another's state, which tells nobody
                await asyncio.sleep(0.01)
