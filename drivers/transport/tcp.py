"""A TCP connection as a wire."""

import asyncio
import contextlib
import socket

from typing_extensions import override

from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.wire import Wire

CONNECT_DEADLINE_S = 2.0
"""Seconds to reach a device in the same cabinet or village hall; a replugged one must be ready within three."""

CLOSE_DEADLINE_S = 1.0
"""Seconds to say goodbye before the connection is dropped."""

UNACKNOWLEDGED_MS = 3000
"""tcp(7) TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged before the connection counts as dead."""


class TcpWire(Wire):
    """One connection to a device that speaks over TCP, such as a receipt printer's port 9100."""

    def __init__(self, host: str, port: int, *, device: str) -> None:
        """Describe the connection; ``open`` makes it. ``device`` is the device's name, for messages."""
        self._host = host
        self._number = port
        self._device = device
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

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
                reader, writer = await asyncio.open_connection(self._host, self._number)
        except TimeoutError:
            raise UnreachableError(self._device, f"{self.port} did not answer within {CONNECT_DEADLINE_S:g} s") from None
        except OSError as error:
            raise UnreachableError(self._device, f"cannot connect to {self.port}: {error.strerror or error}") from error
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        writer.transport.set_write_buffer_limits(high=0)  # drain then waits until all is with the kernel
        self._streams = reader, writer

    @override
    async def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is None:
            return
        reader, writer = streams
        writer.close()
        reader.feed_eof()  # a read that waits ends now
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_DEADLINE_S):
                    await writer.wait_closed()
        finally:
            writer.transport.abort()

    @override
    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        _, writer = self._opened()
        try:
            async with asyncio.timeout(deadline_s):
                if writer.is_closing():
                    raise ConnectionResetError("the other side has closed the connection")
                writer.write(payload)
                await writer.drain()
        except TimeoutError as error:
            if error.errno is not None:  # the kernel's own: TCP_USER_TIMEOUT ran out
                raise self._lost(error) from error
            raise DeadlineError(
                self._device, f"{self.port} did not take {len(payload)} bytes within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except OSError as error:
            raise self._lost(error) from error

    @override
    async def read(self, *, at_most: int, deadline_s: float) -> bytes:
        reader, _ = self._opened()
        try:
            async with asyncio.timeout(deadline_s):
                chunk = await reader.read(at_most)
        except TimeoutError as error:
            if error.errno is not None:
                raise self._lost(error) from error
            raise DeadlineError(
                self._device, f"nothing came from {self.port} within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except OSError as error:
            raise self._lost(error) from error
        if not chunk:
            raise UnreachableError(self._device, f"{self.port} has closed the connection")
        return chunk

    @override
    async def discard_input(self) -> None:
        reader, _ = self._opened()
        await asyncio.sleep(0)  # the loop takes what lies in the kernel
        # Reading with no time to wait returns what has arrived; a closed connection is for the next read to find.
        with contextlib.suppress(TimeoutError, OSError):
            while not reader.at_eof():
                async with asyncio.timeout(0):
                    if not await reader.read(65536):
                        return

    def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise UnreachableError(self._device, f"{self.port} is not open")
        return self._streams

    def _lost(self, error: OSError) -> UnreachableError:
        return UnreachableError(self._device, f"the connection to {self.port} is gone: {error.strerror or error}")
