"""What each command needs of this kiosk: one small method a command, and the one place that chooses among them."""

from datetime import datetime
from typing import Protocol, assert_never

from provisioning.wire.command import (
    Command,
    EnterMaintenance,
    LeaveMaintenance,
    PowerCycleDevice,
    PurgePrintQueue,
    ReopenDevice,
    RestartCore,
    RestartDisplay,
    RestartMachine,
    RotateKey,
    SelfTest,
    SendLogs,
    ShowNotice,
)


class ImpossibleError(Exception):
    """It cannot be done at this kiosk, and nothing was tried: no such device, a hub that cannot switch. Words for the desk."""


class FailedError(Exception):
    """It was tried. Words for the desk, nothing personal."""


class Executors(Protocol):
    """Who does it. Each returns what the desk should read besides ``done``, and raises nothing but the two errors above."""

    async def self_test(self) -> str:
        """Test everything now, as at dawn."""

    async def restart_core(self) -> str:
        """Have this core end in order; returns at once, and the outcome is told by the next start."""

    async def restart_machine(self) -> str:
        """Have the machine start anew; returns at once, as ``restart_core``."""

    async def restart_display(self) -> str:
        """Start the display's process anew."""

    async def reopen_device(self, device: str) -> str:
        """Close a device and open it again."""

    async def power_cycle_device(self, device: str) -> str:
        """Take the power off the port of a device for a moment."""

    async def purge_print_queue(self) -> str:
        """Cancel whatever waits at the printers."""

    async def send_logs(self, id: str, most_bytes: int) -> str:  # noqa: A002  # the word on the wire
        """Bundle the log without anything personal, and send it under the command's id."""

    async def show_notice(self, text: str, until: datetime) -> str:
        """Show a notice until a moment, also after a restart; an earlier one goes."""

    async def enter_maintenance(self, until: datetime, why: str) -> str:
        """Serve nobody until a moment, also after a restart."""

    async def leave_maintenance(self) -> str:
        """Serve again."""

    async def rotate_key(self) -> str:
        """Make a new key for this kiosk's identity and have it certified."""


async def carry_out(command: Command, executors: Executors) -> str:
    """Do it, and return what there is to say of it.

    Raises:
        ImpossibleError: It cannot be done here.
        FailedError: It was tried.
    """
    match command.order:
        case SelfTest():
            return await executors.self_test()
        case RestartCore():
            return await executors.restart_core()
        case RestartDisplay():
            return await executors.restart_display()
        case RestartMachine():
            return await executors.restart_machine()
        case ReopenDevice(device=device):
            return await executors.reopen_device(device)
        case PowerCycleDevice(device=device):
            return await executors.power_cycle_device(device)
        case PurgePrintQueue():
            return await executors.purge_print_queue()
        case SendLogs(most_bytes=most_bytes):
            return await executors.send_logs(command.id, most_bytes)
        case ShowNotice(text=text, until=until):
            return await executors.show_notice(text, until)
        case EnterMaintenance(until=until, why=why):
            return await executors.enter_maintenance(until, why)
        case LeaveMaintenance():
            return await executors.leave_maintenance()
        case RotateKey():
            return await executors.rotate_key()
        case _:
            assert_never(command.order)
