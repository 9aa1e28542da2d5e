"""A simulated fleet against the real service: its process, a broker, the API, and the score of what it said."""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.telemetry.together import free_port, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 20000
max_queued_messages 100000
"""
"""As in deploy/mosquitto: with less, a burst is dropped on its way to the fleet, and asked for again."""
FLEET_TOML = """\
[server]
port = {web}
state_dir = "fleet"
[broker]
{broker}
[sign_in]
required = false
[hours.calendars]
office = ["Mon-Sun,Hol 00:00-24:00"]
[incidents]
within_s = 30
settle_s = 2
calm_s = 2
"""


class Trial:
    """A service under test, and the verbs that try it."""

    def __init__(self, folder: Path, *, with_mosquitto: bool = False) -> None:
        self._folder = folder
        self._web, self._broker = free_port(), free_port()
        self._with_mosquitto = with_mosquitto
        self._config = folder / "fleet.toml"
        broker = f'url = "mqtt://127.0.0.1:{self._broker}"' if with_mosquitto else f"port = {self._broker}"
        self._config.write_text(FLEET_TOML.format(web=self._web, broker=broker))
        self.truth = folder / "truth.jsonl"

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            if self._with_mosquitto:
                await stack.enter_async_context(_process(*self._mosquitto()))
            await stack.enter_async_context(_process(*_verb("serve", "--config", str(self._config))))
            async with httpx.AsyncClient(timeout=5) as client:
                await self._well(client)
            yield

    async def simulate(self, *options: str) -> str:
        broker = f"mqtt://127.0.0.1:{self._broker}"
        options = ("--broker", broker, "--truth", str(self.truth), "--spread", "1", *options)
        said, code = await _run(*_verb("simulate", *options))
        assert code == 0, said
        return said

    async def score(self) -> tuple[dict[str, Any], str, int]:
        to_json = self._folder / "score.json"
        url = f"http://127.0.0.1:{self._web}"
        options = ("--truth", str(self.truth), "--url", url, "--settle", "2", "--json", str(to_json))
        said, code = await _run(*_verb("score", *options))
        return json.loads(to_json.read_text(encoding="utf-8")), said, code

    def _mosquitto(self) -> tuple[str, ...]:
        config = self._folder / "mosquitto.conf"
        config.write_text(MOSQUITTO_CONF.format(port=self._broker))
        return str(MOSQUITTO), "-c", str(config)

    async def _well(self, client: httpx.AsyncClient) -> None:
        is_well = False

        async def ask() -> None:
            nonlocal is_well
            while not is_well:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(f"http://127.0.0.1:{self._web}/healthz")
                    is_well = answer.status_code == 200
                await asyncio.sleep(0.1)

        asking = asyncio.create_task(ask())
        try:
            await until(lambda: is_well, "the service serves", deadline_s=60)
        finally:
            asking.cancel()


def _verb(*words: str) -> tuple[str, ...]:
    return sys.executable, "-m", "provisioning.verbs", *words


@contextlib.asynccontextmanager
async def _process(*command: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        async with asyncio.timeout(30):
            await process.wait()


async def _run(*command: str) -> tuple[str, int]:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return said.decode(), process.returncode


async def test_a_day_of_a_small_district_scores_clean(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    async with trial.up():
        said = await trial.simulate("--kiosks", "30", "--days", "1", "--speed", "3600", "--seed", "11")
        assert "0 messages never stored" in said
        found, table, code = await trial.score()
    assert (code, found["is_clean"]) == (0, True), table
    assert found["faults"]["found"] == found["faults"]["total"] > 5
    assert found["faults"]["stored_s"]["p95"] < 5.0, "on a machine that does other things too"


@pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto on this machine")
async def test_a_village_without_power_is_one_incident(tmp_path: Path) -> None:
    trial = Trial(tmp_path, with_mosquitto=True)
    async with trial.up():
        await trial.simulate("--plot", "power-cut", "--kiosks", "40", "--minutes", "40", "--speed", "240", "--seed", "3")
        found, table, code = await trial.score()
    assert code == 0, table
    assert (found["incidents"]["total"], found["incidents"]["found"], found["incidents"]["split"]) == (1, 1, 0), table
    assert found["incidents"]["late_s"]["p50"] < 90.0
    assert found["silences"]["found"] == found["silences"]["total"] > 10


@pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto on this machine")
async def test_a_county_whose_backbone_is_cut_is_one_incident(tmp_path: Path) -> None:
    trial = Trial(tmp_path, with_mosquitto=True)
    options = ("--kiosks", "500", "--minutes", "20", "--speed", "120", "--seed", "3", "--heartbeat", "2")
    async with trial.up():
        await trial.simulate("--plot", "backbone-cut", *options)
        found, table, code = await trial.score()
    assert code == 0, table
    assert (found["incidents"]["total"], found["incidents"]["found"], found["incidents"]["split"]) == (1, 1, 0), table
    assert found["incidents"]["late_s"]["p50"] < 90.0
    assert found["silences"]["found"] == found["silences"]["total"] == 500


async def test_a_score_without_a_service_or_a_truth_is_refused_in_words(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    truth = tmp_path / "truth.jsonl"
    said, code = await _run(*_verb("score", "--truth", str(truth), "--url", nowhere))
    assert (code, said) == (2, f"zhizhu-fleet: {truth}: No such file or directory\n")
    truth.write_text("{}\n")
    said, code = await _run(*_verb("score", "--truth", str(truth), "--url", nowhere))
    assert (code, said) == (2, f"zhizhu-fleet: {truth}:1: is no line of a truth file\n")
    line = {"what": "trial", "real": "2026-11-22T01:00:00+00:00", "county": "trial", "heartbeat_s": 1}
    truth.write_text(json.dumps(line) + "\n")
    said, code = await _run(*_verb("score", "--truth", str(truth), "--url", nowhere))
    assert code == 2
    assert "Connection refused" in said


async def test_a_server_knows_no_simulator() -> None:
    script = "import sys, provisioning.verbs; print([name for name in sys.modules if 'simulation' in name])"
    assert await _run(sys.executable, "-c", script) == ("[]\n", 0)
