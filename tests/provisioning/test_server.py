"""zhizhu-fleet serve as a process: it starts, says what is wrong, mends its broker, and leaves nothing behind."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.telemetry.together import free_port, until


class Server:
    """A server under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.broker_port = free_port()
        self.config = folder / "fleet.toml"
        self.config.write_text(f"[server]\nport = {self.port}\n[broker]\nport = {self.broker_port}\n")

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await serve(self.config)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(45):
                await process.communicate()

    async def health(self) -> httpx.Response | None:
        async with httpx.AsyncClient(timeout=2) as client:
            with contextlib.suppress(httpx.HTTPError):
                return await client.get(f"http://127.0.0.1:{self.port}/healthz")
        return None

    async def well(self, *, is_well: bool = True) -> None:
        async with asyncio.timeout(60):
            while True:
                answer = await self.health()
                if answer is not None and (answer.status_code == 200) is is_well:
                    return
                await asyncio.sleep(0.02)


async def serve(config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "provisioning.server", "serve", "--config", str(config),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def child_of(process: asyncio.subprocess.Process, module: str) -> psutil.Process:
    (child,) = [child for child in psutil.Process(process.pid).children() if module in child.cmdline()]
    return child


async def refusal(config: Path) -> str:
    process = await serve(config)
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 2, said.decode()
    assert "Traceback" not in said.decode()
    return said.decode()


@pytest.mark.system
async def test_it_serves_refuses_a_second_start_mends_its_broker_and_leaves_nothing_behind(tmp_path: Path) -> None:
    server = Server(tmp_path)
    async with server.up() as process:
        await server.well()
        said = await refusal(server.config)
        assert f"held by zhizhu-fleet, process {process.pid}" in said

        os.kill(child_of(process, "telemetry.fleet.broker").pid, signal.SIGKILL)
        await server.well(is_well=False)
        await server.well()
        family = psutil.Process(process.pid).children(recursive=True)
        assert family

        process.terminate()
        async with asyncio.timeout(10):
            _, log = await process.communicate()
        assert process.returncode == 0
        assert "Traceback" not in log.decode()
        assert not [member for member in family if member.is_running()]


@pytest.mark.system
async def test_a_killed_server_takes_its_broker_and_its_scribe_with_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    async with server.up() as process:
        await server.well()
        children = [child_of(process, "telemetry.fleet.broker"), child_of(process, "telemetry.fleet.scribe")]
        process.kill()
        for child in children:
            await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "it has gone")  # noqa: B023


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    server = Server(tmp_path)
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", server.port)
    try:
        said = await refusal(server.config)
    finally:
        taken.close()
    assert f"server.port: 127.0.0.1:{server.port}" in said
    assert "Address already in use" in said


@pytest.mark.system
async def test_a_taken_port_of_the_broker_is_named(tmp_path: Path) -> None:
    server = Server(tmp_path)
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", server.broker_port)
    try:
        said = await refusal(server.config)
    finally:
        taken.close()
    assert f"127.0.0.1:{server.broker_port}" in said


async def test_wrong_settings_stop_the_start_each_with_its_path(tmp_path: Path) -> None:
    config = tmp_path / "fleet.toml"
    config.write_text("[server]\nport = 99999\nprot = 1\n[store]\nurl = 'nonsense'\n")
    said = await refusal(config)
    assert "server.port: must be a whole number from 1 to 65535" in said
    assert "server.prot: unknown key" in said
    assert "store.url" in said
