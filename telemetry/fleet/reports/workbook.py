"""A week as a workbook: one sheet a table, headers frozen, every cell of its own type."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import xlsxwriter

from telemetry.fleet.analytics.weekly import WeekFacts
from telemetry.fleet.reports.sentences import all_decisions
from telemetry.fleet.web.words import OUTCOMES, REMEDIES, Words

Value = str | int | float | date | None
WIDEST = 60
SHARES, HOURS, WHOLE, DAYS, TEXT = "0.0%", "#,##0.0", "#,##0", "yyyy-mm-dd", "@"


def workbook(facts: WeekFacts, say: Words) -> bytes:
    """Return the workbook as XLSX."""
    kept = io.BytesIO()
    # Nothing a kiosk said may become a formula or a link; one file in memory, nothing on disk.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(kept, options) as book:
        book.set_properties({"title": say("wk_title", year=facts.week.year, n=facts.week.number)})
        sheets = _Sheets(book)
        sheets.add(say("wk_sheet_week"), (say("wk_item"), say("wk_value"), say("wk_before")), _week(facts, say))
        sheets.add(say("wk_sheet_towns"), _town_header(say), _towns(facts, say))
        sheets.add(say("wk_sheet_days"), (say("wk_day"), say("wk_matters")), _days(facts))
        header = (say("wk_week"), say("an_we_first"), say("an_they_first"))
        sheets.add(say("wk_sheet_knew"), header, [(str(one.week), one.ours, one.theirs) for one in facts.knew])
        ended: list[Sequence[Value]] = [(say.pick(REMEDIES, who), times) for who, times in facts.endings.by.items()]
        sheets.add(
            say("wk_sheet_ended"), (say("wk_who"), say("wk_count")), [*ended, (say("wk_still_open"), facts.endings.still_open)]
        )
        not_done = [(say.pick(OUTCOMES, outcome), visits) for outcome, visits in facts.not_done]
        sheets.add(say("wk_sheet_not_done"), (say("wk_outcome"), say("wk_count")), not_done)
        sheets.add(say("wk_sheet_decisions"), (say("wk_decision"),), [(told,) for told in all_decisions(facts, say)])
    return kept.getvalue()


class _Sheets:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._formats = {name: book.add_format({"num_format": name}) for name in (SHARES, HOURS, WHOLE, DAYS, TEXT)}

    def add(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Value | tuple[Value, str]]]) -> None:
        """Add a sheet. A cell is a value, or a value with how it is shown; an unknown one stays empty."""
        sheet = self._book.add_worksheet(name)
        widths = [_width(title) for title in header]
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, self._bold)
        for row, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                value, shown = cell if isinstance(cell, tuple) else (cell, "")
                widths[column] = max(widths[column], _width(value))
                self._write(sheet, row, column, value, shown)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(WIDEST, width + 2))
        sheet.freeze_panes(1, 0)

    def _write(self, sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: Value, shown: str) -> None:
        match value:
            case None:
                sheet.write_blank(row, column, None)
            case str():
                sheet.write_string(row, column, value, self._formats[TEXT])
            case date():
                sheet.write_datetime(row, column, value, self._formats[DAYS])
            case int():
                sheet.write_number(row, column, value, self._formats[shown or WHOLE])
            case float():
                sheet.write_number(row, column, value, self._formats[shown or HOURS])


def _width(value: Value) -> int:
    """Return how many columns a value is wide: a Chinese character is two."""
    return sum(
        2 if ord(letter) > 0x2E80 else 1
        for letter in ("" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value))
    )


def _week(facts: WeekFacts, say: Words) -> list[Sequence[Value | tuple[Value, str]]]:
    now, before = facts.served, facts.served_before
    previous = facts.knew[-2]
    return [
        (say("wk_week"), str(facts.week), str(facts.week.back(1))),
        (say("wk_kiosks"), facts.kiosks, None),
        (say("wk_done_n"), facts.done, facts.done_before),
        (say("wk_visits"), facts.started, None),
        (say("wk_available"), (now.share, SHARES), (before.share, SHARES)),
        (say("wk_service_hours"), now.open_s / 3600, before.open_s / 3600),
        (say("wk_lost"), now.lost_s / 3600, before.lost_s / 3600),
        (say("wk_unknown_hours"), now.unknown_s / 3600, before.unknown_s / 3600),
        (say("wk_planned_hours"), now.planned_s / 3600, before.planned_s / 3600),
        (say("wk_fault"), facts.this_week.all, previous.all),
        (say("wk_first"), facts.this_week.theirs, previous.theirs),
    ]


def _town_header(say: Words) -> tuple[str, ...]:
    names = ("town", "wk_kiosks", "wk_matters", "wk_available", "wk_service_hours", "wk_lost")
    return tuple(say(name) for name in (*names, "wk_unknown_hours", "wk_planned_hours", "wk_fault", "wk_complaints"))


def _towns(facts: WeekFacts, say: Words) -> list[Sequence[Value | tuple[Value, str]]]:
    return [
        (
            *(line.town or say("no_town"), line.kiosks, line.done, (line.served.share, SHARES), line.served.open_s / 3600),
            *(line.served.lost_s / 3600, line.served.unknown_s / 3600, line.served.planned_s / 3600),
            *(line.faults, line.complaints),
        )
        for line in facts.towns
    ]


def _days(facts: WeekFacts) -> list[Sequence[Value]]:
    monday = facts.week.monday
    return [(monday + timedelta(days=number), done) for number, done in enumerate(facts.done_days)]
