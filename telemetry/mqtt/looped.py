"""paho's socket on the event loop, by paho's documented external-loop interface: read, written, kept alive, watched."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho

from telemetry.mqtt.opening import LineError

SILENCE_FACTOR = 1.45
"""Keepalives without a single byte after which the other end is taken for gone: paho pings after one, so half of one is left
for the answer. Below the 1.5 after which the broker gives us up (MQTT 3.1.1, 3.1.2.10)."""


class LoopedSocket:
    """The socket of one paho client while the loop serves it. Belongs to that loop."""

    def __init__(self, client: paho.Client, *, keepalive_s: int, on_silence: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            client: Whose socket.
            keepalive_s: Seconds after which paho pings.
            on_silence: Called once, with why, when nobody answers any more.
        """
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._keepalive_s = keepalive_s
        self._on_silence = on_silence
        self._socket: Any | None = None
        self._is_reading = False
        self._wants_reading = True
        self._is_writing = False
        self._heard_s = self._loop.time()
        self._ticking: asyncio.Task[None] | None = None
        self._is_over = False

    def join(self) -> None:
        """Serve the socket paho has opened. Raises LineError when it has none (any more)."""
        opened = self._client.socket()
        if opened is None:
            raise LineError("closed while connecting")
        connected: Any = opened  # a socket.socket; paho promises less
        self._socket = connected
        # Without it a small packet waits 40 ms for the acknowledgement of the one before it.
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard_s = self._loop.time()
        self._client.on_socket_register_write = lambda *_: self._start_writing()
        self._client.on_socket_unregister_write = lambda *_: self._stop_writing()
        self._client.on_socket_close = lambda *_: self.leave()
        self._follow_reading()
        if self._client.want_write():
            self._start_writing()
        self._ticking = self._loop.create_task(self._tick(), name="mqtt keepalive")

    def leave(self) -> None:
        """Let the socket go. Twice is fine."""
        self._stop_writing()
        if self._is_reading and self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._is_reading = False
        self._socket = None

    def stop_ticking(self) -> None:
        """Watch no longer. Twice is fine."""
        self._is_over = True
        if self._ticking is not None and self._ticking is not asyncio.current_task():
            self._ticking.cancel()

    def pause(self) -> None:
        """Read nothing more for now."""
        self._wants_reading = False
        self._follow_reading()

    def resume(self) -> None:
        """Read again."""
        if self._wants_reading:
            return
        self._wants_reading = True
        self._heard_s = self._loop.time()
        self._follow_reading()

    def _follow_reading(self) -> None:
        if self._socket is None or self._wants_reading == self._is_reading:
            return
        if self._wants_reading:
            self._loop.add_reader(self._socket, self._on_readable)
            self._is_reading = True
            if self._has_decrypted:
                self._loop.call_soon(self._on_readable)
        else:
            self._loop.remove_reader(self._socket)
        self._is_reading = self._wants_reading

    def _start_writing(self) -> None:
        if self._socket is not None and not self._is_writing:
            self._loop.add_writer(self._socket, self._client.loop_write)
            self._is_writing = True

    def _stop_writing(self) -> None:
        if self._socket is not None and self._is_writing:
            self._loop.remove_writer(self._socket)
        self._is_writing = False

    def _on_readable(self) -> None:
        if not self._is_reading:
            return
        self._heard_s = self._loop.time()
        self._client.loop_read()
        # What TLS has decrypted no longer shows on the socket: nobody would call again for it.
        while self._has_decrypted:
            self._client.loop_read()

    @property
    def _has_decrypted(self) -> bool:
        return self._is_reading and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    async def _tick(self) -> None:
        """Let paho ping, and notice that nobody answers."""
        limit_s = self._keepalive_s * SILENCE_FACTOR
        while not self._is_over:
            await asyncio.sleep(min(1.0, self._keepalive_s / 20))
            if self._wants_reading and self._loop.time() - self._heard_s > limit_s:
                self._on_silence(f"not a byte for {limit_s:g} s")
                return
            self._client.loop_misc()
