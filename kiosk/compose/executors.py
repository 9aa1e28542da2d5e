"""What each command of the bureau does in a core that serves: the rooms' own doings, one short method a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.document_printer import DocumentPrinter
from drivers.contract.errors import DriverError
from drivers.contract.receipt_printer import ReceiptPrinter
from kiosk.compose.bare_executors import BareExecutors, BareHands, Line
from kiosk.diagnostics.selftest import SelfTest
from kiosk.upkeep.deadline import HungError
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.standing_orders import StandingOrders
from kiosk.upkeep.upkeep import Upkeep
from provisioning.agent.executors import FailedError, ImpossibleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who does what, where everything runs.

    Attributes:
        bare: Who does what in any core.
        upkeep: Keeps the devices; asked for late, as it is built late.
        selftest: Tests everything.
        orders: What lasts until a moment.
        printers: Whatever has a queue.
    """

    bare: BareHands
    upkeep: Callable[[], Upkeep]
    selftest: Callable[[], SelfTest]
    orders: StandingOrders
    printers: Sequence[ReceiptPrinter | DocumentPrinter]


class KioskExecutors(BareExecutors):
    """Does what is asked of it; whether it may be done now is decided before."""

    def __init__(self, hands: Hands, *, line: Line, clock: Clock) -> None:
        super().__init__(hands.bare, line=line, clock=clock)
        self._hands = hands

    @override
    async def self_test(self) -> str:
        readiness = await self._hands.selftest().test()
        failed = ", ".join(finding.subject for finding in readiness.failed)
        return f"{len(readiness.findings)} looked at, {f'not well: {failed}' if failed else 'all well'}"

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
