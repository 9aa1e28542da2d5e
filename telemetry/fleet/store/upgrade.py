"""Bringing a database up to the tables of this release, at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

MIGRATIONS = Path(__file__).parent / "migrations"


class UpgradeError(Exception):
    """The database is not one of ours, is newer than this release, or cannot be opened."""


def upgrade(engine: Engine, *, revision: str = "head") -> None:
    """Run every step the database has not seen yet.

    Raises:
        UpgradeError: It cannot be brought to this release; the message says why.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except (CommandError, SQLAlchemyError) as error:
        raise UpgradeError(f"database {engine.url.render_as_string(hide_password=True)}: {error}") from error
