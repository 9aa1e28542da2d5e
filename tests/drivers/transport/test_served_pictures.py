"""The far end of every camera: faults in words a trainer understands, one port for life, and no stall while it draws."""

import asyncio
from urllib.parse import urlsplit

import pytest

from drivers.camera.simulated import SimulatedCamera
from drivers.document_scanner.simulated import SimulatedTable
from drivers.transport.far_end import Attended, ServedFarEnd
from drivers.transport.served_pictures import FAULTS, ServedPictures
from tests.fakes.small_pictures import small_pictures


def _as_far_end(far_end: ServedFarEnd) -> ServedFarEnd:
    return far_end


def _as_attended(far_end: Attended) -> Attended:
    return far_end


@pytest.mark.parametrize("make", [SimulatedCamera, SimulatedTable])
def test_every_fault_has_words_and_can_be_given_and_cleared(make: type[SimulatedCamera] | type[SimulatedTable]) -> None:
    far_end = make()
    for fault in _as_far_end(far_end).givable_faults():
        assert fault.summary.endswith("。")
        far_end.give(fault.name, {}, now_s=0)
        assert far_end.holding()["故障"] == fault.title
        far_end.clear(fault.name, now_s=0)
        assert far_end.holding()["故障"] == "无"
    for name in FAULTS:
        far_end.give(name, {}, now_s=0)
    far_end.clear(None, now_s=0)
    assert far_end.holding()["故障"] == "无"


def test_what_can_stand_before_the_camera_and_lie_on_the_table() -> None:
    assert _as_attended(SimulatedCamera()).samples() == (
        "nobody", "face-1", "face-2", "two-faces", "face-far", "face-near", "photo-of-face",
    )  # fmt: skip
    assert _as_attended(SimulatedTable()).samples() == (
        "nothing", "sheet-1", "sheet-2", "blank-sheet", "sheet-with-finger", "sheet-glare", "sheet-cut-off", "sheet-blurred",
    )  # fmt: skip
    camera = SimulatedCamera()
    camera.insert("face-2", now_s=1)
    assert camera.holding()["镜头前"] == "face-2"
    camera.remove(now_s=2)
    assert camera.holding()["镜头前"] == "nobody"


@pytest.mark.parametrize(
    ("fault", "options", "complaint"),
    [
        ("paper-out", {}, "没有故障 'paper-out'，有这些：frozen、stalled"),
        ("black", {"fps": "3"}, "black 没有选项 'fps'，有这些：无"),
        ("slow", {"speed": "3"}, "slow 没有选项 'speed'，有这些：fps"),
        ("slow", {"fps": "fast"}, "fps 写的是 'fast'，应该是"),
        ("slow", {"fps": "nan"}, "fps 写的是 'nan'"),
        ("garbage", {"seed": "-1"}, "seed 写的是 '-1'"),
    ],
)
def test_a_wrong_fault_or_option_is_answered_in_words_a_trainer_can_act_on(
    fault: str, options: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        small_pictures().give(fault, options, now_s=0)


def test_an_unknown_sample_is_answered_in_words() -> None:
    with pytest.raises(ValueError, match="没有样品 'card'，有这些：this、that"):
        small_pictures().insert("card", now_s=0)


async def test_the_port_stays_the_same_over_every_replug_and_a_viewer_is_cut_off_at_once() -> None:
    far_end = small_pictures()
    await far_end.plug()
    await far_end.plug()
    port = far_end.port
    reader, writer = await viewer(far_end)
    assert await reader.readuntil(b"\xff\xd9")
    assert far_end.is_held
    await far_end.unplug()
    await far_end.unplug()
    assert (far_end.is_plugged, far_end.is_held) == (False, False)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(100_000_000)
    writer.close()
    await far_end.plug()
    assert far_end.port == port
    await far_end.dispose()
    await far_end.dispose()


async def test_another_path_is_not_found() -> None:
    far_end = small_pictures()
    await far_end.plug()
    reader, writer = await viewer(far_end, path="/secret")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    writer.close()
    await far_end.dispose()


async def viewer(far_end: ServedPictures, path: str = "/stream") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(far_end.port).port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return reader, writer
