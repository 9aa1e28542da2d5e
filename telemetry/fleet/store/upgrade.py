"""Bringing a database up to the tables of this release, at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.store.failures import is_outage

MIGRATIONS = Path(__file__).parent / "migrations"


class UpgradeError(Exception):
    """The database is not one of ours, is newer than this release, or cannot be opened.

    Attributes:
        is_outage: It may be there in a minute: away, locked, starting.
    """

    def __init__(self, message: str, *, is_outage: bool) -> None:
        super().__init__(message)
        self.is_outage = is_outage


def upgrade(engine: Engine, *, revision: str = "head") -> None:
    """Run every step the database has not seen yet; all of them, or none. Of two who start at once one waits for the other.

    Raises:
        UpgradeError: It cannot be brought to this release; the message says why.
    """
    config = _config()
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except CommandError as error:
        raise UpgradeError(_said(engine, error), is_outage=False) from error
    except SQLAlchemyError as error:
        raise UpgradeError(_said(engine, error), is_outage=is_outage(error)) from error


def revision_of(connection: Connection) -> str | None:
    """Return which revision a database is at; None for one without our tables."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revisions() -> tuple[str, ...]:
    """Return every revision this release knows, newest first."""
    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _said(engine: Engine, error: Exception) -> str:
    return f"database {engine.url.render_as_string(hide_password=True)}: {error}"
