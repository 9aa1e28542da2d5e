"""uvicorn's HTTP protocol, and two things it does not do: say whose certificate was shown, not wait for ever for a question."""

import asyncio
import ssl
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

PEER = "zhizhu.peer"
"""Key of the ASGI scope: the certificate that was shown, in DER, checked by TLS against the fleet's CA; None without one."""

QUESTION_WITHIN_S = 20.0
"""Seconds from the handshake to the whole head of the first question; between two, uvicorn's keep-alive is the limit."""


class PeerProtocol(H11Protocol):
    """One connection of a kiosk."""

    _patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        """Take note of the certificate; every question of this connection carries it."""
        super().connection_made(transport)
        tls = cast("ssl.SSLObject | None", transport.get_extra_info("ssl_object"))
        self.app = _Shown(self.app, None if tls is None else tls.getpeercert(binary_form=True))
        self._patience = self.loop.call_later(QUESTION_WITHIN_S, self._end_unasked)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _end_unasked(self) -> None:
        has_asked = cast("object | None", self.cycle) is not None  # uvicorn declares it as always there
        if not has_asked and not self.transport.is_closing():
            self.transport.abort()


class _Shown:
    """Puts the certificate into the scope."""

    def __init__(self, app: ASGIApp, der: bytes | None) -> None:
        self._app = app
        self._der = der

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, PEER: self._der}, receive, send)
