"""``zhizhu-fleet backup``, ``restore`` and ``prune``: what is done to the store by hand, or by cron."""

import time
from collections import Counter
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.opened import Config, Opened, named, refuse
from telemetry.fleet.pruning import keeping
from telemetry.fleet.state_folder import HeldError, StateFolder
from telemetry.fleet.store import backup as backups
from telemetry.fleet.store.backup import BackupError, Manifest
from telemetry.fleet.store.retention import Retention

REST = 1.0
"""By hand somebody waits: half the store's time, not the fifth of the job in the service."""

store_verbs = typer.Typer()

Replace = Annotated[bool, typer.Option("--replace", help="also where there is a store already")]


@store_verbs.command()
def backup(file: Annotated[Path, typer.Argument(help="new file, e.g. fleet-2026-11-22.zip")], config: Config) -> None:
    """Back the whole store up into one file, while the service serves."""
    with _named(config) as place:
        lies = _file(place)
        if lies is not None and not lies.exists():
            refuse(f"{lies}: there is no store to back up")
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
    with _named(config) as place, StateFolder(place.folder):
        lies = _file(place)
        if lies is None:
            manifest = backups.restore_rows(file, place.engine, is_replacing=replace)
            _note_restored(place.engine, file, manifest)
            typer.echo(f"restored from {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest)}")
            return
        manifest, aside = backups.restore_file(file, lies, is_replacing=replace, now=datetime.now(UTC))
        _note_restored(place.engine, file, manifest)
        typer.echo(f"restored from {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest)}")
        if aside is not None:
            typer.echo(f"what was there before lies in {aside}; delete it once all is well")


@store_verbs.command()
def prune(config: Config, *, dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how much")] = False) -> None:
    """Delete what is older than fleet.toml keeps, in small bites; the service may run."""
    now = datetime.now(UTC)
    with _named(config) as place:
        lies = _file(place)
        if lies is not None and not lies.exists():
            refuse(f"{lies}: there is no store")
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


def _named(config: Path) -> AbstractContextManager[Opened]:
    return named(config, BackupError, HeldError)


def _file(place: Opened) -> Path | None:
    """Return where an SQLite store lies."""
    return Path(place.engine.url.database or "") if place.engine.dialect.name == "sqlite" else None


def _told(manifest: Manifest) -> str:
    counted = {name: rows for name, rows in manifest.rows.items() if name in {"kiosk", "message", "alarm", "ticket"}}
    return ", ".join(f"{rows} {name}s" for name, rows in counted.items()) + f", {sum(manifest.rows.values())} rows in all"
