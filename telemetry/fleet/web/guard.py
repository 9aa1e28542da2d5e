"""What every answer carries and what no question may be: headers against other people's scripts, a bound on the query."""

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
MOST_QUERY_BYTES = 2_048
"""A filter is some words; anything longer is no question of ours."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """Plain ASGI, so that streams pass through it piece by piece."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 414 to an endless query, else pass on and put the headers on what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if len(scope["query_string"]) > MOST_QUERY_BYTES:
            refusal = JSONResponse({"detail": f"query longer than {MOST_QUERY_BYTES} bytes"}, status_code=414)
            await refusal(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)
