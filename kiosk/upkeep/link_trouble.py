"""Link trouble: what is wrong between us and a device, named by its class, when the device itself could not be asked."""

from enum import StrEnum

from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, ProtocolError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus

ROOMS = {
    DeviceKind.ID_CARD_READER: "reader",
    DeviceKind.SMARTCARD_READER: "smartcard",
    DeviceKind.CAMERA: "camera",
    DeviceKind.RECEIPT_PRINTER: "printer",
    DeviceKind.DOCUMENT_PRINTER: "document_printer",
    DeviceKind.CODE_SCANNER: "scanner",
    DeviceKind.DOCUMENT_SCANNER: "document_scanner",
    DeviceKind.CABINET: "cabinet",
}
"""The first half of a fault code, by device class."""


class LinkTrouble(StrEnum):
    """The second half of a fault code that speaks about the way to the device, not about the device."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    GARBLED = "garbled"
    DRIVER_FAILED = "driver_failed"


def trouble_of(error: Exception) -> tuple[LinkTrouble, Condition]:
    """Say what an exception that came out of a driver means for its device. Silence is unknown, never a guess."""
    match error:
        case UnreachableError():
            return LinkTrouble.UNREACHABLE, Condition.UNREACHABLE
        case DeadlineError():
            return LinkTrouble.SILENT, Condition.UNKNOWN
        case ProtocolError():
            return LinkTrouble.GARBLED, Condition.UNKNOWN
        case _:
            return LinkTrouble.DRIVER_FAILED, Condition.UNKNOWN


def code_of(kind: DeviceKind, trouble: LinkTrouble) -> str:
    """The fault code, e.g. ``printer.unreachable``."""
    return f"{ROOMS[kind]}.{trouble}"


def is_about_the_link(code: str) -> bool:
    """Whether a code speaks about the way to a device."""
    return code.rpartition(".")[2] in set(LinkTrouble)


def tells_of_the_device(status: DeviceStatus) -> bool:
    """Whether a reading comes from the device itself. One that does not says nothing about paper, covers or cards."""
    return status.condition not in {Condition.UNKNOWN, Condition.UNREACHABLE, Condition.BUSY}
