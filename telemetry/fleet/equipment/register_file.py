"""The register as a CSV file: strict, every problem with its line, in words somebody at a spreadsheet can act on. Pure."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Self

from telemetry.fleet.table_file import BYTE_ORDER_MARK, TableError, read_table
from telemetry.wire.topics import NAME, KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kiosk of the register; an empty text is something nobody has said.

    Attributes:
        link: What carries its words: an optical node, a backbone.
        feeder: What carries its power.
        area: Whose round it is on.
        hours: Name of its service hours in fleet.toml; the county's when empty.
    """

    county: str
    kiosk: str
    village: str = ""
    link: str = ""
    feeder: str = ""
    area: str = ""
    vendor: str = ""
    batch: str = ""
    hours: str = ""

    @classmethod
    def parse(cls, cells: Mapping[str, str], *, calendars: Collection[str]) -> Self:
        """Read one line by the names of its columns; the cells are stripped.

        Raises:
            ValueError: A cell is not allowed; the message says which and what is.
        """
        for name in ("county", "kiosk"):
            if not NAME.fullmatch(cells[name]):
                raise ValueError(f"{name} {cells[name]!r}: must be letters, digits and hyphens, at most 32, as the kiosk says it")
        if cells["hours"] and cells["hours"] not in calendars:
            raise ValueError(f"hours {cells['hours']!r}: not in [hours.calendars] of fleet.toml ({', '.join(sorted(calendars))})")
        return cls(**cells)

    @property
    def owner(self) -> KioskId:
        """Whose entry it is."""
        return KioskId(county=self.county, kiosk=self.kiosk)


HEADER = tuple(field.name for field in fields(Entry))


class RegisterError(TableError):
    """The file cannot be imported; ``problems`` has one line each, with the line of the file."""


def read(raw: bytes, *, calendars: Collection[str]) -> tuple[Entry, ...]:
    """Read a whole register, or nothing of it.

    Args:
        raw: The file.
        calendars: Names of service hours there are.

    Raises:
        RegisterError: Anything at all is wrong with it.
    """

    def parse(cells: Mapping[str, str]) -> Entry:
        return Entry.parse(cells, calendars=calendars)

    def names(entry: Entry) -> tuple[str]:
        return (f"{entry.county}/{entry.kiosk}",)

    try:
        return tuple(entry for _, entry in read_table(raw, HEADER, parse, names=names, of="kiosk"))
    except TableError as error:
        raise RegisterError(error.problems) from error


def write(entries: Iterable[Entry]) -> bytes:
    """Write a register that ``read`` and a spreadsheet both understand."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([getattr(entry, name) for name in HEADER] for entry in entries)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
