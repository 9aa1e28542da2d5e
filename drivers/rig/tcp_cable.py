"""A network cable: a TCP port of this machine that leads to a far end."""

import asyncio

from typing_extensions import override

from drivers.rig.cable import Cable
from drivers.transport.far_end import FarEnd

HOST = "127.0.0.1"


class TcpCable(Cable):
    """Hosts a far end on a TCP port. One connection at a time, as such devices do; a pulled plug cuts it."""

    def __init__(self, far_end: FarEnd, *, number: int = 0) -> None:
        """Prepare; ``plug`` makes the port. ``number`` 0 takes a free one, and keeps it over every replug."""
        super().__init__(far_end)
        self._number = number
        self._server: asyncio.Server | None = None
        self._line: asyncio.Transport | None = None

    @property
    @override
    def port(self) -> str:
        return f"tcp://{HOST}:{self._number}"

    @property
    @override
    def is_held(self) -> bool:
        return self._line is not None

    def was_connected(self, line: asyncio.Transport) -> bool:
        """Take a connection; False when there is one already."""
        if self._line is not None:
            return False
        self._line = line
        return True

    def was_lost(self, line: asyncio.Transport) -> None:
        """Forget a connection."""
        if self._line is line:
            self._line = None

    def came(self, payload: bytes) -> None:
        """Take bytes from the kiosk."""
        self._arrived_from_kiosk(payload)
        self.wake()

    @override
    async def _connect(self) -> None:
        self._server = await self._loop.create_server(lambda: _Connection(self), HOST, self._number)
        self._number = self._server.sockets[0].getsockname()[1]

    @override
    async def _disconnect(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._line is not None:
            self._line.abort()
            self._line = None

    @override
    def _hand_over(self, payload: bytes) -> None:
        if self._line is not None:
            self._line.write(payload)

    @override
    def _take_more(self, at_most: int) -> None:
        if self._line is not None and not self._line.is_closing():
            if at_most <= 0:
                self._line.pause_reading()
            else:
                self._line.resume_reading()


class _Connection(asyncio.Protocol):
    def __init__(self, cable: TcpCable) -> None:
        self._cable = cable
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            if not self._cable.was_connected(transport):
                transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        self._cable.came(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._cable.was_lost(self._transport)
