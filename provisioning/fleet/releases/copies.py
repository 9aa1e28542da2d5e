"""Copies of the repository: a mirror for a county with a thin line, a stick for a village with none."""

import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from provisioning.fleet.releases.metadata import Chain
from provisioning.fleet.releases.repository import TIMESTAMP, Repository
from provisioning.wire.release import ReleaseError

STICK = "zhizhu-courier"
"""The one folder of a stick a kiosk looks into."""


def mirror(repository: Repository, folder: Path) -> int:
    """Bring a folder to what is served; returns how many files were copied. Can be broken off and done again."""
    source = repository.folder
    copied = _copy(source, folder, sorted(path for path in (source / "targets").rglob("*") if _is_served(path)))
    for chain in Chain:
        named = sorted(path for path in (source / chain).glob("*.json") if path.name != TIMESTAMP)
        copied += _copy(source, folder, named)
    return copied + _copy(source, folder, [source / chain / TIMESTAMP for chain in Chain], is_changing=True)


def export_stick(repository: Repository, stick: Path, version: str, *, now: datetime) -> int:
    """Put one release on a stick, with the courier's word for it, good for two months; returns the bytes it took.

    Raises:
        ReleaseError: There is no such release, or a newer one is published: a kiosk takes the newest or none.
        OSError: The stick does not take it.
    """
    newest = repository.versions()[-1:]
    if version not in repository.versions():
        raise ReleaseError(f"{version}: there is no such release")
    if version != newest[0]:
        raise ReleaseError(f"{version}: {newest[0]} is newer, and a stick carries the newest")
    repository.refresh(Chain.COURIER, now=now, is_forced=True)
    folder, source = stick / STICK, repository.folder
    if folder.exists():
        shutil.rmtree(folder)
    _copy(source, folder, repository.files_of(version))
    named = [path for path in (source / Chain.COURIER).glob("*.json") if path.name != TIMESTAMP]
    _copy(source, folder, named)
    _copy(source, folder, [source / Chain.COURIER / TIMESTAMP], is_changing=True)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy(source: Path, folder: Path, files: Iterable[Path], *, is_changing: bool = False) -> int:
    copied = 0
    for file in files:
        place = folder / file.relative_to(source)
        if not is_changing and place.exists() and place.stat().st_size == file.stat().st_size:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.new")
        with file.open("rb") as read, draft.open("wb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(place)
        copied += 1
    return copied


def _is_served(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")
