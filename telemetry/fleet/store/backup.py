"""A backup: one ZIP of a manifest and a snapshot. The same for SQLite and PostgreSQL, and the way from one to the other."""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, create_engine

from telemetry.fleet.store import snapshot
from telemetry.fleet.store.engine import sqlite_url
from telemetry.fleet.store.snapshot import SnapshotError
from telemetry.fleet.store.upgrade import upgrade

FORMAT = "zhizhu-fleet-backup-1"
MANIFEST, DATA = "manifest.json", "fleet.sqlite3"
CHUNK_BYTES = 1_048_576
MOST_MANIFEST_BYTES = 65_536


class BackupError(Exception):
    """It cannot be written, read or restored; the message says why. What was there before still is."""


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: str
    taken_at: datetime
    from_database: str
    """``sqlite`` or ``postgresql``."""
    revision: str
    """Of the tables."""
    rows: Mapping[str, int]
    data_bytes: int = Field(ge=0)
    sha256: str


def write(engine: Engine, file: Path, *, now: datetime) -> Manifest:
    """Back the store up into a new file, readable for its owner alone: it holds the hashes of passwords.

    Raises:
        BackupError: The file is there already, or it could not be written whole.
        SQLAlchemyError: The store cannot be read.
    """
    if file.exists():
        raise BackupError(f"{file} is there already; a backup never writes over another")
    with TemporaryDirectory(prefix=".zhizhu-backup-", dir=file.parent) as folder:
        data, parcel = Path(folder, DATA), Path(folder, "parcel")
        try:
            snapshot.take(engine, data)
            revision, rows = snapshot.verify(data)
        except SnapshotError as error:
            raise BackupError(str(error)) from error
        manifest = Manifest(
            format=FORMAT,
            taken_at=now,
            from_database=engine.dialect.name,
            revision=revision,
            rows=rows,
            data_bytes=data.stat().st_size,
            sha256=digest(data),
        )
        os.close(os.open(parcel, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        with zipfile.ZipFile(parcel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
            bundle.writestr(MANIFEST, manifest.model_dump_json(indent=1))
            bundle.write(data, DATA)
        read(parcel, Path(folder, "again"))
        _keep(parcel)
        os.link(parcel, file)  # whole or not at all, and never over another
    _keep(file.parent)
    return manifest


def read(file: Path, folder: Path) -> tuple[Manifest, Path]:
    """Unpack a backup into a folder and check all of it; returns the manifest and the snapshot.

    Raises:
        BackupError: It is none, is damaged, or is of a newer release.
    """
    folder.mkdir(exist_ok=True)
    data = folder / DATA
    try:
        with zipfile.ZipFile(file) as bundle:
            with bundle.open(MANIFEST) as source:
                manifest = Manifest.model_validate_json(source.read(MOST_MANIFEST_BYTES))
            if manifest.format != FORMAT:
                raise BackupError(f"{file}: is a {manifest.format}, this release reads {FORMAT}")
            with bundle.open(DATA) as source, data.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
    except (zipfile.BadZipFile, KeyError, ValidationError, EOFError, zlib.error) as error:
        raise BackupError(f"{file}: not a whole backup of ours ({type(error).__name__})") from error
    if (data.stat().st_size, digest(data)) != (manifest.data_bytes, manifest.sha256):
        raise BackupError(f"{file}: damaged: its content does not have the SHA-256 its manifest names")
    try:
        revision, rows = snapshot.verify(data)
    except SnapshotError as error:
        raise BackupError(f"{file}: {error}") from error
    if (revision, rows) != (manifest.revision, manifest.rows):
        raise BackupError(f"{file}: damaged: its content is not what its manifest counts")
    return manifest, data


def restore_file(file: Path, store: Path, *, is_replacing: bool, now: datetime) -> tuple[Manifest, Path | None]:
    """Restore into an SQLite store nobody has open; returns the manifest, and where the store before it was put aside.

    Raises:
        BackupError: The backup is not good, or there is a store and it is not to be replaced. Nothing was changed.
    """
    with TemporaryDirectory(prefix=".zhizhu-restore-", dir=store.parent) as folder:
        manifest, data = read(file, Path(folder))
        if store.exists() and not is_replacing:
            raise BackupError(f"{store} is there already; restore with --replace to put it aside")
        fresh = create_engine(sqlite_url(data))
        upgrade(fresh)
        fresh.dispose()
        _keep(data)
        aside = None
        if store.exists():
            aside = store.with_name(f"{store.name}.before-{now:%Y%m%dT%H%M%SZ}")
            for ending in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    os.replace(f"{store}{ending}", f"{aside}{ending}")
        os.replace(data, store)
        _keep(store.parent)
    return manifest, aside


def restore_rows(file: Path, engine: Engine, *, is_replacing: bool) -> Manifest:
    """Restore into a PostgreSQL store nobody uses, in one transaction.

    Raises:
        BackupError: The backup is not good, the store holds something and is not to be replaced, or a server uses it.
        SQLAlchemyError: The store cannot be written; it is as it was.
    """
    with TemporaryDirectory(prefix="zhizhu-restore-") as folder:
        manifest, data = read(file, Path(folder))
        try:
            snapshot.put_into(engine, data, is_replacing=is_replacing)
        except SnapshotError as error:
            raise BackupError(str(error)) from error
    return manifest


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _keep(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
