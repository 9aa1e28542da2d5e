"""The state folder belongs to one core at a time; a second start says who holds it."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from drivers.contract.clock import Clock

LOCK = "core.lock"

OF_THE_DISK = frozenset({errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.ENXIO})
"""What a disk says that takes no more; anything else is a mistake in kiosk.toml, and somebody is there to read of it."""
LOOK_S = 5.0
"""Seconds between two looks at whether the disk can be written again."""


class StateFolderHeldError(Exception):
    """Another process works on this state folder; the message says which."""

    def __init__(self, folder: Path, pid: int | None, command: str) -> None:
        who = "another process" if pid is None else f"process {pid}" + (f" ({command})" if command else "")
        super().__init__(f"{folder}: in use by {who}. End it first, or choose another state folder.")
        self.folder = folder
        self.pid = pid


class StateFolderUnusableError(Exception):
    """The folder cannot be made or written; the message says why."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(f"{folder}: cannot be used as state folder: {error.strerror}")
        self.folder = folder
        self.strerror = error.strerror or ""
        self.is_disk = error.errno in OF_THE_DISK


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[Path]:
    """Hold the state folder, made readable by this user alone if it is not there, until the block ends.

    The lock is the kernel's (flock): it ends with the process, however that ends, and is not inherited by a display.

    Raises:
        StateFolderHeldError: Somebody else holds it.
        StateFolderUnusableError: It cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateFolderUnusableError(folder, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _holder(descriptor)
            raise StateFolderHeldError(folder, pid, _command(pid)) from None
        with contextlib.suppress(OSError):  # a full disk: who holds it is then not named, and it is held all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield folder
    finally:
        os.close(descriptor)


async def usable_again(folder: Path, *, clock: Clock) -> str:
    """Return once the folder can be held again; who ended it is ``self``, as far as a core can tell."""
    while True:
        try:
            with hold(folder):
                return "self"
        except StateFolderUnusableError:
            await clock.sleep(LOOK_S)


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _command(pid: int | None) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace")[:200]
