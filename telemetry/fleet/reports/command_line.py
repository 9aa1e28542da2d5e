"""``zhizhu-fleet report ...``: the weekly report as a file, for a mail or a folder; works beside a running service."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.analytics.period import Week
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.analytics.weekly import latest_whole_week, read_week
from telemetry.fleet.opened import Config, named, refuse
from telemetry.fleet.reports.paper import PaperError, to_pdf
from telemetry.fleet.reports.sheet import document
from telemetry.fleet.reports.workbook import workbook
from telemetry.fleet.web.words import Language, Words

report_verbs = typer.Typer(no_args_is_help=True, help="Reports to carry away.")


@report_verbs.callback()
def _verbs() -> None:
    """Reports to carry away."""


@report_verbs.command()
def weekly(
    *,
    config: Config,
    out: Annotated[Path, typer.Option(help="FILE.pdf or FILE.xlsx")],
    week: Annotated[str, typer.Option(help="e.g. 2026-W47; the last whole one without it")] = "",
    county: Annotated[str, typer.Option(help="as kiosks say it; all without it")] = "",
    lang: Annotated[Language, typer.Option(help="of the words")] = Language.ZH,
) -> None:
    """Write the weekly report as PDF or XLSX."""
    if out.suffix not in {".pdf", ".xlsx"}:
        refuse(f"{out}: must end in .pdf or .xlsx")
    with named(config, ValueError, PaperError) as place:
        path = place.folder / "fleet.sqlite3"
        if place.settings.store.url is None and not path.is_file():
            refuse(f"{path}: there is no database; has the service ever run?")
        asked = Week.parse(week) if week else latest_whole_week(place.now)
        scope, calendars = Scope(county=county), place.settings.hours.as_calendars()
        try:
            facts = read_week(place.engine, asked, scope, calendars=calendars, now=place.now)
        except SQLAlchemyError:
            refuse("store: the database cannot be read; has the service of this version ever run on it?")
        say = Words(lang)
        is_pdf = out.suffix == ".pdf"
        out.write_bytes(to_pdf(document(facts, say, place.settings.county.names)) if is_pdf else workbook(facts, say))
    typer.echo(f"{out}: {asked}" + ("" if facts.has_data else ", without data"))
