"""zhizhu-fleet serve as a process: a fault on the wire becomes a ticket, and somebody outside is told of it once."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from telemetry.wire.topics import Up, topic
from tests.provisioning.test_server import Server, refusal
from tests.telemetry.notices.webhook import KEY, Webhook
from tests.telemetry.said import K1
from tests.telemetry.together import guest, until

GOLDEN = Path(__file__).parents[1] / "telemetry" / "golden" / "v1"
CHANNEL = """
[sign_in]
required = false
[notices]
window_s = 0
[[notices.channel]]
name = "county"
url_file = "address"
quiet = ""
kinds = ["news"]
"""


def _says(name: str, **changed: object) -> bytes:
    told = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return json.dumps({**told, "county": K1.county, "kiosk": K1.kiosk, **changed}).encode()


def _birth() -> bytes:
    moment = datetime.now(UTC).isoformat()
    broken = {
        "device": "id-card-reader", "code": "reader.silent", "severity": "BLOCKING", "remedy": "TECHNICIAN", "since": moment,
    }  # fmt: skip
    return _says("birth", at=moment, faults=[broken], heartbeat_s=60)


async def _well(server: Server) -> None:
    """Wait for it, also on a machine that starts a dozen others."""
    async with asyncio.timeout(90):
        while True:
            answer = await server.health()
            if answer is not None and answer.status_code == 200:
                return
            await asyncio.sleep(0.05)


@pytest.mark.system
@pytest.mark.timeout(150)
async def test_a_fault_on_the_wire_is_a_ticket_and_one_notice_and_the_address_is_in_no_log(tmp_path: Path) -> None:
    webhook = Webhook()
    webhook.start()
    server = Server(tmp_path)
    (tmp_path / "address").write_text(webhook.address)
    server.config.write_text(server.config.read_text() + CHANNEL)
    try:
        async with server.up() as process:
            await _well(server)
            async with guest(server.broker_port) as voice:
                voice.publish(topic(K1, Up.BIRTH), _birth(), qos=1)
                await until(lambda: bool(webhook.heard), "the notice", deadline_s=60)
                async with httpx.AsyncClient(timeout=5) as client:
                    listed = (await client.get(f"http://127.0.0.1:{server.port}/api/v1/tickets?open=true")).json()
            assert [(one["kiosk"], one["state"], one["causes"][0]["code"]) for one in listed] == [
                (K1.kiosk, "opened", "reader.silent")
            ]  # fmt: skip
            process.terminate()
            async with asyncio.timeout(45):
                said, log = await process.communicate()
        assert process.returncode == 0
        assert KEY not in (said + log).decode()
        assert "Traceback" not in log.decode()
        [told] = webhook.heard
        assert "身份证读卡器没有回答" in told["title"]
        assert f"T-{listed[0]['id']}" in told["message"]
    finally:
        webhook.stop()


async def test_a_channel_without_an_address_is_named_at_start(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.config.write_text(server.config.read_text() + CHANNEL)
    assert "notices.channel county: file" in await refusal(server.config)
