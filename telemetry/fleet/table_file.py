"""Tables people bring as CSV: strict, whole or not at all, every problem with its line, in words for a spreadsheet. Pure."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets write it, and want it."""
MAX_TEXT = 64
"""Characters of a cell."""
MAX_BYTES = 256 * 1024 * 1024
"""A nation's 700,000 kiosks take a tenth of it."""
MAX_PROBLEMS = 50
"""Told at once; the rest after these are mended."""
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet would compute when the table is exported again."""

RowT = TypeVar("RowT")


class TableError(Exception):
    """The file cannot be imported; ``problems`` has one line each, with the line of the file."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_table(
    raw: bytes,
    columns: Sequence[str],
    parse: Callable[[Mapping[str, str]], RowT],
    *,
    names: Callable[[RowT], Sequence[str]],
    of: str,
) -> tuple[tuple[int, RowT], ...]:
    """Read a whole table, or nothing of it; returns each row with its line in the file.

    Args:
        raw: The file.
        columns: The names its first line must have, in any order.
        parse: Makes a row of its cells, stripped and checked for length; raises ValueError with what is wrong.
        names: What no two rows may share, as people say it.
        of: What a row is, for messages.

    Raises:
        TableError: Anything at all is wrong with it.
    """
    if len(raw) > MAX_BYTES:
        raise TableError((f"the file has more than {MAX_BYTES // 1_048_576} MiB",))
    try:
        text = raw.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError((f"line {line}: not UTF-8; save it from the spreadsheet as “CSV UTF-8”",)) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    reading = _Reading(parse, names)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(header, columns)
        begins = lines.line_num + 1
        for cells in lines:
            line, begins = begins, lines.line_num + 1
            if any(cell.strip() for cell in cells):
                reading.take(line, header, cells)
            if len(reading.problems) == MAX_PROBLEMS:
                raise TableError((*reading.problems, "and perhaps more: mend these first"))
    except csv.Error as error:
        reading.problems.append(f"line {lines.line_num}: not CSV: {error}")
    if not reading.problems and not reading.rows:
        reading.problems.append(f"the file names no {of}")
    if reading.problems:
        raise TableError(tuple(reading.problems))
    return tuple(reading.rows)


class _Reading(Generic[RowT]):
    """What has been read so far, and what was wrong with it."""

    def __init__(self, parse: Callable[[Mapping[str, str]], RowT], names: Callable[[RowT], Sequence[str]]) -> None:
        self._parse = parse
        self._names = names
        self._line_of: dict[str, int] = {}
        self.rows: list[tuple[int, RowT]] = []
        self.problems: list[str] = []

    def take(self, line: int, header: list[str], cells: list[str]) -> None:
        if len(cells) != len(header):
            self.problems.append(f"line {line}: {len(cells)} cells, but the header has {len(header)}")
            return
        try:
            row = self._parse(_checked(dict(zip(header, cells, strict=True))))
        except ValueError as error:
            self.problems.append(f"line {line}: {error}")
            return
        for name in self._names(row):
            before = self._line_of.setdefault(name, line)
            if before != line:
                self.problems.append(f"line {line}: {name} stands in line {before} already")
        self.rows.append((line, row))


def _checked(cells: Mapping[str, str]) -> dict[str, str]:
    values = {name: text.strip() for name, text in cells.items()}
    for name, text in values.items():
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError(f"{name}: must be at most {MAX_TEXT} printable characters")
        if text.startswith(FORMULA_STARTS):
            raise ValueError(f"{name} {text!r}: must not begin with {text[0]}, a spreadsheet would compute it")
    return values


def _check_header(header: list[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    strange = [name for name in header if name not in columns]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems = [
        f"line 1: {what}: {', '.join(repr(name) for name in names)}"
        for what, names in (("column missing", missing), ("unknown column", strange), ("column twice", twice))
        if names
    ]
    if problems:
        raise TableError((*problems, f"line 1 must be: {','.join(columns)}"))
