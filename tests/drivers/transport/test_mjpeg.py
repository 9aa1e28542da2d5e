"""A network camera's stream over cables with manners: whole pictures or a driver's error, never anything else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import pytest

from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.transport.frame_source import FrameSource
from drivers.transport.frames import frames_for
from drivers.transport.jpeg_codec import is_whole, size_of
from drivers.transport.served_pictures import ServedPictures
from kiosk.clock import SystemClock
from tests.fakes.small_pictures import small_pictures
from tests.fakes.tcp_proxy import TCP_MANNERS, TcpProxy, black_hole, cut_after, whole


class Bench:
    def __init__(self, far_end: ServedPictures, proxy: TcpProxy) -> None:
        self.far_end = far_end
        self.proxy = proxy
        self.frames: FrameSource = frames_for(f"http://127.0.0.1:{proxy.port}/stream", device="camera", clock=SystemClock())


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    far_end = small_pictures()
    await far_end.plug()
    async with TcpProxy("127.0.0.1", urlsplit(far_end.port).port or 0) as proxy:
        bench = Bench(far_end, proxy)
        try:
            yield bench
        finally:
            await bench.frames.close()
    await far_end.dispose()


@pytest.mark.parametrize("manner", TCP_MANNERS)
async def test_pictures_come_whole_over_every_cable(bench: Bench, manner: str) -> None:
    bench.proxy.manner = TCP_MANNERS[manner]()
    await bench.frames.open()
    frames = [await bench.frames.next_frame(deadline_s=2) for _ in range(5)]
    assert all(is_whole(frame.jpeg) and size_of(frame.jpeg) == (32, 24) for frame in frames)
    assert [frame.sequence for frame in frames] == [1, 2, 3, 4, 5]
    assert len({frame.stamp_s for frame in frames}) == 5


async def test_after_a_rest_pictures_are_new_and_while_it_rests_nothing_flows(bench: Bench) -> None:
    await bench.frames.open()
    before = await bench.frames.next_frame(deadline_s=2)
    await bench.frames.rest()
    await until(lambda: not bench.far_end.is_held)
    carried = bench.proxy.bytes_to_client
    await bench.frames.check()
    assert bench.proxy.bytes_to_client == carried
    after = await bench.frames.next_frame(deadline_s=2)
    assert before.stamp_s is not None
    assert after.stamp_s is not None
    assert after.stamp_s > before.stamp_s


async def test_a_picture_given_up_leaves_the_camera_usable(bench: Bench) -> None:
    bench.far_end.give("stalled", {}, now_s=0)
    await bench.frames.open()
    waiting = asyncio.create_task(bench.frames.next_frame(deadline_s=20))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    bench.far_end.clear(None, now_s=0)
    assert is_whole((await bench.frames.next_frame(deadline_s=2)).jpeg)


async def test_no_picture_in_time_is_a_deadline_and_the_next_one_may_come(bench: Bench) -> None:
    bench.far_end.give("stalled", {}, now_s=0)
    await bench.frames.open()
    with pytest.raises(DeadlineError, match=r"within 0\.2 s"):
        await bench.frames.next_frame(deadline_s=0.2)
    bench.far_end.clear(None, now_s=0)
    await bench.frames.next_frame(deadline_s=2)


@pytest.mark.parametrize("fault", ["garbage", "truncated-jpeg", "huge-frame"])
async def test_what_is_no_picture_again_and_again_is_a_protocol_error(bench: Bench, fault: str) -> None:
    bench.far_end.give(fault, {}, now_s=0)
    await bench.frames.open()
    with pytest.raises(ProtocolError) as trouble:
        await bench.frames.next_frame(deadline_s=3)
    assert trouble.value.evidence == b""  # it may show a person
    bench.far_end.clear(None, now_s=0)
    await bench.frames.next_frame(deadline_s=2)


@pytest.mark.parametrize("after_bytes", [0, 1, 20, 140, 160, 1000, 5000])
async def test_a_cable_that_comes_out_anywhere_is_unreachable_until_it_is_back(bench: Bench, after_bytes: int) -> None:
    bench.proxy.carry_to_client(cut_after(after_bytes))
    with pytest.raises(UnreachableError):
        await opened_and_watched(bench.frames)
    with pytest.raises(UnreachableError):
        await bench.frames.open()
    bench.proxy.manner = whole()
    await bench.frames.open()
    await bench.frames.next_frame(deadline_s=2)


async def test_a_camera_that_vanished_is_seen_without_a_picture(bench: Bench) -> None:
    await bench.frames.open()
    await bench.frames.check()
    await bench.proxy.stop()
    with pytest.raises(UnreachableError):
        await bench.frames.check()


async def test_a_camera_that_accepts_and_says_nothing_is_a_deadline(bench: Bench) -> None:
    bench.proxy.manner = black_hole()
    began_s = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineError):
        await bench.frames.open()
    assert asyncio.get_running_loop().time() - began_s < 3
    with pytest.raises(UnreachableError):  # an open that failed holds nothing
        await bench.frames.next_frame(deadline_s=1)


async def test_closing_ends_a_wait_and_twice_is_fine(bench: Bench) -> None:
    bench.far_end.give("stalled", {}, now_s=0)
    await bench.frames.open()
    waiting = asyncio.create_task(bench.frames.next_frame(deadline_s=20))
    await asyncio.sleep(0.05)
    await bench.frames.close()
    await bench.frames.close()
    with pytest.raises(UnreachableError):
        await waiting
    with pytest.raises(UnreachableError):
        await bench.frames.check()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", ProtocolError),
        (b"\x00\xff\x10 this is another protocol\r\n\r\n", ProtocolError),
        (b"", UnreachableError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", UnreachableError),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\nContent-Length: 99\r\n\r\n--b",
            UnreachableError,
        ),
    ],
)
async def test_another_device_at_this_address_is_told_from_one_that_hangs_up(answer: bytes, kind: type[DriverError]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    frames = frames_for(f"http://127.0.0.1:{number}/", device="camera", clock=SystemClock())
    with pytest.raises(kind):
        await opened_and_watched(frames)
    await frames.close()
    server.close()
    await server.wait_closed()


async def opened_and_watched(frames: FrameSource) -> None:
    await frames.open()
    for _ in range(20):
        await frames.next_frame(deadline_s=2)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110  another's state, which tells nobody
            await asyncio.sleep(0.005)
