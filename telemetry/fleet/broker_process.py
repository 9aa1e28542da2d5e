"""The embedded broker's process, kept running: started, watched, started again, and never outliving the server."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

import structlog

from telemetry.fleet.broker_door.files import DoorFiles

log = structlog.get_logger()

READY_WITHIN_S = 15.0
"""amqtt is imported in 1 to 2 s on a slow machine; the rest is for a busy one."""
END_WITHIN_S = 5.0
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 10.0
STEADY_S = 30.0
"""A broker that ran for so long is restarted without delay."""


class BrokerError(Exception):
    """The embedded broker cannot be started; the message says why, as the broker said it."""


class BrokerProcess:
    """One embedded broker on one port."""

    def __init__(self, *, host: str, port: int, on_start: Callable[[], None], files: DoorFiles | None = None) -> None:
        """Prepare; use ``start``.

        Args:
            host: To listen on.
            port: To listen on.
            on_start: Called at every start of the process.
            files: What its door goes by; without them it has none, and whoever reaches the port is let in.
        """
        self._files = files
        self._host = host
        self._port = port
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process running now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it, and wait until it listens.

        Raises:
            BrokerError: It does not come up, e.g. because its port is taken.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "telemetry.fleet.broker", "--host", self._host, "--port", str(self._port), "--with-parent"),
            *(() if self._files is None else _arguments(self._files)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._process = process
        self._on_start()
        stdout = process.stdout
        if stdout is None:
            raise BrokerError("embedded broker: started without a pipe")
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                said = (await stdout.readline()).decode(errors="replace").strip()
        except TimeoutError as error:
            await self.end()
            raise BrokerError(f"embedded broker: not ready within {READY_WITHIN_S:g} s") from error
        if not said.startswith("broker ready"):
            await self.end()
            raise BrokerError(said or f"embedded broker ended with {process.returncode}")

    async def keep(self) -> None:
        """Start it again whenever it ends, for ever. Call ``start`` before, ``end`` after."""
        loop = asyncio.get_running_loop()
        backoff_s = FIRST_BACKOFF_S
        began_s = loop.time()
        while True:
            if self._process is not None:
                code = await self._process.wait()
                log.warning("embedded broker ended", code=code)
            if loop.time() - began_s > STEADY_S:
                backoff_s = FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(LAST_BACKOFF_S, backoff_s * 2)
            began_s = loop.time()
            try:
                await self.start()
            except BrokerError as error:
                log.warning("embedded broker not started", error=str(error))

    async def end(self) -> None:
        """End it: politely, then not. Twice is fine."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(END_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _arguments(files: DoorFiles) -> tuple[str, ...]:
    named = {"ca": files.own.ca, "certificate": files.own.certificate, "key": files.own.key, "revoked": files.revoked}
    return tuple(word for name, path in named.items() for word in (f"--{name}", str(path)))
