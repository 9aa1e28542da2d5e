"""Install: verified wheels become a whole slot, or a slot nobody starts.

Plain unpacking, no installer: what a wheel says of scripts or hooks is never run, and nothing but its hash is believed. A slot is
a virtual environment of three files made by hand. Its last file, ``whole``, names the digest of the list of all others; it is
written once everything before it is on the disk, and taken away before anything in the slot changes. Blocking; used from a
worker's thread.
"""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from provisioning.agent.releases.refusal import NotTrustedError, UnsuitableError
from provisioning.launcher.slots import MANIFEST, PYTHON, WHOLE, Slots
from provisioning.launcher.whole_file import remove, sync_folder, write_whole
from provisioning.wire.release import Release, ReleaseError, Wheel
from provisioning.wire.wheel_file import Member, members

CHUNK_BYTES = 262_144
LIST = "files.json"
COMPILE_WITHIN_S = 900.0
"""For the product's 40 MB of modules on a slow machine with one core busy; nobody waits for it."""

Compile = Callable[[Path, Path], None]
"""Makes the byte code of a folder with an interpreter: raises OSError."""


def install(
    slots: Slots, slot: str, release: Release, manifest: bytes, wheels: Mapping[str, Path], *, python: Path, compile_: Compile
) -> None:
    """Unpack a release into a slot and seal it.

    Args:
        slots: The folder.
        slot: The idle one.
        release: What it is.
        manifest: Its bytes, as they were signed.
        wheels: Where each lies, by its SHA-256.
        python: The machine's interpreter.
        compile_: Makes byte code; unsealed slots alone are written, so this is the time.

    Raises:
        NotTrustedError: A wheel is not what was signed, or what it unpacks to is not allowed.
        UnsuitableError: Its wheels contradict each other.
        OSError: The disk does not take it; the slot is not whole then.
    """
    if not slot or slot == slots.current:
        raise ValueError(f"slot {slot!r} is not idle")
    place = slots.place(slot)
    clear(slots, slot)
    modules = place / "lib" / f"python{release.python}" / "site-packages"
    modules.mkdir(parents=True)
    (place / PYTHON).parent.mkdir()
    (place / PYTHON).symlink_to(python)
    write_whole(place / "pyvenv.cfg", f"home = {python.parent}\ninclude-system-site-packages = false\n".encode())
    written: dict[str, str] = {}
    for wheel in release.wheels:
        _unpack(wheel, wheels[wheel.sha256], modules, written)
    compile_(place / PYTHON, modules)
    write_whole(place / MANIFEST, manifest)
    _sync_all(place)
    listed = {name: digest for name, digest in _contents(place) if name != LIST}
    for name, digest in written.items():
        if listed.get(str((modules / name).relative_to(place))) != digest:
            raise OSError(5, "the disk does not return what was written", name)
    write_whole(place / LIST, json.dumps(listed, sort_keys=True).encode())
    write_whole(place / WHOLE, hashlib.sha256((place / LIST).read_bytes()).hexdigest().encode())


def clear(slots: Slots, slot: str) -> None:
    """Empty a slot: first it is no longer whole, then it goes. Raises OSError."""
    place = slots.place(slot)
    if place.exists():
        remove(place / WHOLE)
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)


def verify(slots: Slots, slot: str) -> None:
    """Read a slot from the disk once more: exactly what was installed is there.

    Raises:
        NotTrustedError: It is not; the slot must not be started.
        OSError: The disk does not answer.
    """
    place = slots.place(slot)
    try:
        listing = (place / LIST).read_bytes()
        sealed = (place / WHOLE).read_text(encoding="ascii")
        listed = json.loads(listing)
    except (FileNotFoundError, ValueError) as error:
        raise NotTrustedError("damaged", f"slot {slot} is not whole") from error
    if hashlib.sha256(listing).hexdigest() != sealed:
        raise NotTrustedError("damaged", f"slot {slot}: the list of its files was changed")
    found = {name: digest for name, digest in _contents(place) if name not in {LIST, WHOLE}}
    if found != listed:
        changed = sorted(set(found.items()) ^ set(listed.items()))[0][0]
        raise NotTrustedError("damaged", f"slot {slot}: {changed} is not as it was installed")


def compile_modules(python: Path, modules: Path) -> None:
    """Make byte code once, so that a slot need never be written again. Runs the machine's compiler, nothing of the release.

    A module that cannot be compiled is one nobody imports; the compiler's own code says only whether it ran.
    """
    words = [
        str(python),
        "-I",
        "-S",
        "-m",
        "compileall",
        "-q",
        "-q",
        "-j",
        "1",
        "--invalidation-mode",
        "unchecked-hash",
        str(modules),
    ]
    try:
        subprocess.run(["/usr/bin/env", "nice", "-n", "19", *words], check=False, timeout=COMPILE_WITHIN_S, capture_output=True)  # noqa: S603  # our own words
    except subprocess.TimeoutExpired as error:
        raise OSError(62, "byte code was not made in time", str(modules)) from error


def _unpack(wheel: Wheel, path: Path, modules: Path, written: dict[str, str]) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if os.fstat(handle).st_size != wheel.bytes or hashlib.file_digest(file, "sha256").hexdigest() != wheel.sha256:
            raise NotTrustedError("arbitrary package", f"{wheel.name}: is not what was signed")
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                for member in members(archive.infolist(), most_bytes=wheel.unpacked_bytes, most_files=wheel.files):
                    if member.path:
                        with archive.open(member.name) as content:
                            _write(member, content, modules, written, wheel.name)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, ReleaseError) as error:
            raise NotTrustedError("bundle", f"{wheel.name}: {error}") from error


def _write(member: Member, content: IO[bytes], modules: Path, written: dict[str, str], wheel: str) -> None:
    place = modules / member.path
    place.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), member.bytes
    if member.path in written:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
        if digest.hexdigest() != written[member.path]:
            raise UnsuitableError(f"{wheel}: {member.path} is also in another wheel, with other content")
        return
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(handle, "wb") as file:
        while chunk := content.read(min(CHUNK_BYTES, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise NotTrustedError("bundle", f"{wheel}: {member.path} is longer than the wheel says")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(handle)
    written[member.path] = digest.hexdigest()


def _sync_all(place: Path) -> None:
    """Put every name, and the byte code that was made, on the disk."""
    for folder, _, files in os.walk(place):
        for name in files:
            if name.endswith(".pyc"):
                handle = os.open(Path(folder, name), os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        sync_folder(Path(folder))


def _contents(place: Path) -> Iterator[tuple[str, str]]:
    """Yield every file of a slot with its digest, read from the disk itself and not from memory; links by where they lead."""
    for path in sorted(_files(place)):
        name = str(path.relative_to(place))
        if path.is_symlink():
            yield name, f"-> {os.readlink(path)}"  # the text of the link, not where it leads
            continue
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            yield name, hashlib.file_digest(file, "sha256").hexdigest()


def _files(place: Path) -> Iterable[Path]:
    for folder, folders, files in os.walk(place):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in (*files, *links))
