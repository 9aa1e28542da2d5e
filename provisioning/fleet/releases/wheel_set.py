"""A folder of wheels becomes a manifest: what is in it is measured and looked through before anybody is asked to sign."""

import hashlib
import zipfile
from datetime import datetime
from pathlib import Path

from provisioning.wire.release import (
    MAX_WHEEL_BYTES,
    DataVersions,
    Release,
    ReleaseError,
    Wheel,
    read_release,
    write_release,
)
from provisioning.wire.wheel_file import members


def manifest_of(
    folder: Path, *, version: str, python: str, data: DataVersions, launcher: int, note: str, now: datetime
) -> Release:
    """Return the manifest of all wheels in a folder.

    Raises:
        ReleaseError: One of them is not to be released, or together they are no release.
        OSError: They cannot be read.
    """
    files = sorted(folder.glob("*.whl"))
    if not files:
        raise ReleaseError(f"{folder}: no wheels there")
    owners: dict[str, tuple[str, int]] = {}
    wheels = tuple(_measured(file, owners) for file in files)
    # What is written must be readable: the same bounds hold for those who make releases and for those who take them.
    return read_release(
        write_release(
            Release.model_construct(
                v=1, version=version, python=python, wheels=wheels, data=data, launcher=launcher,
                built_at=now.replace(microsecond=0), note=note,
            )
        )
    )  # fmt: skip


def _measured(file: Path, owners: dict[str, tuple[str, int]]) -> Wheel:
    if file.is_symlink() or not file.is_file():
        raise ReleaseError(f"{file.name}: is no plain file")
    if file.stat().st_size > MAX_WHEEL_BYTES:
        raise ReleaseError(f"{file.name}: {file.stat().st_size} bytes, at most {MAX_WHEEL_BYTES}")
    try:
        with zipfile.ZipFile(file) as wheel:
            inside = members(wheel.infolist())
    except zipfile.BadZipFile as error:
        raise ReleaseError(f"{file.name}: is no wheel ({error})") from error
    except ReleaseError as error:
        raise ReleaseError(f"{file.name}: {error}") from error
    for member in inside:
        other, crc = owners.setdefault(member.path, (file.name, member.crc)) if member.path else ("", member.crc)
        if crc != member.crc:
            raise ReleaseError(f"{file.name}: {member.path} is also in {other}, with other content")
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Wheel.model_construct(
        name=file.name,
        sha256=digest,
        bytes=file.stat().st_size,
        unpacked_bytes=sum(member.bytes for member in inside),
        files=max(1, len(inside)),
    )
