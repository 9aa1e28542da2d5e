"""zhizhu-fleet on PostgreSQL: whatever starts first or dies, the service comes back by itself; with a backup it moves house."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning.server import app
from tests.fakes.postgres import Postgres
from tests.provisioning.test_server import Server

START_S = 120
"""A start reads in a large part of the libraries; a busy machine takes its time."""


async def _command(*words: str) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    return result.exit_code, result.output


async def _well(server: Server) -> None:
    async with asyncio.timeout(START_S):
        while True:
            answer = await server.health()
            if answer is not None and answer.status_code == 200:
                return
            await asyncio.sleep(0.05)


async def _says(process: asyncio.subprocess.Process, word: str) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(START_S):
        while word not in (line := (await process.stderr.readline()).decode()):
            assert line, f"it ended without saying {word!r}"


@pytest.mark.system
@pytest.mark.timeout(300)
async def test_it_waits_for_its_database_bears_its_death_and_moves_with_a_backup(tmp_path: Path) -> None:
    file = str(tmp_path / "backup.zip")
    with Postgres.started(is_durable=True) as postgres:
        server = Server(tmp_path)
        server.config.write_text(server.config.read_text() + f'[store]\nurl = "{postgres.empty()}"\n')
        await asyncio.to_thread(postgres.stop)
        async with server.up() as process:
            await _says(process, "store unavailable at start")
            await asyncio.to_thread(postgres.start)
            await _well(server)
            await asyncio.to_thread(postgres.kill)
            await server.well(is_well=False)
            answer = await server.health()
            assert answer is not None
            assert answer.json()["database"] is False
            await asyncio.to_thread(postgres.start)
            await _well(server)
            code, said = await _command("backup", file, "--config", str(server.config))
            assert (code, "0 kiosks" in said) == (0, True), said
            code, said = await _command("restore", file, "--replace", "--config", str(server.config))
            assert (code, "a second server on it" in said) == (2, True), said
        code, said = await _command("restore", file, "--replace", "--config", str(server.config))
        assert (code, "restored from" in said) == (0, True), said
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = Server(elsewhere)
    code, said = await _command("restore", file, "--config", str(moved.config))
    assert (code, "restored from" in said) == (0, True), said
    async with moved.up():
        await _well(moved)
