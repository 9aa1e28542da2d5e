"""What every device can do, whatever its class."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.contract.status import DeviceStatus


class DeviceKind(StrEnum):
    """The device classes of the house; the value is the room's name under ``drivers/``."""

    ID_CARD_READER = "id_card_reader"
    SMARTCARD_READER = "smartcard_reader"
    CAMERA = "camera"
    RECEIPT_PRINTER = "receipt_printer"
    DOCUMENT_PRINTER = "document_printer"
    CODE_SCANNER = "code_scanner"
    DOCUMENT_SCANNER = "document_scanner"
    CABINET = "cabinet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a device says it is. Empty strings where it does not say."""

    model: str
    serial: str
    firmware: str


class Device(Protocol):
    """One piece of hardware behind its cable. One conversation at a time: the driver serialises, callers do not.

    Every method raises only children of ``DriverError``. Cancelling a call leaves the device usable or closed.
    """

    @property
    def name(self) -> str:
        """Its name in this kiosk, e.g. ``receipt-printer``."""

    @property
    def kind(self) -> DeviceKind:
        """Its class."""

    async def open(self) -> None:
        """Take hold of the cable and check that the right device answers.

        Raises:
            UnreachableError: There is nothing to open, or another process holds it (the message says which).
            DeadlineError: The cable is there, nobody answers.
            ProtocolError: Something else answers.
        """

    async def close(self) -> None:
        """Let go of the cable. Twice is fine; never raises."""

    async def status(self) -> DeviceStatus:
        """Read how the device is now, within a second.

        While another call is using the device this answers at once, BUSY, without touching the cable.

        Raises:
            UnreachableError: The cable is gone.
            DeadlineError: No answer.
            ProtocolError: An answer that is none.
        """

    async def reset(self) -> None:
        """Bring the device back to its state after power-on, as far as its protocol can."""

    async def identify(self) -> Identity:
        """Ask the device who it is."""
