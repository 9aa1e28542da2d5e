"""The bureau's list of machines as a CSV file, as it comes with a delivery. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.wire.enrolment import SERIAL
from telemetry.fleet.table_file import read_table
from telemetry.wire.topics import NAME, KioskId

COLUMNS = ("serial", "county", "kiosk", "village", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One machine. ``kiosk`` is empty where a person is to say at enrolment which one it becomes."""

    serial: str
    county: str
    kiosk: str = ""
    village: str = ""
    model: str = ""

    @property
    def becomes(self) -> KioskId | None:
        """Which kiosk the machine is to be, where that is said."""
        return KioskId(county=self.county, kiosk=self.kiosk) if self.kiosk else None


def read(raw: bytes) -> tuple[tuple[int, Listed], ...]:
    """Read a whole list, each machine with its line.

    Raises:
        TableError: Anything at all is wrong with it.
    """
    return read_table(raw, COLUMNS, _parse, names=_names, of="machine")


def plain_serial(typed: str) -> str:
    """Return a serial number as it is compared.

    Raises:
        ValueError: It can be none.
    """
    serial = typed.strip().upper()
    if not re.fullmatch(SERIAL, serial):
        raise ValueError(f"serial {typed[:48]!r}: must be 3 to 48 letters, digits, dots, dashes, slashes, as on the machine")
    return serial


def _parse(cells: Mapping[str, str]) -> Listed:
    serial = plain_serial(cells["serial"])
    for name in ("county", "kiosk"):
        if not NAME.fullmatch(cells[name]) and (cells[name] or name == "county"):
            raise ValueError(f"{name} {cells[name]!r}: must be letters, digits and hyphens, at most 32")
    return Listed(**{**cells, "serial": serial})


def _names(row: Listed) -> tuple[str, ...]:
    return (row.serial, f"{row.county}/{row.kiosk}") if row.kiosk else (row.serial,)
