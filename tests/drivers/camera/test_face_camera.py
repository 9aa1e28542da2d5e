"""What is particular to this camera's driver: what it leaves behind, what it costs, and films in place of cameras."""

import asyncio
import time
from pathlib import Path

import cv2
import pytest
from structlog.testing import capture_logs

from drivers.camera.face_camera import CameraSettings, FaceCamera
from drivers.camera.simulated import SimulatedCamera
from drivers.camera.simulated_faces import SAMPLES
from drivers.contract.camera import Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.contract.status import Condition
from drivers.transport.frames import frames_for
from kiosk.clock import SystemClock
from tests.fakes.remembered_frames import RememberedFrames


def camera_over(port: str, **settings: object) -> tuple[FaceCamera, RememberedFrames]:
    frames = RememberedFrames(frames_for(port, device="camera", clock=SystemClock()))
    checked = CameraSettings.model_validate(settings)
    return FaceCamera(name="camera", frames=frames, settings=checked, clock=SystemClock()), frames


async def test_every_picture_is_wiped_and_the_capture_too_once_it_is_told() -> None:
    far_end = SimulatedCamera()
    await far_end.plug()
    far_end.insert("face-1", now_s=0)
    camera, frames = camera_over(far_end.port)
    await camera.open()
    await camera.status()
    shown: list[PreviewFrame] = []
    with capture_logs() as logs:
        capture = await camera.capture_face(deadline_s=10, prompts=(), preview=shown.append, guide=lambda _: None)
    assert len(frames.handed_out) > len(shown) > 0
    assert frames.all_are_wiped()
    assert any(capture.jpeg)
    capture.wipe()
    assert not any(capture.jpeg)
    told = f"{logs} {shown} {frames.handed_out[-1]} {await camera.status()} {capture!r}"
    assert "xff" not in told
    far_end.remove(now_s=0)
    with pytest.raises(DeadlineError):
        await camera.capture_face(deadline_s=1, prompts=(), preview=shown.append, guide=lambda _: None)
    assert frames.all_are_wiped()
    await camera.close()
    await far_end.dispose()


async def test_the_loop_is_never_held_up_while_faces_are_looked_for() -> None:
    far_end = SimulatedCamera()
    await far_end.plug()
    camera, _ = camera_over(far_end.port, looks_per_s=10)
    await camera.open()
    loop, longest_s = asyncio.get_running_loop(), 0.0
    capturing = asyncio.create_task(camera.capture_face(deadline_s=1.5, prompts=(), preview=lambda _: None, guide=lambda _: None))
    while not capturing.done():
        began_s, cpu_s = loop.time(), time.thread_time()
        await asyncio.sleep(0)
        longest_s = max(longest_s, min(loop.time() - began_s, time.thread_time() - cpu_s))
    with pytest.raises(DeadlineError):
        await capturing
    assert longest_s < 0.025  # a look takes fifty: it is not on this thread
    await camera.close()
    await far_end.dispose()


async def test_a_large_picture_is_made_smaller_for_the_screen_alone(tmp_path: Path) -> None:
    path = tmp_path / "large.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (1920, 1440))
    for picture in SAMPLES["nobody"]()[0].pictures * 4:
        writer.write(cv2.resize(picture, (1920, 1440)))
    writer.release()
    camera, _ = camera_over(f"v4l2:{path}?fps=15")
    await camera.open()
    shown: list[PreviewFrame] = []
    with pytest.raises(DeadlineError):
        await camera.capture_face(deadline_s=1, prompts=(), preview=shown.append, guide=lambda _: None)
    assert shown
    assert {frame.width_px for frame in shown} == {800}
    assert (await camera.identify()).model == "1920 x 1440"
    await camera.close()


async def test_a_film_is_a_camera_and_its_end_an_unplugged_one(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    for picture in SAMPLES["face-1"]()[0].pictures * 8:
        writer.write(picture)
    writer.release()
    camera, _ = camera_over(f"v4l2:{path}")
    await camera.open()
    assert (await camera.status()).condition is Condition.READY
    told: list[Guidance] = []
    capture = await camera.capture_face(deadline_s=5, prompts=(), preview=lambda _: None, guide=told.append)
    assert told[-1] is Guidance.GOOD
    capture.wipe()
    with pytest.raises(UnreachableError):
        await camera.capture_face(deadline_s=5, prompts=(LivenessPrompt.TURN_LEFT,), preview=lambda _: None, guide=told.append)
    await camera.close()


async def test_a_camera_on_its_head_is_known_although_somebody_looked_away_when_it_was_first_looked_at() -> None:
    far_end = SimulatedCamera(straight_s=2, turned_s=2)
    await far_end.plug()
    now_s = asyncio.get_running_loop().time()
    far_end.give("upside-down", {}, now_s=now_s)
    far_end.insert("face-1", now_s=now_s - 2.2)  # turned away for the next two seconds
    camera, _ = camera_over(far_end.port, idle_look_s=1)
    await camera.open()
    async with asyncio.timeout(8):
        while not (symptoms := (await camera.status()).symptoms):  # noqa: ASYNC110  a device tells only when asked
            await asyncio.sleep(0.1)
    assert [symptom.code for symptom in symptoms] == ["camera.upside_down"]
    await camera.close()
    await far_end.dispose()
