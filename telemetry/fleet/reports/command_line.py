"""``zhizhu-fleet report ...``: the weekly report as a file, for a mail or a folder; works beside a running service."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.analytics.period import Week
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.analytics.weekly import latest_whole_week, read_week
from telemetry.fleet.reports.paper import PaperError, to_pdf
from telemetry.fleet.reports.sheet import document
from telemetry.fleet.reports.workbook import workbook
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.web.words import Language, Words

MISUSED = 2

report_verbs = typer.Typer(no_args_is_help=True, help="Reports to carry away.")


@report_verbs.callback()
def _verbs() -> None:
    """Reports to carry away."""


@report_verbs.command()
def weekly(
    *,
    config: Annotated[Path, typer.Option(help="fleet.toml")],
    out: Annotated[Path, typer.Option(help="FILE.pdf or FILE.xlsx")],
    week: Annotated[str, typer.Option(help="e.g. 2026-W47; the last whole one without it")] = "",
    county: Annotated[str, typer.Option(help="as kiosks say it; all without it")] = "",
    lang: Annotated[Language, typer.Option(help="of the words")] = Language.ZH,
) -> None:
    """Write the weekly report as PDF or XLSX."""
    if out.suffix not in {".pdf", ".xlsx"}:
        _refuse(f"{out}: must end in .pdf or .xlsx")
    try:
        settings = FleetSettings.read(config)
        path = Path(settings.server.state_dir) / "fleet.sqlite3"
        if settings.store.url is None and not path.is_file():
            _refuse(f"{path}: there is no database; has the service ever run?")
        now = datetime.now(UTC)
        asked = Week.parse(week) if week else latest_whole_week(now)
        engine = open_engine(settings.store.url or sqlite_url(path))
        try:
            facts = read_week(engine, asked, Scope(county=county), calendars=settings.hours.as_calendars(), now=now)
        finally:
            engine.dispose()
        say = Words(lang)
        is_pdf = out.suffix == ".pdf"
        out.write_bytes(to_pdf(document(facts, say, settings.county.names)) if is_pdf else workbook(facts, say))
    except SettingsError as error:
        _refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except OSError as error:
        _refuse(f"{error.filename or out}: {error.strerror or error}")
    except SQLAlchemyError:
        _refuse("store: the database cannot be read; has the service of this version ever run on it?")
    except (ValueError, PaperError) as error:
        _refuse(str(error))
    typer.echo(f"{out}: {asked}" + ("" if facts.has_data else ", without data"))


def _refuse(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"zhizhu-fleet: {line}", err=True)
    raise typer.Exit(MISUSED)
