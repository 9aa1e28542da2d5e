"""What may be in a wheel: where each member goes, and what refuses the whole file. Pure readings of a zip's directory.

A wheel is believed for its hash, and looked through all the same: whoever signed it may not have.
"""

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from provisioning.wire.release import MAX_FILES, MAX_UNPACKED_BYTES, ReleaseError

MAX_RATIO = 40
"""Unpacked bytes of a wheel for one packed byte. The product's own wheels reach 6; single files of zeros reach 220."""
RATIO_FROM_BYTES = 1_000_000
"""Less is not worth a bomb."""
LONGEST_PATH = 240
DEEPEST = 24
SCHEMES = frozenset({"purelib", "platlib"})
"""Parts of a wheel's ``.data`` folder that are modules. Scripts, headers and the like are of no use to a kiosk and left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a wheel.

    Attributes:
        name: As in the zip.
        path: Where it goes below ``site-packages``; empty for what is left out.
        bytes: Its size, as the zip says.
        packed_bytes: Its size in the zip, as the zip says.
        crc: Of its content, as the zip says.
    """

    name: str
    path: str
    bytes: int
    packed_bytes: int
    crc: int


def members(infos: Iterable[ZipInfo], *, most_bytes: int = MAX_UNPACKED_BYTES, most_files: int = MAX_FILES) -> tuple[Member, ...]:
    """Return the files of a wheel.

    Raises:
        ReleaseError: One of them leads outside, is no plain file, is there twice, or is too much; none may be unpacked.
    """
    found = tuple(_each(infos, most_files=most_files))
    total = sum(member.bytes for member in found)
    if total > most_bytes:
        raise ReleaseError(f"unpacks to {total} bytes, at most {most_bytes}")
    packed = sum(member.packed_bytes for member in found)
    if total > RATIO_FROM_BYTES and total > MAX_RATIO * packed:
        raise ReleaseError(f"{packed} bytes unpack to {total}, at most {MAX_RATIO} times as much")
    paths = [member.path.casefold() for member in found if member.path]
    if len(set(paths)) != len(paths):
        raise ReleaseError("one file twice")
    return found


def _each(infos: Iterable[ZipInfo], *, most_files: int) -> Iterator[Member]:
    for number, info in enumerate(infos, start=1):
        if number > most_files:
            raise ReleaseError(f"more than {most_files} files")
        _check_kind(info)
        path = _checked(info.orig_filename)
        if info.is_dir():
            continue
        yield Member(name=info.filename, path=_place(path), bytes=info.file_size, packed_bytes=info.compress_size, crc=info.CRC)


def _check_kind(info: ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ReleaseError(f"{_shown(info.orig_filename)}: is no plain file")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise ReleaseError(f"{_shown(info.orig_filename)}: is packed in a way wheels are not")
    if info.flag_bits & 0x1:
        raise ReleaseError(f"{_shown(info.orig_filename)}: is encrypted")


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    parts = name.rstrip("/").split("/")
    if (
        not name
        or len(name) > LONGEST_PATH
        or len(parts) > DEEPEST
        or name.startswith("/")
        or "\\" in name
        or ":" in parts[0]
        or any(not part.isprintable() or part in {"", ".", ".."} for part in parts)
    ):
        raise ReleaseError(f"{_shown(name)}: leads outside, or is no name for a file")
    return path


def _place(path: PurePosixPath) -> str:
    """Return where a file goes below site-packages, or an empty text."""
    if path.parts[0].endswith(".data"):
        return str(PurePosixPath(*path.parts[2:])) if len(path.parts) > 2 and path.parts[1] in SCHEMES else ""
    return str(path)


def _shown(name: str) -> str:
    return ascii(name[:60])
