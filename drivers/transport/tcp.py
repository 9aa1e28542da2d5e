"""A TCP connection as a wire: a plain socket on the loop, so that a write that is given up sends nothing more."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import Iterator

from typing_extensions import override

from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.wire import Wire

CONNECT_DEADLINE_S = 2.0
"""Seconds to reach a device in the same cabinet or village hall; a replugged one must be ready within three."""

CLOSE_DEADLINE_S = 1.0
"""Seconds a read or write that waits may take to notice that the connection is being closed; it takes one pass of the loop."""

UNACKNOWLEDGED_MS = 3000
"""tcp(7) TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged before the connection counts as dead."""

DISCARD_CHUNK = 65536

_DROP_UNSENT = struct.pack("ii", 1, 0)
"""socket(7) SO_LINGER, zero seconds: closing forgets what the other side has not taken yet."""


class TcpWire(Wire):
    """One connection to a device that speaks over TCP, such as a receipt printer's port 9100.

    A write that ran out of time has sent a part of its bytes, as a serial port would; closing then drops what still
    lies in the kernel, so that nothing comes out later.
    """

    def __init__(self, host: str, port: int, *, device: str) -> None:
        """Describe the connection; ``open`` makes it. ``device`` is the device's name, for messages."""
        self._host = host
        self._number = port
        self._device = device
        self._connection: socket.socket | None = None
        self._in_use = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_torn = False

    @property
    @override
    def port(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"tcp://{host}:{self._number}"

    @override
    async def open(self) -> None:
        await self.close()
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                self._connection = await self._connected()
        except TimeoutError:
            raise UnreachableError(self._device, f"{self.port} did not answer within {CONNECT_DEADLINE_S:g} s") from None
        except OSError as error:
            raise UnreachableError(self._device, f"cannot connect to {self.port}: {error.strerror or error}") from error

    @override
    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # ends a read or write that waits
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_DEADLINE_S):
                    await self._idle.wait()  # the descriptor must outlive them
        finally:
            if self._is_torn:
                with contextlib.suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP_UNSENT)
            self._is_torn = False
            connection.close()

    @override
    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        connection = self._opened()
        is_sent = False
        try:
            with self._using():
                async with asyncio.timeout(deadline_s):
                    await asyncio.get_running_loop().sock_sendall(connection, payload)
            is_sent = True
        except TimeoutError as error:
            if error.errno is not None:  # the kernel's own: TCP_USER_TIMEOUT ran out
                raise self._lost(error) from error
            raise DeadlineError(
                self._device, f"{self.port} did not take {len(payload)} bytes within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except OSError as error:
            raise self._lost(error) from error
        finally:
            self._is_torn |= not is_sent

    @override
    async def read(self, *, at_most: int, deadline_s: float) -> bytes:
        connection = self._opened()
        try:
            with self._using():
                async with asyncio.timeout(deadline_s):
                    chunk = await _received(connection, at_most)
        except TimeoutError as error:
            if error.errno is not None:
                raise self._lost(error) from error
            raise DeadlineError(
                self._device, f"nothing came from {self.port} within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except OSError as error:
            raise self._lost(error) from error
        if not chunk:
            raise UnreachableError(self._device, f"the connection to {self.port} is closed")
        return chunk

    @override
    async def discard_input(self) -> None:
        connection = self._opened()
        # Ends with BlockingIOError when nothing is left. A closed connection is for the next read to find.
        with contextlib.suppress(OSError):
            while connection.recv(DISCARD_CHUNK):
                pass

    async def _connected(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        problem: OSError = OSError(f"{self._host} has no address")
        for family, address in await self._addresses():
            connection = socket.socket(family, socket.SOCK_STREAM)
            is_connected = False
            try:
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
                await loop.sock_connect(connection, address)
                is_connected = True
            except OSError as error:
                problem = error
            finally:
                if not is_connected:
                    connection.close()
            if is_connected:
                return connection
        raise problem

    async def _addresses(self) -> list[tuple[int, tuple[str, int]]]:
        try:
            is_six = ipaddress.ip_address(self._host).version == 6
        except ValueError:
            found = await asyncio.get_running_loop().getaddrinfo(self._host, self._number, type=socket.SOCK_STREAM)
            return [(family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found]
        return [(socket.AF_INET6 if is_six else socket.AF_INET, (self._host, self._number))]

    @contextlib.contextmanager
    def _using(self) -> Iterator[None]:
        self._in_use += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_use -= 1
            if not self._in_use:
                self._idle.set()

    def _opened(self) -> socket.socket:
        if self._connection is None:
            raise UnreachableError(self._device, f"{self.port} is not open")
        return self._connection

    def _lost(self, error: OSError) -> UnreachableError:
        return UnreachableError(self._device, f"the connection to {self.port} is gone: {error.strerror or error}")


async def _received(connection: socket.socket, at_most: int) -> bytes:
    """Wait until something has come, then take it: bytes leave the kernel only when nothing can cancel any more.

    ``loop.sock_recv`` takes them before the waiting task goes on; a deadline in between would lose them.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            return connection.recv(at_most)
        except BlockingIOError:
            arrived = asyncio.Event()
            loop.add_reader(connection, arrived.set)
            try:
                await arrived.wait()
            finally:
                loop.remove_reader(connection)
