"""A real door on a free port, in a thread of its own, and kiosks that come to it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter

from provisioning.fleet.kiosk_door import DoorTls, KioskDoor
from tests.provisioning.identity.bureau import Bureau

START_DEADLINE_S = 10.0


class ServedDoor:
    """A running door: ``url``. Its TLS goes by the machine's clock, its answers by ``now``."""

    def __init__(self, bureau: Bureau, *, now: Callable[[], datetime], routers: Iterable[APIRouter] = ()) -> None:
        self.bureau = bureau
        self.ca = bureau.folder / "ca.pem"
        self.tls = DoorTls(bureau.authority, bureau.folder, ("127.0.0.1", "localhost"), now=now)
        self.door = KioskDoor(self.tls, bureau.enrolling, bureau.renewing, bureau.returning, now=now, routers=routers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self.door.serve(self._listening)), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.door.end()
        self._thread.join(START_DEADLINE_S)
        self._listening.close()

    def client(self, folder: Path, key: ec.EllipticCurvePrivateKey | None = None, certificate: str = "") -> httpx.Client:
        """Return a client that believes this CA alone, with a kiosk's certificate if it has one."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if key is not None:
            pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            (folder / "pair.pem").write_bytes(certificate.encode() + pem)
            context.load_cert_chain(folder / "pair.pem")
        return httpx.Client(base_url=self.url, verify=context, timeout=10)
