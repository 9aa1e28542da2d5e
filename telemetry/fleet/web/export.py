"""Tables as CSV that a spreadsheet opens safely: no cell can become a formula, Chinese is read as Chinese."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from fastapi import Response

BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets read UTF-8 as the local code page."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet compute instead of show (OWASP, CSV Injection)."""

Cell = str | int | float | bool | datetime | None


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a download of the rows under their header; ``name`` is the file's, without its ending."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return Response(
        (BYTE_ORDER_MARK + text.getvalue()).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.lstrip(" ").startswith(FORMULA_STARTS) else value
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
