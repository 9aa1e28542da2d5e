"""What a verb of the command line works on: the settings, the store and the state folder that fleet.toml names."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import UpgradeError, upgrade

MISUSED = 2
"""Exit code of a verb that was refused."""
FOUND = 1
"""Exit code of a verb that looked, and found something wrong."""

Config = Annotated[Path, typer.Option(help="fleet.toml")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """All of it. ``folder`` is the state folder."""

    settings: FleetSettings
    engine: Engine
    folder: Path
    now: datetime

    @contextmanager
    def rows(self) -> Iterator[Connection]:
        """Yield a transaction."""
        with self.engine.begin() as connection:
            yield connection


@contextmanager
def opened(config: Path, *refused: type[Exception]) -> Iterator[Opened]:
    """Yield what fleet.toml names, its store brought to this release; what is wrong is said in one line.

    Args:
        config: fleet.toml.
        refused: Errors whose message is for whoever typed the line.
    """
    with named(config, *refused) as place:
        place.folder.mkdir(parents=True, exist_ok=True)
        upgrade(place.engine)
        yield place


@contextmanager
def named(config: Path, *refused: type[Exception]) -> Iterator[Opened]:
    """Yield what fleet.toml names as it is: nothing is made, nothing brought to this release, nobody connected yet.

    Args:
        config: fleet.toml.
        refused: Errors whose message is for whoever typed the line.
    """
    with told(*refused):
        settings = FleetSettings.read(config)
        folder = Path(settings.server.state_dir)
        engine = open_engine(store_url(settings))
        try:
            yield Opened(settings=settings, engine=engine, folder=folder, now=datetime.now(UTC))
        finally:
            engine.dispose()


@contextmanager
def told(*refused: type[Exception]) -> Iterator[None]:
    """What is wrong is said in one line, and ends the verb.

    Args:
        refused: Errors whose message is for whoever typed the line, beside those of settings, store and disk.
    """
    try:
        yield
    except SettingsError as error:
        refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except refused as error:
        refuse(str(error))
    except UpgradeError as error:
        refuse(str(error))
    except SQLAlchemyError as error:
        refuse(f"the store cannot be used: {error.__cause__ or error}")
    except FileExistsError as error:
        refuse(f"{error.filename or error}: is there already")
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def store_url(settings: FleetSettings) -> str:
    """Return where the store is: what fleet.toml says, or the SQLite file in the state folder."""
    return settings.store.url or sqlite_url(Path(settings.server.state_dir) / "fleet.sqlite3")


def refuse(*lines: str) -> NoReturn:
    """Say why and end."""
    for line in lines:
        sys.stderr.write(f"zhizhu-fleet: {line}\n")
    raise typer.Exit(MISUSED)
