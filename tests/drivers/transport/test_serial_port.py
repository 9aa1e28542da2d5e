"""A real pty stands for the cable: what the kernel does is what the wire has to live with."""

import asyncio
import contextlib
import fcntl
import os
import termios
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.serial_port import SerialPort
from kiosk.clock import SystemClock


class Pty:
    """Both ends of a cable; ``path`` stays the same over unplugging, as a udev link does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1
        self.plug()

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1
            self.path.unlink()


@pytest.fixture
def pty(tmp_path: Path) -> Iterator[Pty]:
    cable = Pty(tmp_path / "ttyCARD")
    yield cable
    cable.unplug()


def _port(pty: Pty) -> SerialPort:
    return SerialPort(str(pty.path), baud=115200, device="id-card-reader", clock=SystemClock())


async def test_bytes_pass_both_ways(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    await port.write(b"\xaa\x11\x13\xff\x00\r\n", deadline_s=1)
    assert os.read(pty.master, 100) == b"\xaa\x11\x13\xff\x00\r\n"
    os.write(pty.master, b"\x03\x04\x1a\xff\x00\n\r")
    assert await _read_all(port, 7) == b"\x03\x04\x1a\xff\x00\n\r"
    await port.close()


async def test_a_read_returns_no_more_than_asked_and_keeps_the_rest(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    os.write(pty.master, b"0123456789")
    assert await port.read(at_most=1, deadline_s=1) == b"0"
    assert await _read_all(port, 9) == b"123456789"
    await port.close()


async def test_silence_is_a_deadline_and_the_port_stays_usable(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    for _ in range(3):
        with pytest.raises(DeadlineError, match=r"within 0\.02 s"):
            await port.read(at_most=10, deadline_s=0.02)
    os.write(pty.master, b"late")
    assert await _read_all(port, 4) == b"late"
    await port.close()


async def test_a_cancelled_read_loses_no_byte(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    for n in range(20):
        reading = asyncio.create_task(port.read(at_most=10, deadline_s=5))
        await asyncio.sleep(0)
        os.write(pty.master, bytes([n]))
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        assert await port.read(at_most=10, deadline_s=5) == bytes([n])
    await port.close()


async def test_what_arrived_can_be_forgotten(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    os.write(pty.master, b"stale")
    assert await port.read(at_most=1, deadline_s=1) == b"s"
    await port.discard_input()
    os.write(pty.master, b"new")
    assert await _read_all(port, 3) == b"new"
    await port.close()


async def test_pulling_the_cable_ends_a_waiting_read_at_once(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    reading = asyncio.create_task(port.read(at_most=10, deadline_s=30))
    await asyncio.sleep(0.02)
    pulled_s = time.monotonic()
    pty.unplug()
    with pytest.raises(UnreachableError, match="ttyCARD"):
        await reading
    assert time.monotonic() - pulled_s < 1
    await port.close()


async def test_every_call_on_a_pulled_cable_is_unreachable(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    pty.unplug()
    for call in (
        lambda: port.read(at_most=1, deadline_s=1),
        lambda: port.write(b"x", deadline_s=1),
        port.discard_input,
        lambda: port.read(at_most=1, deadline_s=1),
    ):
        with pytest.raises(UnreachableError):
            await call()
    await port.close()
    await port.close()
    with pytest.raises(UnreachableError, match="no such port"):
        await port.open()
    pty.plug()
    await port.open()
    os.write(pty.master, b"back")
    assert await _read_all(port, 4) == b"back"
    await port.close()


async def test_closing_ends_a_waiting_read_and_frees_the_port(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    reading = asyncio.create_task(port.read(at_most=10, deadline_s=30))
    await asyncio.sleep(0.01)
    await port.close()
    with pytest.raises(UnreachableError):
        await reading
    with pytest.raises(UnreachableError, match="not open"):
        await port.read(at_most=1, deadline_s=1)
    again = _port(pty)
    await again.open()
    await again.close()


async def test_opening_again_lets_the_old_descriptor_go_first(pty: Pty) -> None:
    port = _port(pty)
    for _ in range(5):
        await port.open()
    await port.close()
    assert _open_descriptors(os.readlink(pty.path)) == 0


async def test_a_busy_port_is_named_with_the_process_that_holds_it(pty: Pty) -> None:
    # The real command line of another program that uses flock on the port.
    holder = await asyncio.create_subprocess_exec(
        "flock", str(pty.path), "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(b"held\n")
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(UnreachableError, match=rf"ttyCARD is busy: held by .*flock \(pid {holder.pid}\)"):
        await _port(pty).open()
    holder.stdin.close()
    await holder.wait()
    port = _port(pty)
    await port.open()
    await port.close()


async def test_a_port_held_by_ourselves_says_so(pty: Pty) -> None:
    descriptor = os.open(pty.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UnreachableError, match="this process"):
        await _port(pty).open()
    os.close(descriptor)


async def test_a_path_that_is_no_port_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a tty")
    with pytest.raises(UnreachableError):
        await SerialPort(str(tmp_path / "file"), baud=9600, device="d", clock=SystemClock()).open()
    with pytest.raises(UnreachableError, match="no such port"):
        await SerialPort(str(tmp_path / "none"), baud=9600, device="d", clock=SystemClock()).open()


async def test_a_write_that_nobody_takes_is_a_deadline_and_nothing_of_it_comes_later(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    with pytest.raises(DeadlineError, match="did not leave"):
        await port.write(bytes(1_000_000), deadline_s=0.1)
    await port.close()
    assert _open_descriptors(os.readlink(pty.path)) == 0


async def test_a_cancelled_open_holds_nothing(pty: Pty) -> None:
    port = _port(pty)
    opening = asyncio.create_task(port.open())
    await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
    until_s = time.monotonic() + 5
    while _open_descriptors(os.readlink(pty.path)):
        assert time.monotonic() < until_s
        await asyncio.sleep(0.005)
    other = _port(pty)
    await other.open()
    await other.close()


async def test_a_closed_port_leaves_no_thread_behind(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    assert "id-card-reader port" in {thread.name for thread in threading.enumerate()}
    await port.close()
    until_s = time.monotonic() + 5
    while "id-card-reader port" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < until_s
        await asyncio.sleep(0.005)


async def _read_all(port: SerialPort, count: int) -> bytes:
    came = b""
    while len(came) < count:
        came += await port.read(at_most=count - len(came), deadline_s=5)
    return came


def _open_descriptors(target: str) -> int:
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(link.readlink()) == target
    return found


async def test_a_port_whose_speed_is_left_open_takes_the_speed_it_is_given_and_keeps_it_when_reopened(pty: Pty) -> None:
    port = SerialPort(str(pty.path), baud=None, device="id-card-reader", clock=SystemClock())
    await port.open()
    assert _speed(pty) == termios.B115200
    await port.set_speed(9600)
    assert _speed(pty) == termios.B9600
    await port.close()
    await port.open()
    assert _speed(pty) == termios.B9600
    pty.unplug()
    with pytest.raises(UnreachableError):
        await port.set_speed(115200)
    await port.close()


async def test_a_port_whose_speed_is_configured_cannot_be_set_to_another(pty: Pty) -> None:
    port = _port(pty)
    await port.open()
    assert port.speeds == ()
    with pytest.raises(ValueError, match=r"allowed on .* are none"):
        await port.set_speed(9600)
    await port.close()


def _speed(pty: Pty) -> int:
    """What the kiosk has set the line to: a pty's two ends share it."""
    output_speed: int = termios.tcgetattr(pty.master)[5]
    return output_speed
