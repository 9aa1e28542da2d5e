"""What each command of the bureau does in this core: the rooms' own doings, one short method a command."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.document_printer import DocumentPrinter
from drivers.contract.errors import DriverError
from drivers.contract.receipt_printer import ReceiptPrinter
from drivers.transport.worker import CallDeadlineError, Worker
from kiosk.diagnostics.selftest import SelfTest
from kiosk.display.watch import DisplayWatch
from kiosk.upkeep.deadline import HungError
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.standing_orders import StandingOrders
from kiosk.upkeep.upkeep import Upkeep
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
class Hands:
    """Who does what.

    Attributes:
        machine: Ends the core.
        upkeep: Keeps the devices; asked for late, as it is built late.
        watch: Keeps the display.
        selftest: Tests everything.
        orders: What lasts until a moment.
        printers: Whatever has a queue.
        log: Folder of the log.
    """

    machine: Machine
    upkeep: Callable[[], Upkeep]
    watch: Callable[[], DisplayWatch]
    selftest: Callable[[], SelfTest]
    orders: StandingOrders
    printers: Sequence[ReceiptPrinter | DocumentPrinter]
    log: Path


class Line(Protocol):
    """The way to the bureau, as far as a command needs it. Raises the errors of a command."""

    async def send(self, name: str, bundle: bytes) -> None:
        """Send a bundle of the log under a name."""

    async def rotate(self) -> str:
        """Make a new key and have it certified; returns what there is to say."""


class KioskExecutors(Executors):
    """Does what is asked of it; whether it may be done now is decided before."""

    def __init__(self, hands: Hands, *, line: Line, clock: Clock) -> None:
        self._hands = hands
        self._line = line
        self._clock = clock

    @override
    async def self_test(self) -> str:
        readiness = await self._hands.selftest().test()
        failed = ", ".join(finding.subject for finding in readiness.failed)
        return f"{len(readiness.findings)} looked at, {f'not well: {failed}' if failed else 'all well'}"

    @override
    async def restart_core(self) -> str:
        self._hands.machine.restart("command")
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
        if not self._hands.watch().restart():
            raise ImpossibleError("something else starts this display: [display] external = true")
        return ""

    @override
    async def reopen_device(self, device: str) -> str:
        return await self._do(device, Rung.REOPEN)

    @override
    async def power_cycle_device(self, device: str) -> str:
        return await self._do(device, Rung.POWER_CYCLE_PORT)

    @override
    async def purge_print_queue(self) -> str:
        printers = self._hands.printers
        if not printers:
            raise ImpossibleError("no printer is fitted")
        for printer in printers:
            try:
                await printer.discard()
            except DriverError as error:
                raise FailedError(str(error)) from error
        return ", ".join(printer.name for printer in printers)

    @override
    async def send_logs(self, id: str, most_bytes: int) -> str:
        worker = Worker("log bundle")
        try:
            bundle = await worker.call(
                lambda: pack(self._hands.log, most_bytes=most_bytes, now=self._clock.now()), deadline_s=PACK_WITHIN_S
            )
        except (OSError, CallDeadlineError) as error:
            raise FailedError(f"the log cannot be read: {error}") from error
        finally:
            worker.close()
        await self._line.send(id, bundle.body)
        return f"{len(bundle.body)} bytes, {bundle.lines} lines, {bundle.left_out} left out"

    @override
    async def show_notice(self, text: str, until: datetime) -> str:
        self._hands.orders.show_notice(text, until)
        return ""

    @override
    async def enter_maintenance(self, until: datetime, why: str) -> str:
        self._hands.orders.enter_maintenance(until, why)
        return ""

    @override
    async def leave_maintenance(self) -> str:
        self._hands.orders.leave_maintenance()
        return ""

    @override
    async def rotate_key(self) -> str:
        return await self._line.rotate()

    async def _do(self, device: str, rung: Rung) -> str:
        try:
            why = await self._hands.upkeep().do(device, rung)
        except KeyError:
            raise ImpossibleError(f"there is no {device} here") from None
        except HungError as error:
            raise FailedError(str(error)) from error
        if why is not None:
            raise ImpossibleError(why)
        return ""
