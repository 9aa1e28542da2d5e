"""Who a device says it is, against who it was."""

from drivers.contract.device import Identity
from kiosk.upkeep.accepted import AcceptedDevices

FIRST = Identity(model="SIM-80", serial="SIM0001", firmware="1")


def test_another_serial_number_is_another_device() -> None:
    known = AcceptedDevices()
    known.see("receipt-printer", FIRST)
    seen = known.see("receipt-printer", Identity(model="SIM-80", serial="SIM0002", firmware="1"))
    assert seen is not None
    assert seen.is_swapped


def test_a_printer_too_hot_to_tell_its_number_is_still_itself() -> None:
    known = AcceptedDevices()
    known.see("receipt-printer", FIRST)
    seen = known.see("receipt-printer", Identity(model="something general", serial="", firmware=""))
    assert seen is not None
    assert not seen.is_swapped


def test_what_says_nothing_is_nobody() -> None:
    assert AcceptedDevices().see("code-scanner", Identity(model="", serial="", firmware="")) is None
