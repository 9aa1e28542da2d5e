"""HTTP to an IPP printer: one message goes there, one comes back. What they mean is for a codec."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError, UnreachableError

DEFAULT_NUMBER = 631
"""RFC 8010 section 4: the port of ``ipp`` and ``ipps``."""

MEDIA_TYPE = "application/ipp"

MOST_ANSWER_BYTES = 1 << 20
"""Bytes of an answer that are read; what goes on beyond them is no answer to anything we ask."""

MOST_EVIDENCE_BYTES = 512

SLICE_BYTES = 65536
"""Bytes of a request handed to the socket at once."""


_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
"""A name or an address, without the brackets of IPv6."""


def ipp_for(port: str, *, device: str, clock: Clock) -> "IppLink":
    """Return the way to the printer at ``port``; nothing is opened yet.

    Args:
        port: ``ipp://HOST:PORT/PATH`` or ``ipps://...``; without them port 631 and the path ``/ipp/print`` are meant.
        device: The device's name, for messages.
        clock: Not needed: real sockets have real deadlines.

    Raises:
        ValueError: Unknown scheme, or more than a host, a port and a path.
    """
    del clock
    parts = urlsplit(port)
    if parts.scheme not in ("ipp", "ipps"):
        raise ValueError(f"port: {port!r} begins with neither ipp:// nor ipps://; e.g. ipp://192.168.1.60:631/ipp/print")
    try:
        number = DEFAULT_NUMBER if parts.port is None else parts.port
    except ValueError:
        number = 0
    if not number or not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError(f"port: {port!r} needs a host and a port of 1 to 65535; e.g. ipp://192.168.1.60:631/ipp/print")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"port: {port!r} has more than a host, a port and a path; e.g. ipp://192.168.1.60:631/ipp/print")
    path = parts.path if parts.path not in ("", "/") else "/ipp/print"
    try:
        return IppLink(parts.hostname or "", number, path, is_encrypted=parts.scheme == "ipps", device=device)
    except httpx.InvalidURL as error:
        raise ValueError(f"port: {port!r} is no address ({error}); e.g. ipp://192.168.1.60:631/ipp/print") from error


class IppLink:
    """Carries IPP messages to one printer and its answers back.

    Each message has a connection of its own: a kept one that the printer has let go of meanwhile would make it uncertain
    whether a document was taken. ``ipps`` encrypts and does not authenticate: printers sign their own certificates.
    """

    def __init__(self, host: str, number: int, path: str, *, is_encrypted: bool, device: str) -> None:
        """Describe the printer; ``open`` makes the client. ``device`` is the device's name, for messages."""
        written = f"[{host}]" if ":" in host else host
        self._is_encrypted = is_encrypted
        self._port = f"{'ipps' if is_encrypted else 'ipp'}://{written}:{number}{path}"
        self._url = httpx.URL(f"{'https' if is_encrypted else 'http'}://{written}:{number}{path}")
        self._device = device
        self._client: httpx.AsyncClient | None = None
        self._underway: set[asyncio.Timeout] = set()

    @property
    def port(self) -> str:
        """Where it leads; also the printer's name in every message to it."""
        return self._port

    async def open(self) -> None:
        """Make the client. Nothing is sent: there is no connection before there is a message."""
        await self.close()
        self._client = httpx.AsyncClient(
            trust_env=False,
            verify=_encrypts_only() if self._is_encrypted else False,
            timeout=None,  # noqa: S113  every exchange has one deadline over all its parts
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE, "Accept-Encoding": "identity", "Connection": "close"},
        )

    async def close(self) -> None:
        """Let go. Twice is fine; an exchange underway ends with UnreachableError. Never raises."""
        client, self._client = self._client, None
        while self._underway:
            timeout = self._underway.pop()
            if not timeout.expired():
                timeout.reschedule(asyncio.get_running_loop().time())
        if client is not None:
            await client.aclose()

    async def exchange(self, payload: bytes, *, deadline_s: float) -> bytes:
        """Send one message and return what comes back.

        Raises:
            UnreachableError: Nobody is there, or the connection ended in the middle. The message may have been taken.
            DeadlineError: No whole answer in time. The message may have been taken.
            ProtocolError: Somebody answers who is no IPP printer, or without end.
        """
        client = self._client
        if client is None:
            raise UnreachableError(self._device, f"{self._port} is not open")
        timeout = asyncio.timeout(deadline_s)
        self._underway.add(timeout)
        try:
            async with timeout:
                return await self._posted(client, payload)
        except TimeoutError:
            if client is not self._client:
                raise UnreachableError(self._device, f"{self._port} was closed") from None
            raise DeadlineError(
                self._device, f"no whole answer from {self._port} within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except httpx.RemoteProtocolError as error:
            if _has_ended(error):
                raise UnreachableError(self._device, f"the connection to {self._port} ended before its answer") from error
            raise self._nonsense(f"not HTTP: {error}", b"") from error
        except httpx.HTTPError as error:
            raise UnreachableError(self._device, f"cannot reach {self._port}: {str(error) or type(error).__name__}") from error
        finally:
            self._underway.discard(timeout)

    async def _posted(self, client: httpx.AsyncClient, payload: bytes) -> bytes:
        headers = {"Content-Length": str(len(payload))}
        async with client.stream("POST", self._url, content=_sliced(payload), headers=headers) as answer:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MOST_ANSWER_BYTES:
                    raise self._nonsense(f"an answer of more than {MOST_ANSWER_BYTES} bytes", body)
            if answer.status_code != httpx.codes.OK:
                raise self._nonsense(f"HTTP {answer.status_code}; expected 200", body)
            if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
                raise self._nonsense(f"an answer that is not {MEDIA_TYPE}", body)
            return bytes(body)

    def _nonsense(self, what: str, body: bytes | bytearray) -> ProtocolError:
        return ProtocolError(self._device, f"{self._port} answers {what}", evidence=bytes(body[:MOST_EVIDENCE_BYTES]))


async def _sliced(payload: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(payload), SLICE_BYTES):
        yield payload[at : at + SLICE_BYTES]


def _has_ended(error: httpx.RemoteProtocolError) -> bool:
    """Tell a connection that ended too early from one that speaks no HTTP.

    The libraries have one exception for both; the words are held by tests/drivers/transport/test_ipp.py.
    """
    return "disconnected" in str(error) or "peer closed" in str(error)


def _encrypts_only() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
