"""A serial port as a wire: pyserial, in a worker thread of its own, held exclusively."""

import asyncio
import contextlib
import errno
import termios
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import serial
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.port_holder import described, holders_of
from drivers.transport.wire import SpeedWire
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
"""Line speeds that a port can be set to."""

DEFAULT_BAUD = 115200

OPEN_DEADLINE_S = 2.0
"""Seconds opening may take. A healthy port opens in milliseconds; a wedged USB adapter can hang for ever."""

QUICK_DEADLINE_S = 1.0
"""Seconds for what the kernel does by itself: forgetting input, closing."""

_GONE = (OSError, termios.error)
"""How a port says it has been unplugged: a SerialException (an OSError) while reading, errno 5 for in_waiting, and
termios.error, which is no OSError, when its buffers are touched."""

_BUSY = (errno.EAGAIN, errno.EBUSY)
"""EAGAIN: another holds flock(2) on the port, as pyserial does. EBUSY: another set TIOCEXCL, as terminal programs do."""


class SerialPort(SpeedWire):
    """One serial port, 8N1. Bytes that came for a read that was given up are kept for the next one."""

    def __init__(
        self, path: str, *, baud: int | None, device: str, clock: Clock, locate: Callable[[], str] | None = None
    ) -> None:
        """Describe the port; ``open`` takes hold of it.

        Args:
            path: The device file, e.g. ``/dev/ttyUSB0``, or with ``locate`` the words it is known by.
            baud: One of ``BAUDS``; None leaves it to the driver, which begins at ``DEFAULT_BAUD``.
            device: The device's name, for messages.
            clock: Measures the deadline of a read.
            locate: Finds the device file at each opening, in the worker's thread; OSError when it is not there.
        """
        self._path = path
        self._locate = locate or (lambda: path)
        self._baud = baud or DEFAULT_BAUD
        self._is_speed_open = baud is None
        self._device = device
        self._clock = clock
        self._hold: _Hold | None = None

    @property
    @override
    def port(self) -> str:
        return f"serial:{self._path}?baud={'auto' if self._is_speed_open else self._baud}"

    @property
    @override
    def speeds(self) -> tuple[int, ...]:
        return BAUDS if self._is_speed_open else ()

    @override
    async def set_speed(self, baud: int) -> None:
        if baud not in self.speeds:
            raise ValueError(f"baud is {baud}; allowed on {self.port} are {', '.join(map(str, self.speeds)) or 'none'}")
        hold = self._held()
        self._baud = baud
        try:
            await hold.worker.call(hold.line.set_speed, baud, deadline_s=QUICK_DEADLINE_S)
        except CallDeadlineError:
            raise UnreachableError(self._device, f"{self._path} did not take {baud} baud") from None
        except (*_GONE, WorkerClosedError) as error:
            self._lost(error)

    @override
    async def open(self) -> None:
        await self.close()  # the old descriptor is let go before the port is opened anew
        hold = _Hold(worker=Worker(f"{self._device} port"), line=_Line(self._locate, self._baud))
        try:
            await hold.worker.call(hold.line.open, deadline_s=OPEN_DEADLINE_S)
        except CallDeadlineError:
            raise UnreachableError(self._device, f"{self._path} did not open within {OPEN_DEADLINE_S:g} s") from None
        except _BusyError as busy:
            raise UnreachableError(self._device, f"{self._path} is busy: held by {busy.holders}") from None
        except _GONE as error:
            raise UnreachableError(self._device, f"cannot open {self._path}: {_reason(error)}") from error
        else:
            self._hold = hold
        finally:
            if self._hold is not hold:
                hold.worker.close(last=hold.line.close)

    @override
    async def close(self) -> None:
        hold, self._hold = self._hold, None
        if hold is None:
            return
        hold.line.interrupt_read()
        hold.line.interrupt_write()
        try:
            # A thread that hangs in the kernel closes the port by itself as soon as it is let go.
            with contextlib.suppress(CallDeadlineError, WorkerClosedError, *_GONE):
                await hold.worker.call(hold.line.close, deadline_s=QUICK_DEADLINE_S)
        finally:
            hold.worker.close(last=hold.line.close)

    @override
    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        hold = self._held()
        try:
            await hold.worker.call(hold.line.write, payload, deadline_s=deadline_s)
        except CallDeadlineError:
            self._interrupt_write(hold)
            raise DeadlineError(
                self._device, f"{len(payload)} bytes did not leave {self._path} within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except asyncio.CancelledError:
            self._interrupt_write(hold)
            raise
        except (*_GONE, WorkerClosedError) as error:
            self._lost(error)

    @override
    async def read(self, *, at_most: int, deadline_s: float) -> bytes:
        hold = self._held()
        until_s = self._clock.monotonic_s() + deadline_s
        while not hold.line.arrived:
            try:
                left_s = max(until_s - self._clock.monotonic_s(), 0.0)
                await hold.worker.call(hold.line.fill, at_most, deadline_s=left_s)
            except CallDeadlineError:
                self._interrupt_read(hold)
                raise DeadlineError(
                    self._device, f"nothing came from {self._path} within {deadline_s:g} s", deadline_s=deadline_s
                ) from None
            except asyncio.CancelledError:
                self._interrupt_read(hold)
                raise
            except (*_GONE, WorkerClosedError) as error:
                self._lost(error)
            if self._hold is not hold:
                raise UnreachableError(self._device, f"{self._path} was closed")
        return hold.line.take(at_most)

    @override
    async def discard_input(self) -> None:
        hold = self._held()
        try:
            await hold.worker.call(hold.line.discard, deadline_s=QUICK_DEADLINE_S)
        except CallDeadlineError:
            raise DeadlineError(self._device, f"{self._path} did not let its input go", deadline_s=QUICK_DEADLINE_S) from None
        except (*_GONE, WorkerClosedError) as error:
            self._lost(error)

    def _held(self) -> "_Hold":
        if self._hold is None:
            raise UnreachableError(self._device, f"{self._path} is not open")
        return self._hold

    def _interrupt_read(self, hold: "_Hold") -> None:
        if self._hold is hold:
            hold.line.interrupt_read()

    def _interrupt_write(self, hold: "_Hold") -> None:
        if self._hold is hold:
            hold.line.interrupt_write()

    def _lost(self, error: Exception) -> NoReturn:
        raise UnreachableError(self._device, f"{self._path} is gone: {_reason(error)}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """One opening of the port: what is left of it after a close is never touched by the next."""

    worker: Worker
    line: "_Line"


class _BusyError(Exception):
    def __init__(self, holders: str) -> None:
        super().__init__(holders)
        self.holders = holders


@dataclass(slots=True)
class _Line:
    """The blocking side. Everything but ``take`` and the interrupts runs in the worker's thread."""

    locate: Callable[[], str]
    baud: int
    arrived: bytearray = field(default_factory=bytearray)
    _port: serial.Serial | None = None

    def open(self) -> None:
        path = self.locate()
        try:
            # No timeouts: the caller's deadline interrupts. exclusive: flock, so that two never share one conversation.
            self._port = serial.Serial(path, baudrate=self.baud, timeout=None, write_timeout=None, exclusive=True)
        except serial.SerialException as error:
            if error.errno in _BUSY:
                raise _BusyError(described(holders_of(Path(path)))) from error
            raise

    def fill(self, at_most: int) -> None:
        """Wait for one byte, take what came with it; returns with nothing when interrupted."""
        port = self._opened()
        self.arrived += port.read(1)
        if self.arrived and (waiting := port.in_waiting):
            self.arrived += port.read(min(waiting, at_most))

    def write(self, payload: bytes) -> None:
        port = self._opened()
        port.write(payload)
        port.flush()

    def set_speed(self, baud: int) -> None:
        self._opened().baudrate = baud
        self.discard()

    def discard(self) -> None:
        self._opened().reset_input_buffer()
        self.arrived.clear()

    def close(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            port.close()
        self.arrived.clear()

    def take(self, at_most: int) -> bytes:
        chunk = bytes(self.arrived[:at_most])
        del self.arrived[:at_most]
        return chunk

    def interrupt_read(self) -> None:
        if self._port is not None:
            self._port.cancel_read()

    def interrupt_write(self) -> None:
        """End a write, and what still lies in the buffer: half a command must not come out later."""
        if self._port is not None:
            with contextlib.suppress(*_GONE):
                self._port.cancel_write()
                self._port.reset_output_buffer()

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise OSError(errno.EBADF, "the port is closed")
        return self._port


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return "no such port"
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return "no permission (is the kiosk's user in group dialout?)"
    if isinstance(error, termios.error) and len(error.args) > 1:
        return str(error.args[1])
    return str(error)
