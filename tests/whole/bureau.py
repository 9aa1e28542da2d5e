"""A bureau over a kiosk that is a process: signs documents, hears what became of them; the core starts again as by systemd."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.agent.trusted_keys import FILE
from provisioning.wire.desired_state import KIND, Addressee, Document, write_document
from provisioning.wire.signatures import key_id, seal
from telemetry.wire.topics import Down, KioskId, topic
from tests.telemetry.together import guest
from tests.whole.process import KioskProcess, kiosk_process

OURS = KioskId(county="demo", kiosk="DEMO-001")
BUREAU = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
SAID_S = 10.0


class Bureau:
    """Signs documents for the kiosk, and listens to what became of them."""

    def __init__(self, kiosk: KioskProcess, broker_port: int) -> None:
        self._kiosk = kiosk
        self._port = broker_port
        pem = BUREAU.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (kiosk.state / FILE).parent.mkdir()
        (kiosk.state / FILE).write_text(json.dumps({key_id(BUREAU.public_key()): pem.decode()}))

    async def sends(self, version: int, settings: Mapping[str, object], *, county: str = OURS.county) -> None:
        """Send a document."""
        now = datetime.now(UTC)
        document = Document.model_validate(
            {
                "addressee": Addressee(county=county, kiosk=OURS.kiosk),
                "version": version,
                "issued_at": now,
                "expires_at": now + timedelta(days=7),
                "settings": dict(settings),
            }
        )
        async with guest(self._port) as line:
            await line.publish(topic(OURS, Down.DESIRED), seal(write_document(document), KIND, [BUREAU]), qos=1)

    async def hears(self, state: str, *, since: int, within_s: float = SAID_S) -> Mapping[str, object]:
        """Wait until the kiosk says this of a document."""
        body = await self._kiosk.ear.body(
            "event",
            lambda said: said["name"] == "desired.reported" and said["fields"]["state"] == state,
            what=state,
            since=since,
            within_s=within_s,
        )
        fields: Mapping[str, object] = body["fields"]
        return fields


@asynccontextmanager
async def scene(
    folder: Path, broker_port: int, *, launcher: Path | None = None, restart_s: float = 0.0
) -> AsyncIterator[tuple[KioskProcess, Bureau]]:
    """A kiosk that belongs to a bureau, well, and started again whenever it ends, as systemd would.

    Args:
        folder: As for ``kiosk_process``.
        broker_port: Of a broker that runs.
        launcher: The launcher that starts the core; None starts it without one, and there are no releases.
        restart_s: Seconds from an end to the next start.
    """
    async with kiosk_process(folder, broker_port=broker_port) as kiosk:
        kiosk.launcher = launcher
        bureau = Bureau(kiosk, broker_port)
        await kiosk.start()
        await kiosk.well(within_s=90)
        async with supervised(kiosk, restart_s=restart_s):
            yield kiosk, bureau


@asynccontextmanager
async def supervised(kiosk: KioskProcess, *, restart_s: float = 0.0) -> AsyncIterator[None]:
    """Start the core again whenever it ends."""

    async def again() -> None:
        while True:
            assert kiosk.process is not None
            await kiosk.process.wait()
            await asyncio.sleep(restart_s)
            await kiosk.start()

    supervising = asyncio.create_task(again())
    try:
        yield
    finally:
        supervising.cancel()
        await asyncio.wait({supervising})
