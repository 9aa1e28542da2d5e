"""Nobody is interrupted in the middle of a visit, and the desk says so: from a kiosk's words on the wire to the pages."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from provisioning.fleet.signing import SigningKey
from provisioning.server import app
from provisioning.wire import command as commands
from provisioning.wire import desired_state
from provisioning.wire.signatures import unseal
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import release
from telemetry.mqtt import Connection, Received
from telemetry.wire.topics import Down, Up, topic
from tests.provisioning.test_server import Server
from tests.provisioning.test_server_tells import _well
from tests.telemetry.said import K1
from tests.telemetry.together import guest, until

GOLDEN = Path(__file__).parents[1] / "telemetry" / "golden" / "v1"
OLD, VERSION = "2026.11.1", "2026.11.9"
PATIENCE_S = 40.0
WAITING = {
    "/kiosks/demo/K1": (
        ("等这位村民办完再换", f"版本 {VERSION}", "M-1 自检一遍", "正在办，第 3 / 7 步", "等多久都不打断"),
        ("Waits for the villager", f"Release {VERSION}", "M-1 Self-test", "At step 3 of 7", "Never interrupted"),
    ),
    "/config?kiosk=demo/K1": (
        ("等村民办完", "有人在办第 3 / 7 步，绝不打断"),
        ("waits for a villager", "at step 3 of 7; never interrupted"),
    ),
    "/releases": (("1 台等村民办完",), ("1 wait for a villager",)),
    "/rollouts/1": (("等村民办完", "正在办，第 3 / 7 步", "等多久都不打断"), ("waits for a villager", "somebody at step 3 of 7")),
    "/commands/1": (("等村民办完", "有人正在办事，绝不打断"), ("waits for a villager", "never interrupted")),
}
"""What each page says while somebody is at the kiosk, in Chinese and in English."""
OVER = {
    "/kiosks/demo/K1": (("已生效", "在用", "没有等着的"),),
    "/rollouts/1": (("已换新",),),
    "/commands/1": (("办好了",),),
}
"""And once nobody is."""


class Voice:
    """The kiosk's end of the line."""

    def __init__(self, connection: Connection, heard: list[Received], state: Path) -> None:
        self._connection = connection
        self._heard = heard
        self._state = state
        self._seq = self._stored = 2_000_000_000_000

    async def born(self) -> None:
        """Connect, in the middle of a visit."""
        await self._say(Up.BIRTH, "birth", faults=[], devices=[], heartbeat_s=300, release=OLD, prev=None, floor=self._stored)

    async def says(self, name: str, **fields: str | int) -> None:
        """Report something."""
        await self._say(Up.EVENT, "event", name=name, fields=fields, prev=self._stored)
        self._stored = self._seq

    def told(self, down: Down, kind: str) -> bytes | None:
        """Return the last it was told, with the signature looked at; None before."""
        trusted = SigningKey.open(self._state / "authority").trusted
        mine = [one.payload for one in self._heard if one.topic == topic(K1, down)]
        return unseal(mine[-1], kind, trusted) if mine else None

    async def _say(self, up: Up, golden: str, **changed: object) -> None:
        self._seq += 1
        told = json.loads((GOLDEN / f"{golden}.json").read_bytes()) | {"seq": self._seq, "at": datetime.now(UTC).isoformat()}
        await self._connection.publish(topic(K1, up), json.dumps(told | changed).encode(), qos=1)


@pytest.mark.system
@pytest.mark.timeout(240)
async def test_what_waits_for_a_villager_is_told_on_every_page_and_goes_when_it_has_happened(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.config.write_text(server.config.read_text() + "[sign_in]\nrequired = false\n")
    heard: list[Received] = []
    async with server.up():
        await _well(server)
        async with guest(server.broker_port, heard) as connection:
            await connection.subscribe({topic(K1, down): 1 for down in (Down.DESIRED, Down.COMMAND)})
            voice = Voice(connection, heard, tmp_path / "state")
            await voice.born()
            await _pages(server, {"/kiosks/demo/K1": (("K1", "第 3 / 7 步"),)})
            await asyncio.to_thread(_bureau_wants, server.config, tmp_path / "state")
            await until(lambda: _wants(voice), "the document with the release", deadline_s=PATIENCE_S)
            await until(lambda: voice.told(Down.COMMAND, commands.KIND) is not None, "the command", deadline_s=PATIENCE_S)
            number = desired_state.read_document(voice.told(Down.DESIRED, desired_state.KIND) or b"").version
            name = commands.read(voice.told(Down.COMMAND, commands.KIND) or b"").id
            document: dict[str, str | int] = {"version": number, "reason": "", "newest": number}
            of_release: dict[str, str | int] = {"version": VERSION, "reason": ""}
            of_command: dict[str, str | int] = {"id": name, "do": "self-test", "counter": 1, "detail": ""}
            await voice.says("desired.reported", **document, state="waiting", in_force=0)
            await voice.says("release.reported", **of_release, state="waiting_for_villager", running=OLD)
            await voice.says("command.reported", **of_command, outcome="waiting", reason="villager")
            await _pages(server, WAITING)
            await voice.says("desired.reported", **document, state="in_force", in_force=number)
            await voice.says("release.reported", **of_release, state="running", running=VERSION)
            await voice.says("command.reported", **of_command, outcome="done", reason="")
            await _pages(server, OVER)
            assert "等这位村民办完再换" not in await _page(server, "/kiosks/demo/K1")


def _bureau_wants(config: Path, state: Path) -> None:
    """Change a setting, begin a rollout and send a command: at a shell, beside the running service."""
    engine = open_engine(sqlite_url(state / "fleet.sqlite3"))
    long_ago = datetime.now(UTC) - timedelta(days=3)
    with engine.begin() as connection:
        connection.execute(
            insert(release).values(
                version=VERSION, state="published", python="3.11", wheels=1, bytes=1, unpacked_bytes=1, data_version=1,
                launcher=1, note="", built_at=long_ago, added_at=long_ago, added_by="li", published_at=long_ago,
            )
        )  # fmt: skip
    engine.dispose()
    for line in (
        "config edit kiosk:demo/K1 --set screen.text_size=2",
        "config submit C-1",
        f"rollout start {VERSION} demo",
        "command send self-test --kiosk demo/K1",
    ):
        done = CliRunner().invoke(app, [*line.split(), "--config", str(config)])
        assert done.exit_code == 0, (line, done.output)


def _wants(voice: Voice) -> bool:
    told = voice.told(Down.DESIRED, desired_state.KIND)
    wanted = None if told is None else desired_state.read_document(told).release
    return wanted is not None and wanted.version == VERSION


async def _pages(server: Server, says: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Look until every page says what it is to say: in Chinese first, then in English where that is asked for too."""
    for path, languages in says.items():
        for language, words in zip(("zh", "en"), languages, strict=False):
            address = f"{path}{'&' if '?' in path else '?'}lang={language}"
            began = asyncio.get_running_loop().time()
            while missing := [word for word in words if word not in await _page(server, address)]:
                assert asyncio.get_running_loop().time() - began < PATIENCE_S, (address, missing)
                await asyncio.sleep(0.1)


async def _page(server: Server, path: str) -> str:
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.get(f"http://127.0.0.1:{server.port}{path}")
    return re.sub(r"<[^>]+>", "", answer.text)
