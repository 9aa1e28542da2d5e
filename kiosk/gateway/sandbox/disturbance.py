"""What stands between a kiosk and the platform when the switch is turned: errors, portals, silence, cut connections."""

import asyncio
from collections.abc import MutableMapping
from typing import Protocol

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from kiosk.gateway.sandbox.mode import ON_EVERYTHING, Manner, Mode, Switch

HANG_S = 600.0
"""Longer than anybody waits."""
HUGE_BYTES = 8 * 1024 * 1024
PORTAL = "<!doctype html><title>欢迎使用无线网络</title><h1>请先登录</h1><p>点击这里开始上网。</p>"


class _Cuttable(Protocol):
    def abort(self) -> None: ...


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn whose connections the application can cut, as a broken line does."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        super().connection_made(transport)
        _application(self.config.app).state.cuts_lines = True
        if self.client is not None:
            _lines(self.config.app)[self.client] = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.client is not None:
            _lines(self.config.app).pop(self.client, None)


class _InsteadError(Exception):
    """Answer with this instead of with what was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__("the switch is turned")
        self.response = response


def install(app: FastAPI, switch: Switch) -> None:
    """Put the switch into the application."""
    app.state.switch = switch
    app.state.lines = {}
    app.state.cuts_lines = False

    @app.exception_handler(_InsteadError)
    async def _(_: Request, instead: _InsteadError) -> Response:
        return instead.response


async def as_the_mode_says(request: Request) -> None:
    """Let a kiosk's request through, or do to it what the switch says."""
    switch: Switch = request.app.state.switch
    mode = switch.use(ON_EVERYTHING)
    if mode.manner is Manner.HANG:
        await switch.wait_changed(at_most_s=HANG_S)
        raise _InsteadError(drop(request))
    if response := _response(mode):
        raise _InsteadError(response)


def drop(request: Request) -> Response:
    """Cut the connection of a request, if whoever asked is still there; the response returned reaches nobody."""
    if not request.app.state.cuts_lines:
        message = "the connection can only be cut when served with CuttableProtocol"
        raise RuntimeError(message)
    line = _lines(request.app).get((request.client.host, request.client.port)) if request.client else None
    if line is not None:
        line.abort()
    return Response(status_code=500)


def _response(mode: Mode) -> Response | None:
    match mode.manner:
        case Manner.FAIL:
            return Response("upstream failure", status_code=int(mode.value), media_type="text/plain")
        case Manner.HTML:
            return HTMLResponse(PORTAL)
        case Manner.REDIRECT:
            return Response(status_code=302, headers={"Location": "http://portal.invalid/login"})
        case Manner.HUGE:
            return Response(b'{"status":"' + b"a" * HUGE_BYTES + b'"}', media_type="application/json")
        case Manner.GARBLED:
            return Response(b'{"status":"accepted","document":{"number":\xff\xfe', media_type="application/json")
        case Manner.BUSY:
            return Response(
                b'{"status":"busy"}',
                status_code=429,
                media_type="application/json",
                headers={"Retry-After": f"{mode.value:.0f}"},
            )
        case _:
            return None


def _lines(app: object) -> MutableMapping[tuple[str, int], _Cuttable]:
    lines: MutableMapping[tuple[str, int], _Cuttable] = _application(app).state.lines
    return lines


def _application(app: object) -> FastAPI:
    # uvicorn declares its application as any callable; ours is the FastAPI that ``install`` was given.
    assert isinstance(app, FastAPI)  # noqa: S101
    return app
