"""Puts the door together: its TLS, its application, and the server that listens."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from provisioning.fleet.authority import Authority, OwnCertificate, keep_own
from provisioning.fleet.authority.authority import CERTIFICATE
from provisioning.fleet.kiosk_door import enrolment_routes, return_routes
from provisioning.fleet.kiosk_door.peer import PeerProtocol
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.renewing import Renewing
from provisioning.fleet.registry.returning import Returning
from provisioning.wire.identity import Bearer
from telemetry.fleet.web.serving import PartServer
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

LOOK_AT_OWN_S = 6 * 3_600.0
"""Seconds between two looks at whether the server's own certificate grows old."""
MOST_CONNECTIONS = 2_000
FAREWELL_S = 3
AGAIN_S = "15"
"""Seconds after which a kiosk asks again when the store is away."""


class DoorTls:
    """The door's end of TLS: a certificate of the fleet's CA, and kiosks' certificates looked at where they are shown."""

    def __init__(self, authority: Authority, folder: Path, names: tuple[str, ...], *, now: Callable[[], datetime]) -> None:
        """Make or find the server's certificate.

        Args:
            authority: Issues it.
            folder: Where the CA lies, usually ``STATE/authority``.
            names: Names and addresses kiosks reach the server by, at least one.
            now: Server's clock.

        Raises:
            OSError: The disk does not take it.
        """
        self._authority = authority
        self._folder = folder
        self._names = names
        self._now = now
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = (
            ssl.CERT_OPTIONAL
        )  # who enrols or comes back has none that counts; every other route asks for the caller
        self.context.load_verify_locations(folder / CERTIFICATE)
        self._show(self._own())

    async def keep(self) -> None:
        """Look after the server's certificate until cancelled; a new one is shown to whoever connects from then on."""
        while True:
            await asyncio.sleep(LOOK_AT_OWN_S)
            try:
                self._show(await asyncio.to_thread(self._own))
            except OSError as error:
                log.warning("own certificate not renewed", why=str(error))

    def _own(self) -> OwnCertificate:
        server, _ = keep_own(self._authority, self._folder, self._names, now=self._now())
        return server

    def _show(self, own: OwnCertificate) -> None:
        self.context.load_cert_chain(own.certificate, own.key)


class KioskDoor:
    """The door itself."""

    def __init__(
        self,
        tls: DoorTls,
        enrolling: Enrolling,
        renewing: Renewing,
        returning: Returning,
        *,
        now: Callable[[], datetime],
        routers: Iterable[APIRouter] = (),
    ) -> None:
        """Put it together.

        Args:
            tls: Its end of TLS.
            enrolling: Answers who wants to be let in.
            renewing: Answers who is in.
            returning: Answers who was away for too long.
            now: Server's clock.
            routers: What else is served here; each asks for ``Caller`` itself.
        """
        self._tls = tls
        self.app = _application(enrolling, renewing, returning, routers, now)
        config = uvicorn.Config(
            self.app,
            http=PeerProtocol,
            ws="none",
            ssl_context_factory=lambda _, __: tls.context,
            proxy_headers=False,  # the address counts guesses: it is the connection's, whatever a header says
            log_config=None,
            access_log=False,
            lifespan="off",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=FAREWELL_S,
        )
        self._server = PartServer(config)

    async def serve(self, listening: socket.socket) -> None:
        """Serve on a listening socket until ``end``, or until cancelled: then, too, answers under way are given."""
        keeping = asyncio.create_task(self._tls.keep(), name="door's certificate")
        serving = asyncio.create_task(self._server.serve(sockets=[listening]), name="door's web")
        try:
            await asyncio.shield(serving)
        finally:
            keeping.cancel()
            self.end()
            await asyncio.wait({keeping, serving})

    def end(self) -> None:
        """Let answers under way be given, then end."""
        self._server.should_exit = True


def _application(
    enrolling: Enrolling,
    renewing: Renewing,
    returning: Returning,
    routers: Iterable[APIRouter],
    now: Callable[[], datetime],
) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    def admit(bearer: Bearer) -> KioskId | None:
        return renewing.admit(bearer, now=now())

    async def store_is_away(request: Request, error: Exception) -> JSONResponse:
        log.warning("kiosk not answered", path=request.url.path, why=str(error))
        return JSONResponse({"detail": "the store is away"}, status_code=503, headers={"Retry-After": AGAIN_S})

    app.state.admit = admit
    app.add_exception_handler(SQLAlchemyError, store_is_away)
    app.include_router(enrolment_routes.router(enrolling, renewing, now=now))
    app.include_router(return_routes.router(returning, now=now))
    for routes in routers:
        app.include_router(routes)
    return app
