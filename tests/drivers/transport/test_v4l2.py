"""A camera of this machine, for which a video file stands in: the same code, at the file's own pace. No real one was seen yet."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.contract.errors import UnreachableError
from drivers.transport.frame_source import FrameSource
from drivers.transport.frames import frames_for
from drivers.transport.jpeg_codec import fingerprint, size_of
from kiosk.clock import SystemClock
from tests.fakes.clock import FakeClock

FPS = 20


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (160, 120))
    luck = np.random.default_rng(2)
    for _ in range(12):
        writer.write(luck.integers(0, 255, (120, 160, 3), dtype=np.uint8))
    writer.release()
    return path


def source(path: Path, clock: SystemClock | None = None) -> FrameSource:
    return frames_for(f"v4l2:{path}", device="camera", clock=clock or SystemClock())


async def test_a_film_s_pictures_come_at_its_own_pace_and_its_end_is_an_unplugged_camera(film: Path) -> None:
    frames = source(film)
    await frames.open()
    pictures = [await frames.next_frame(deadline_s=2) for _ in range(12)]
    assert {size_of(frame.jpeg) for frame in pictures} == {(160, 120)}
    assert len({fingerprint(frame.jpeg) for frame in pictures}) == 12
    assert [frame.sequence for frame in pictures] == list(range(1, 13))
    assert 10 / FPS < pictures[-1].came_s - pictures[0].came_s < 14 / FPS
    with pytest.raises(UnreachableError):
        await frames.next_frame(deadline_s=2)
    await frames.open()  # begins anew
    assert fingerprint((await frames.next_frame(deadline_s=2)).jpeg) == fingerprint(pictures[0].jpeg)
    await frames.close()


async def test_a_stable_path_is_followed_anew_at_every_opening(film: Path, tmp_path: Path) -> None:
    stable, first, second = tmp_path / "by-path", tmp_path / "video0", tmp_path / "video1"
    for each in (first, second):
        shutil.copy(film, each)
    stable.symlink_to(first)
    frames = source(stable)
    await frames.open()
    first.unlink()
    with pytest.raises(UnreachableError, match="there is no"):
        await frames.check()
    with pytest.raises(UnreachableError, match="there is no"):
        await frames.open()
    stable.unlink()
    stable.symlink_to(second)
    await frames.open()
    await frames.check()
    assert size_of((await frames.next_frame(deadline_s=2)).jpeg) == (160, 120)
    await frames.close()


async def test_what_is_no_film_and_no_camera_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("this is no film")
    frames = source(path)
    with pytest.raises(UnreachableError, match="cannot be opened as a camera"):
        await frames.open()
    with pytest.raises(UnreachableError, match="is not open"):
        await frames.next_frame(deadline_s=1)


async def test_a_device_that_is_no_camera_is_unreachable() -> None:
    frames = source(Path("/dev/null"))
    with pytest.raises(UnreachableError, match="cannot be opened as a camera"):
        await frames.open()


async def test_closing_twice_is_fine_and_nothing_comes_afterwards(film: Path) -> None:
    frames = source(film)
    await frames.open()
    await frames.close()
    await frames.close()
    with pytest.raises(UnreachableError):
        await frames.next_frame(deadline_s=1)
    with pytest.raises(UnreachableError):
        await frames.check()


async def test_the_pace_is_kept_by_the_clock(film: Path) -> None:
    clock = FakeClock()
    frames = frames_for(f"v4l2:{film}", device="camera", clock=clock)
    await frames.open()
    came = [(await frames.next_frame(deadline_s=2)).came_s for _ in range(5)]
    assert np.diff(came) == pytest.approx([1 / FPS] * 4)
    await frames.rest()
    await frames.next_frame(deadline_s=2)
    await frames.close()
