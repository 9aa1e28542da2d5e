"""One HTTP request and what became of it: answered, certainly not sent, or unclear. Nothing is ever raised."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

import httpx

from drivers.contract.clock import Clock
from kiosk.gateway.settings import PlatformSettings

JSON = "application/json"

MOST_BYTES = 256 * 1024
"""An answer is a page of text; the longest statement is under 20 KB. What is larger is not read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was expected came, or JSON, whole and of bearable size. ``kind`` says which."""

    code: int
    kind: str
    body: bytes = field(repr=False)
    retry_after_s: float | None

    @property
    def is_success(self) -> bool:
        """Whether the code says so."""
        return 200 <= self.code < 300

    @property
    def description(self) -> str:
        """For a technician."""
        return f"answered {self.code} with {len(self.body)} bytes of {self.kind}"


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left this machine towards the platform."""

    why: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It was sent, perhaps in part, and no answer of a platform came back."""

    why: str


class Exchange:
    """Sends requests to one platform. Every request is a connection of its own, so none dies on a stale one."""

    def __init__(self, *, settings: PlatformSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> None:
        """Prepare; nothing is sent. ValueError when the token file cannot be used."""
        self._settings = settings
        self._clock = clock
        self._where = f"{settings.base_url.host}:{settings.base_url.port}"
        self._client = httpx.AsyncClient(
            base_url=str(settings.base_url),
            headers={
                "Authorization": f"Bearer {settings.read_token()}",
                # A small compressed answer can unpack to gigabytes; ours are short anyway.
                "Accept-Encoding": "identity",
            },
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
        )

    async def send(
        self,
        method: Literal["GET", "POST", "PUT"],
        path: str,
        *,
        deadline_s: float,
        body: bytes | memoryview | None = None,
        idempotency_key: str | None = None,
        sends: str = JSON,
        expects: str = JSON,
        at_most_bytes: int = MOST_BYTES,
    ) -> Answered | NotSent | Unclear:
        """Send one request and wait for its answer, to ``deadline_s`` on the clock at most.

        Args:
            method: HTTP's.
            path: Below the platform's base.
            deadline_s: On the clock, not from now.
            body: What is sent.
            idempotency_key: What makes a repetition the same request.
            sends: Media type of ``body``.
            expects: Media type of the answer; any other is unclear.
            at_most_bytes: A longer answer is not read to its end.
        """
        remaining_s = deadline_s - self._clock.monotonic_s()
        if remaining_s <= 0:
            return NotSent(why="no time was left to send it")
        headers = {"Accept": expects} | ({"Content-Type": sends} if body is not None else {})
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        answer_s = min(self._settings.answer_s, remaining_s)
        connect_s = min(self._settings.connect_s, remaining_s)
        request = self._client.build_request(
            method,
            path,
            content=None if body is None else bytes(body),
            headers=headers,
            timeout=httpx.Timeout(answer_s, connect=connect_s, pool=connect_s),
        )
        try:
            # httpx bounds each read; a body that trickles must be bounded as a whole.
            async with asyncio.timeout(min(connect_s + answer_s, remaining_s + 0.05)):
                response = await self._client.send(request, stream=True)
                try:
                    return await self._read(response, expects=expects, at_most_bytes=at_most_bytes)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return NotSent(why=f"{self._where}: could not connect within {connect_s:.1f} s: {type(error).__name__}")
        except TimeoutError:
            return Unclear(why=f"no whole answer within {min(connect_s + answer_s, remaining_s):.1f} s")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            return Unclear(why=f"no answer: {type(error).__name__}")

    async def close(self) -> None:
        """Let go of the network. Twice is fine."""
        await self._client.aclose()

    async def _read(self, response: httpx.Response, *, expects: str, at_most_bytes: int) -> Answered | Unclear:
        code = response.status_code
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (expects, JSON) and code != httpx.codes.TOO_MANY_REQUESTS:
            return Unclear(why=f"answered {code} with {kind[:40] or 'no content type'!r}, expected {expects}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            return Unclear(why=f"answered {code} in an encoding that was not asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > at_most_bytes:
                return Unclear(why=f"answered {code} with more than {at_most_bytes} bytes")
        return Answered(code=code, kind=kind, body=bytes(body), retry_after_s=_seconds(response.headers.get("retry-after")))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds; its other form, a date, is as good as none while clocks may be wrong."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit() or len(retry_after) > 6:
        return None
    return float(retry_after)
