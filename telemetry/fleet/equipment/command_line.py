"""``zhizhu-fleet equipment import`` and ``export``: the register goes in and out as CSV, beside a running service."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.equipment import register_file, rows
from telemetry.fleet.equipment.register_file import RegisterError
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import UpgradeError, upgrade

MISUSED = 2
MOST_UNHEARD = 10
"""Named in the answer; the rest are counted."""

equipment_verbs = typer.Typer(no_args_is_help=True, help="The register of kiosks as CSV; works beside a running service.")

Config = Annotated[Path, typer.Option(help="fleet.toml")]


@equipment_verbs.command("import")
def import_(file: Annotated[Path, typer.Argument(help="CSV in UTF-8; export shows its columns")], config: Config) -> None:
    """Import a register: whole, or not at all. Kiosks it does not name keep what they have."""
    with _store(config) as (settings, connection):
        try:
            entries = register_file.read(file.read_bytes(), calendars=settings.hours.as_calendars().named.keys())
        except RegisterError as error:
            _refuse(*(f"{file}: {problem}" for problem in error.problems))
        done = rows.put(connection, entries, COMMAND_LINE, now=datetime.now(UTC))
    typer.echo(f"{len(entries)} kiosks: {done.new} new, {done.changed} changed, {done.same} as they were")
    if done.unheard:
        more = f" and {len(done.unheard) - MOST_UNHEARD} more" if len(done.unheard) > MOST_UNHEARD else ""
        typer.echo(f"never heard of: {', '.join(done.unheard[:MOST_UNHEARD])}{more}; check the names if they are not yet to come")


@equipment_verbs.command()
def export(file: Annotated[Path, typer.Argument(help="new file")], config: Config) -> None:
    """Export the register as it is; what is changed in it can be imported again."""
    if file.exists():
        _refuse(f"{file}: is there already")
    with _store(config) as (_, connection):
        entries = tuple(rows.every(connection))
        file.write_bytes(register_file.write(entries))
    typer.echo(f"{file}: {len(entries)} kiosks")


@contextmanager
def _store(config: Path) -> Iterator[tuple[FleetSettings, Connection]]:
    """Yield a transaction on the store fleet.toml names; what is wrong is said in one line."""
    try:
        settings = FleetSettings.read(config)
        folder = Path(settings.server.state_dir)
        if settings.store.url is None:
            folder.mkdir(parents=True, exist_ok=True)
        engine = open_engine(settings.store.url or sqlite_url(folder / "fleet.sqlite3"))
        try:
            upgrade(engine)
            with engine.begin() as connection:
                yield settings, connection
        finally:
            engine.dispose()
    except SettingsError as error:
        _refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except UpgradeError as error:
        _refuse(str(error))
    except SQLAlchemyError as error:
        _refuse(f"the store cannot be used: {error.__cause__ or error}")
    except OSError as error:
        _refuse(f"{error.filename or config}: {error.strerror or error}")


def _refuse(*lines: str) -> NoReturn:
    for line in lines:
        sys.stderr.write(f"zhizhu-fleet: {line}\n")
    raise typer.Exit(MISUSED)
