"""What this machine says of itself that no copy of its disk could: serial number, and a fingerprint of the board. Blocking."""

import hashlib
import re
from pathlib import Path

from provisioning.wire.enrolment import SERIAL

ROOT = Path("/")
SERIALS = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_serial", "sys/class/dmi/id/board_serial")
BOARDS = ("sys/class/dmi/id/product_uuid", "proc/device-tree/serial-number", "sys/class/dmi/id/board_serial")
"""The first that says something is the board's; ``/etc/machine-id`` is not among them, for it lies on the disk."""
NOTHING_SAID = frozenset({"", "0", "none", "default string", "to be filled by o.e.m.", "system serial number", "not specified"})
"""What makers leave in firmware they did not care to fill."""
MOST_BYTES = 256


def serial_number(root: Path = ROOT) -> str:
    """Return the machine's serial number as its firmware says it, in capitals; empty where it says none."""
    said = (_said(root / path) for path in SERIALS)
    return next((text.upper() for text in said if re.fullmatch(SERIAL, text)), "")


def board_fingerprint(root: Path = ROOT) -> str:
    """Return a fingerprint of the board, SHA-256 in hexadecimal, the same at every start; empty where nothing tells boards apart.

    Without a word of the firmware it is made of the addresses of network cards that are soldered on, not plugged in by USB.
    """
    for path in BOARDS:
        if text := _said(root / path):
            return _hash(f"{Path(path).name}:{text}")
    cards = _cards(root / "sys/class/net")
    return _hash("cards:" + ",".join(cards)) if cards else ""


def _cards(folder: Path) -> list[str]:
    try:
        names = sorted(path for path in folder.iterdir() if (path / "device").exists())
    except OSError:
        return []
    soldered = (path for path in names if "/usb" not in str(path.resolve()))
    addresses = (_said(path / "address") for path in soldered)
    return sorted(address for address in addresses if address and address != "00:00:00:00:00:00")


def _said(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""
    return "" if text.lower() in NOTHING_SAID else text


def _hash(text: str) -> str:
    return hashlib.sha256(f"zhizhu board {text}".encode()).hexdigest()
