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

    @property
    def authority(self) -> Path:
        """Where the service's own keys lie."""
        return self.folder / "authority"

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
    try:
        settings = FleetSettings.read(config)
        folder = Path(settings.server.state_dir)
        folder.mkdir(parents=True, exist_ok=True)
        engine = open_engine(settings.store.url or sqlite_url(folder / "fleet.sqlite3"))
        try:
            upgrade(engine)
            yield Opened(settings=settings, engine=engine, folder=folder, now=datetime.now(UTC))
        finally:
            engine.dispose()
    except SettingsError as error:
        refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except refused as error:
        refuse(str(error))
    except UpgradeError as error:
        refuse(str(error))
    except SQLAlchemyError as error:
        refuse(f"the store cannot be used: {error.__cause__ or error}")
    except OSError as error:
        refuse(f"{error.filename or config}: {error.strerror or error}")


def refuse(*lines: str) -> NoReturn:
    """Say why and end."""
    for line in lines:
        sys.stderr.write(f"zhizhu-fleet: {line}\n")
    raise typer.Exit(MISUSED)
