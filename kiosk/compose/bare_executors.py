"""What any core can do for the bureau, also one in safe mode without a device: end, show its log, exchange its key."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker
from kiosk.display.watch import DisplayWatch
from provisioning.agent.executors import Executors, FailedError, ImpossibleError
from provisioning.agent.log_bundle import pack
from provisioning.agent.machine import Machine

SYSTEMD = Path("/run/systemd/system")
"""There where systemd runs the machine."""
REBOOT = ("systemctl", "reboot")
REBOOT_WITHIN_S = 20.0
PACK_WITHIN_S = 120.0
"""Seconds a slow board takes to go through all its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareHands:
    """Who does what, where there is nobody else.

    Attributes:
        machine: Ends the core.
        watch: Keeps the display.
        log: Folder of the log.
    """

    machine: Machine
    watch: Callable[[], DisplayWatch]
    log: Path


class Line(Protocol):
    """The way to the bureau, as far as a command needs it. Raises the errors of a command."""

    async def send(self, name: str, bundle: bytes) -> None:
        """Send a bundle of the log under a name."""

    async def rotate(self) -> str:
        """Make a new key and have it certified; returns what there is to say."""


class BareExecutors(Executors):
    """Does what needs no device; what needs one is impossible in safe mode, and told so."""

    def __init__(self, bare: BareHands, *, line: Line, clock: Clock) -> None:
        self._bare = bare
        self._line = line
        self._clock = clock

    @override
    async def restart_core(self) -> str:
        self._bare.machine.restart("command")
        return ""

    @override
    async def restart_machine(self) -> str:
        if not SYSTEMD.exists():  # noqa: ASYNC240  # one look at a folder in memory
            raise ImpossibleError("this machine is not run by systemd: nobody here can start it anew")
        process = await asyncio.create_subprocess_exec(
            *REBOOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(REBOOT_WITHIN_S):
                _, said = await process.communicate()
        except TimeoutError as error:
            process.kill()
            raise FailedError(f"systemctl did not answer within {REBOOT_WITHIN_S:g} s") from error
        if process.returncode:
            raise FailedError(f"systemctl: {said.decode(errors='replace').strip()[:120]}")
        return ""

    @override
    async def restart_display(self) -> str:
        if not self._bare.watch().restart():
            raise ImpossibleError("something else starts this display: [display] external = true")
        return ""

    @override
    async def send_logs(self, id: str, most_bytes: int) -> str:
        worker = Worker("log bundle")
        try:
            bundle = await worker.call(
                lambda: pack(self._bare.log, most_bytes=most_bytes, now=self._clock.now()), deadline_s=PACK_WITHIN_S
            )
        except (OSError, CallDeadlineError) as error:
            raise FailedError(f"the log cannot be read: {error}") from error
        finally:
            worker.close()
        await self._line.send(id, bundle.body)
        return f"{len(bundle.body)} bytes, {bundle.lines} lines, {bundle.left_out} left out"

    @override
    async def rotate_key(self) -> str:
        return await self._line.rotate()

    @override
    async def self_test(self) -> str:
        _no_device()

    @override
    async def reopen_device(self, device: str) -> str:
        _no_device()

    @override
    async def power_cycle_device(self, device: str) -> str:
        _no_device()

    @override
    async def purge_print_queue(self) -> str:
        _no_device()

    @override
    async def show_notice(self, text: str, until: datetime) -> str:
        _no_device()

    @override
    async def enter_maintenance(self, until: datetime, why: str) -> str:
        _no_device()

    @override
    async def leave_maintenance(self) -> str:
        _no_device()


def _no_device() -> NoReturn:
    raise ImpossibleError("this core is in safe mode: no device is open and nobody is served")
