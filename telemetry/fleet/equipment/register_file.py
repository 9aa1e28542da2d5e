"""The register as a CSV file: strict, every problem with its line, in words somebody at a spreadsheet can act on. Pure."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Self

from telemetry.wire.topics import NAME, KioskId

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets write it, and want it."""
MAX_TEXT = 64
"""Characters of a cell."""
MAX_BYTES = 256 * 1024 * 1024
"""A nation's 700,000 kiosks take a tenth of it."""
MAX_PROBLEMS = 50
"""Told at once; the rest after these are mended."""
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet would compute when the register is exported again."""


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
        """Read one line by the names of its columns.

        Raises:
            ValueError: A cell is not allowed; the message says which and what is.
        """
        values = {name: text.strip() for name, text in cells.items()}
        for name in ("county", "kiosk"):
            if not NAME.fullmatch(values[name]):
                raise ValueError(
                    f"{name} {values[name]!r}: must be letters, digits and hyphens, at most 32, as the kiosk says it"
                )
        for name, text in values.items():
            if len(text) > MAX_TEXT or not text.isprintable():
                raise ValueError(f"{name}: must be at most {MAX_TEXT} printable characters")
            if text.startswith(FORMULA_STARTS):
                raise ValueError(f"{name} {text!r}: must not begin with {text[0]}, a spreadsheet would compute it")
        if values["hours"] and values["hours"] not in calendars:
            raise ValueError(
                f"hours {values['hours']!r}: not in [hours.calendars] of fleet.toml ({', '.join(sorted(calendars))})"
            )
        return cls(**values)

    @property
    def owner(self) -> KioskId:
        """Whose entry it is."""
        return KioskId(county=self.county, kiosk=self.kiosk)


HEADER = tuple(field.name for field in fields(Entry))


class RegisterError(Exception):
    """The file cannot be imported; ``problems`` has one line each, with the line of the file."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(raw: bytes, *, calendars: Collection[str]) -> tuple[Entry, ...]:
    """Read a whole register, or nothing of it.

    Args:
        raw: The file.
        calendars: Names of service hours there are.

    Raises:
        RegisterError: Anything at all is wrong with it.
    """
    if len(raw) > MAX_BYTES:
        raise RegisterError((f"the file has more than {MAX_BYTES // 1_048_576} MiB",))
    try:
        text = raw.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegisterError((f"line {line}: not UTF-8; save it from the spreadsheet as “CSV UTF-8”",)) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    reading = _Reading(calendars)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header)
        begins = lines.line_num + 1
        for cells in lines:
            line, begins = begins, lines.line_num + 1
            if any(cell.strip() for cell in cells):
                reading.take(line, header, cells)
            if len(reading.problems) == MAX_PROBLEMS:
                raise RegisterError((*reading.problems, "and perhaps more: mend these first"))
    except csv.Error as error:
        reading.problems.append(f"line {lines.line_num}: not CSV: {error}")
    if not reading.problems and not reading.entries:
        reading.problems.append("the file names no kiosk")
    if reading.problems:
        raise RegisterError(tuple(reading.problems))
    return tuple(reading.entries.values())


class _Reading:
    """What has been read so far, and what was wrong with it."""

    def __init__(self, calendars: Collection[str]) -> None:
        self._calendars = calendars
        self._line_of: dict[KioskId, int] = {}
        self.entries: dict[KioskId, Entry] = {}
        self.problems: list[str] = []

    def take(self, line: int, header: list[str], cells: list[str]) -> None:
        if len(cells) != len(header):
            self.problems.append(f"line {line}: {len(cells)} cells, but the header has {len(header)}")
            return
        try:
            entry = Entry.parse(dict(zip(header, cells, strict=True)), calendars=self._calendars)
        except ValueError as error:
            self.problems.append(f"line {line}: {error}")
            return
        before = self._line_of.setdefault(entry.owner, line)
        if before != line:
            self.problems.append(f"line {line}: {entry.county}/{entry.kiosk} stands in line {before} already")
        self.entries[entry.owner] = entry


def write(entries: Iterable[Entry]) -> bytes:
    """Write a register that ``read`` and a spreadsheet both understand."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([getattr(entry, name) for name in HEADER] for entry in entries)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _check_header(header: list[str]) -> None:
    missing = [name for name in HEADER if name not in header]
    strange = [name for name in header if name not in HEADER]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems = [
        f"line 1: {what}: {', '.join(repr(name) for name in names)}"
        for what, names in (("column missing", missing), ("unknown column", strange), ("column twice", twice))
        if names
    ]
    if problems:
        raise RegisterError((*problems, f"line 1 must be: {','.join(HEADER)}"))
