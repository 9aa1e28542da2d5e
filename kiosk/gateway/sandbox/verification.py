"""The public page behind the QR code: whoever holds the paper learns whether it is genuine."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.templating import Jinja2Templates

from kiosk.gateway.sandbox.documents import BEIJING
from kiosk.gateway.sandbox.guesses import Guesses
from kiosk.gateway.sandbox.registry import CODE_LENGTH, CODE_LETTERS, Registry

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def install(app: FastAPI, registry: Registry, *, now: Callable[[], datetime]) -> None:
    """Put the page into the application."""
    templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
    guesses = Guesses()

    def page(request: Request, name: str, code: int, **values: object) -> Response:
        return templates.TemplateResponse(
            request, name, {"asked_at": now().astimezone(BEIJING), **values}, status_code=code, headers=HEADERS
        )

    @app.get("/v/{code}", include_in_schema=False)
    async def verify(request: Request, code: str) -> Response:
        address = request.client.host if request.client else ""
        if guesses.are_too_many(address, now=now()):
            return page(request, "wait.html", 429)
        typed = code.strip().upper()
        is_code = len(typed) == CODE_LENGTH and set(typed) <= set(CODE_LETTERS)
        genuine = registry.genuine(typed) if is_code else None
        if genuine is None:
            guesses.miss(address, now=now())
            return page(request, "not_found.html", 404)
        name = "void.html" if genuine.is_void else "genuine.html"
        return page(request, name, 200, document=genuine, issued_at=genuine.issued_at.astimezone(BEIJING))
