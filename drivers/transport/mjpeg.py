"""A network camera as a source of pictures: one MJPEG stream over HTTP, taken up when pictures are wanted."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator

import httpx
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.transport.frame_source import Frame, FrameSource
from drivers.transport.mjpeg_codec import MjpegDecoder, MjpegError, Part, boundary_in

OPEN_DEADLINE_S = 2.0
"""Seconds to reach a camera in the same cabinet and have its answer begin; a replugged one must be ready within three."""

CHECK_DEADLINE_S = 0.7
"""Seconds a camera may take to accept a connection. With a poll every half second, an unplugged one is seen within two."""

HANG_UP_DEADLINE_S = 1.0
"""Seconds that ending a stream may take; it takes one pass of the loop."""

SPOILED_IN_A_ROW = 6
"""Damaged pictures one after the other from which the camera counts as garbled; one now and then is skipped."""


_HUNG_UP = ("Server disconnected", "peer closed")
"""How httpx begins what it says of a connection that ended too early; it has one class for that and for nonsense. Checked by
tests/drivers/transport/test_mjpeg.py."""


class HttpFrames(FrameSource):
    """One camera that answers a GET with a stream that does not end. While it rests there is no stream."""

    def __init__(self, url: str, *, host: str, number: int, device: str, clock: Clock) -> None:
        """Describe the camera; ``open`` reaches it. ``device`` is the device's name, for messages."""
        self._url = url
        self._host = host
        self._number = number
        self._device = device
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._answer: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._decoder = MjpegDecoder(b"")
        self._ready: deque[Part] = deque()
        self._sequence = 0

    @property
    @override
    def port(self) -> str:
        return self._url

    @override
    async def open(self) -> None:
        await self.close()
        # Nothing here is encrypted: a context that trusts nobody spares the reading of the system's certificates.
        transport = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), retries=0)
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)  # noqa: S113  deadlines are ours
        self._sequence = 0
        is_answering = False
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                await self._take_up()
            is_answering = True
        except TimeoutError:
            raise self._late(OPEN_DEADLINE_S) from None
        finally:
            if not is_answering:
                await self.close()

    @override
    async def close(self) -> None:
        client, self._client = self._client, None
        await self._hang_up()
        if client is not None:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await client.aclose()

    @override
    async def next_frame(self, *, deadline_s: float) -> Frame:
        is_well = False
        try:
            async with asyncio.timeout(deadline_s):
                if self._chunks is None:
                    await self._take_up()
                part = await self._next_part()
            is_well = True
        except TimeoutError:
            if self._decoder.spoiled_in_a_row:
                raise self._garbled() from None
            raise self._late(deadline_s) from None
        finally:
            if not is_well:  # a stream that was given up in the middle cannot be gone on with
                await self._hang_up()
        self._sequence += 1
        return Frame(sequence=self._sequence, came_s=self._clock.monotonic_s(), stamp_s=part.stamp_s, jpeg=part.jpeg)

    @override
    async def rest(self) -> None:
        await self._hang_up()

    @override
    async def check(self) -> None:
        if self._client is None:
            raise self._closed()
        try:
            async with asyncio.timeout(CHECK_DEADLINE_S):
                _, writer = await asyncio.open_connection(self._host, self._number)
        except TimeoutError:
            raise UnreachableError(self._device, f"{self._url} did not answer within {CHECK_DEADLINE_S:g} s") from None
        except OSError as error:
            raise UnreachableError(self._device, f"cannot connect to {self._url}: {error.strerror or error}") from error
        writer.transport.abort()

    async def _take_up(self) -> None:
        """Ask for the stream and see that it is one."""
        if self._client is None:
            raise self._closed()
        try:
            request = self._client.build_request("GET", self._url)
            self._answer = await self._client.send(request, stream=True)
        except (httpx.HTTPError, OSError) as error:
            raise self._trouble(error) from error
        if self._answer.status_code != httpx.codes.OK:
            raise ProtocolError(self._device, f"{self._url} answered {self._answer.status_code}, not a stream", evidence=b"")
        try:
            self._decoder = MjpegDecoder(boundary_in(self._answer.headers.get("content-type", "")))
        except MjpegError as error:
            raise ProtocolError(self._device, f"{self._url} sends {error}", evidence=b"") from error
        self._chunks = self._answer.aiter_raw()

    async def _next_part(self) -> Part:
        while not self._ready:
            if self._chunks is None:
                raise self._closed()
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                raise UnreachableError(self._device, f"the stream of {self._url} ended") from None
            except (httpx.HTTPError, httpx.StreamError, OSError) as error:
                raise self._trouble(error) from error
            self._ready.extend(self._decoder.feed(chunk))
            if self._decoder.spoiled_in_a_row >= SPOILED_IN_A_ROW:
                raise self._garbled()
        newest = self._ready.pop()  # older ones that came along with it are of no use to anyone
        for part in self._ready:
            part.jpeg[:] = bytes(len(part.jpeg))
        self._ready.clear()
        return newest

    async def _hang_up(self) -> None:
        answer, self._answer, self._chunks = self._answer, None, None
        self._decoder.wipe()
        for part in self._ready:
            part.jpeg[:] = bytes(len(part.jpeg))
        self._ready.clear()
        if answer is not None:
            with contextlib.suppress(httpx.HTTPError, httpx.StreamError, OSError, TimeoutError):
                async with asyncio.timeout(HANG_UP_DEADLINE_S):
                    await answer.aclose()

    def _trouble(self, error: Exception) -> DriverError:
        """Say what a failed exchange means: nonsense from one who is there, or somebody who is gone."""
        if self._client is None:
            return self._closed()
        if isinstance(error, httpx.RemoteProtocolError) and not str(error).startswith(_HUNG_UP):
            return ProtocolError(self._device, f"{self._url} does not speak HTTP", evidence=b"")
        return UnreachableError(self._device, f"the connection to {self._url} is gone: {str(error) or type(error).__name__}")

    def _garbled(self) -> ProtocolError:
        count = self._decoder.spoiled_in_a_row
        # The bytes may show a person: they are no evidence.
        return ProtocolError(self._device, f"{count} pictures in a row from {self._url} are damaged", evidence=b"")

    def _late(self, deadline_s: float) -> DeadlineError:
        return DeadlineError(self._device, f"no picture came from {self._url} within {deadline_s:g} s", deadline_s=deadline_s)

    def _closed(self) -> UnreachableError:
        return UnreachableError(self._device, f"{self._url} is not open")
