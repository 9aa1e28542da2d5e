"""``zhizhu-fleet backup``, ``restore`` and ``prune``: what is done to the store by hand, or by cron."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.pruning import keeping
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.fleet.state_folder import HeldError, StateFolder
from telemetry.fleet.store import backup as backups
from telemetry.fleet.store.backup import BackupError, Manifest
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.retention import Retention
from telemetry.fleet.store.upgrade import UpgradeError

MISUSED = 2
REST = 1.0
"""By hand somebody waits: half the store's time, not the fifth of the job in the service."""

store_verbs = typer.Typer()

Config = Annotated[Path, typer.Option(help="fleet.toml")]
Replace = Annotated[bool, typer.Option("--replace", help="also where there is a store already")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    settings: FleetSettings
    engine: Engine
    file: Path | None
    """Where an SQLite store lies."""


@store_verbs.command()
def backup(file: Annotated[Path, typer.Argument(help="new file, e.g. fleet-2026-11-22.zip")], config: Config) -> None:
    """Back the whole store up into one file, while the service serves."""
    with _store(config) as place:
        if place.file is not None and not place.file.exists():
            _refuse(f"{place.file}: there is no store to back up")
        began_s = time.monotonic()
        manifest = backups.write(place.engine, file, now=datetime.now(UTC))
        _note(place.engine, Act.BACK_UP, about=file.name, detail=_told(manifest))
        size = file.stat().st_size / 1_048_576
        typer.echo(f"{file}: {_told(manifest)}, {size:.1f} MiB, {time.monotonic() - began_s:.1f} s")


@store_verbs.command()
def restore(
    file: Annotated[Path, typer.Argument(help="what backup has written")], config: Config, *, replace: Replace = False
) -> None:
    """Put a backup into the store fleet.toml names. It is verified first; the service must not be running."""
    with _store(config) as place, StateFolder(Path(place.settings.server.state_dir)):
        if place.file is None:
            manifest = backups.restore_rows(file, place.engine, is_replacing=replace)
            _note_restored(place.engine, file, manifest)
            typer.echo(f"restored from {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest)}")
            return
        manifest, aside = backups.restore_file(file, place.file, is_replacing=replace, now=datetime.now(UTC))
        _note_restored(place.engine, file, manifest)
        typer.echo(f"restored from {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest)}")
        if aside is not None:
            typer.echo(f"what was there before lies in {aside}; delete it once all is well")


@store_verbs.command()
def prune(config: Config, *, dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how much")] = False) -> None:
    """Delete what is older than fleet.toml keeps, in small bites; the service may run."""
    now = datetime.now(UTC)
    with _store(config) as place:
        if place.file is not None and not place.file.exists():
            _refuse(f"{place.file}: there is no store")
        retention = Retention(place.engine, keeping(place.settings.retention))
        counts = Counter(retention.old(now=now)) if dry_run else _pruned(retention, now)
        if not dry_run:
            _note(place.engine, Act.PRUNE, detail=", ".join(f"{table} {rows}" for table, rows in sorted(counts.items())))
    for table, rows in sorted(counts.items()):
        typer.echo(f"{table}\t{rows}")
    typer.echo(f"{'would go' if dry_run else 'gone'}\t{counts.total()}")


def _pruned(retention: Retention, now: datetime) -> Counter[str]:
    gone: Counter[str] = Counter()
    began_s = time.monotonic()
    for table, rows in retention.prune(now=now):
        gone[table] += rows
        time.sleep(REST * (time.monotonic() - began_s))
        began_s = time.monotonic()
    return gone


def _note_restored(engine: Engine, file: Path, manifest: Manifest) -> None:
    """Write down in what was restored that it was, and from when it is."""
    _note(engine, Act.RESTORE, about=file.name, detail=f"of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest)}")


def _note(engine: Engine, act: Act, *, about: str = "", detail: str = "") -> None:
    with engine.begin() as connection:
        audit.note(connection, COMMAND_LINE, act, now=datetime.now(UTC), about=about, detail=detail)


@contextmanager
def _store(config: Path) -> Iterator[_Place]:
    """Yield the store fleet.toml names; what is wrong is said in one line."""
    try:
        settings = FleetSettings.read(config)
        url = settings.store.url or sqlite_url(Path(settings.server.state_dir) / "fleet.sqlite3")
        engine = open_engine(url)
        is_file = engine.dialect.name == "sqlite"
        try:
            yield _Place(settings=settings, engine=engine, file=Path(engine.url.database or "") if is_file else None)
        finally:
            engine.dispose()
    except SettingsError as error:
        _refuse(*(f"{error.path}: {problem}" for problem in error.problems))
    except (BackupError, UpgradeError, HeldError) as error:
        _refuse(str(error))
    except SQLAlchemyError as error:
        _refuse(f"the store cannot be used: {error.__cause__ or error}")
    except OSError as error:
        _refuse(f"{error.filename or config}: {error.strerror or error}")


def _told(manifest: Manifest) -> str:
    counted = {name: rows for name, rows in manifest.rows.items() if name in {"kiosk", "message", "alarm", "ticket"}}
    return ", ".join(f"{rows} {name}s" for name, rows in counted.items()) + f", {sum(manifest.rows.values())} rows in all"


def _refuse(*lines: str) -> NoReturn:
    for line in lines:
        sys.stderr.write(f"zhizhu-fleet: {line}\n")
    raise typer.Exit(MISUSED)
