"""A broker that asks for certificates, the embedded one or a real mosquitto, and everybody who may stand before it."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from telemetry.mqtt import Address, Connection, Credentials, LineError, Opening, Published, Received, Will
from telemetry.mqtt.listener import Listener
from telemetry.wire.topics import KioskId
from tests.fakes.authority import Authority
from tests.telemetry.together import MOSQUITTO, PATIENCE_S, free_port

HOST = "127.0.0.1"
SHIPPED = Path(__file__).resolve().parents[2] / "deploy/mosquitto"


@dataclass(frozen=True, kw_only=True)
class Secured:
    """A broker that is up, and the authority it believes.

    Attributes:
        port: Where kiosks connect.
        service_port: Where the service does: the same at the embedded broker.
        pid: Of the process; None for the embedded one, which sees for itself that the list is new.
    """

    authority: Authority
    server: Credentials
    port: int
    service_port: int
    pid: int | None

    @property
    def is_mosquitto(self) -> bool:
        return self.pid is not None

    def address(self, *, is_service: bool = False) -> Address:
        return Address(host=HOST, port=self.service_port if is_service else self.port, is_secure=True)

    def revoke(self, *revoked: Credentials) -> None:
        """Put certificates on the list, and have it read."""
        self.authority.revoke(*revoked)
        self.read_list()

    def renew(self, server: Credentials) -> None:
        """Put another certificate in the place of the server's, the key first."""
        server.key.replace(self.server.key)
        server.certificate.replace(self.server.certificate)
        self.read_list()

    def read_list(self) -> None:
        """What systemd's path unit does when the list was written."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGHUP)

    @asynccontextmanager
    async def guest(
        self,
        credentials: Credentials | None,
        *,
        client_id: str,
        heard: list[Received] | None = None,
        will: Will | None = None,
        address: Address | None = None,
    ) -> AsyncIterator[Connection]:
        """Somebody who connects where kiosks do; raises LineError when not let in."""
        opening = Opening(
            address=address or self.address(), client_id=client_id, keepalive_s=20, will=will, credentials=credentials
        )
        connection = await Connection.open(
            opening, on_message=heard.append if heard is not None else lambda _: None, run_blocking=asyncio.to_thread
        )
        try:
            yield connection
        finally:
            connection.abort("enough")

    @asynccontextmanager
    async def service(self, heard: list[Published]) -> AsyncIterator[Listener]:
        """The fleet service's own connection, hearing everything."""
        opening = Opening(
            address=self.address(is_service=True),
            client_id="service-of-the-test",
            keepalive_s=20,
            credentials=self.authority.service(),
        )
        listener = await Listener.open(opening, on_heard=lambda _listener, messages: heard.extend(messages))
        await listener.subscribe({"zz/#": 1})
        try:
            yield listener
        finally:
            await listener.close()


def name_of(kiosk: KioskId) -> str:
    return f"{kiosk.county}/{kiosk.kiosk}"


@contextmanager
def embedded(folder: Path) -> Iterator[Secured]:
    """The broker of ours, with its door."""
    authority = Authority(folder / "authority")
    server, port = authority.server(HOST), free_port()
    files = {"ca": authority.ca, "certificate": server.certificate, "key": server.key, "revoked": authority.crl}
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    with running(sys.executable, "-m", "telemetry.fleet.broker", "--port", str(port), *words, port=port):
        yield Secured(authority=authority, server=server, port=port, service_port=port, pid=None)


@contextmanager
def mosquitto(folder: Path) -> Iterator[Secured]:
    """A real one, with the files we ship; only where they lie and the ports are the test's."""
    authority = Authority(folder / "authority")
    server, port, service_port = authority.server(HOST), free_port(), free_port()
    for path, name in ((server.certificate, "server.pem"), (server.key, "server.key"), (SHIPPED / "rights.acl", "rights.acl")):
        shutil.copy(path, authority.folder / name)
    settings = (SHIPPED / "zhizhu.conf").read_text(encoding="utf-8")
    settings = settings.replace("/etc/mosquitto/zhizhu/", f"{authority.folder}/").replace("persistence true", "persistence false")
    settings = settings.replace("listener 8883", f"listener {port} {HOST}").replace("listener 8884", f"listener {service_port}")
    file = folder / "mosquitto.conf"
    file.write_text(f"{settings}\nuser root\n", encoding="utf-8")
    with running(str(MOSQUITTO), "-c", str(file), port=service_port) as pid:
        own = Credentials(ca=authority.ca, certificate=authority.folder / "server.pem", key=authority.folder / "server.key")
        yield Secured(authority=authority, server=own, port=port, service_port=service_port, pid=pid)


@contextmanager
def running(*command: str, port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while not _listens(port):
            assert time.monotonic() < deadline_s, f"no broker within {PATIENCE_S} s"
            time.sleep(0.02)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


async def is_let_in(secured: Secured, credentials: Credentials, client_id: str) -> str:
    """Try; returns why not, as it is told, and nothing when it is."""
    try:
        async with secured.guest(credentials, client_id=client_id):
            return ""
    except LineError as error:
        return str(error)
