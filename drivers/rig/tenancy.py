"""One rig a folder: who holds it, and where it can be reached."""

import fcntl
import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError


class Address(BaseModel):
    """What ``rig.json`` says."""

    model_config = ConfigDict(frozen=True)

    url: str
    pid: int


class FolderHeldError(Exception):
    """Another rig has the folder; the message names it."""


class Tenancy:
    """Holds a folder for this process, as a context; the lock ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Take the folder, making it when missing.

        Raises:
            FolderHeldError: Another rig has it.
            OSError: It cannot be made or written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / "rig.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode(errors="replace").strip() or "?"
            os.close(lock)
            address = find(self._folder)
            where = f"，网页 {address.url}" if address else ""
            message = f"{self._folder} 已有一个设备台在用：进程 {holder}{where} (held by another rig, pid {holder})"
            raise FolderHeldError(message) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock
        self.withdraw()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the folder go."""
        self.withdraw()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def announce(self, url: str) -> None:
        """Say where this rig can be reached."""
        fresh = self._folder / ".rig.json.new"
        fresh.write_text(Address(url=url, pid=os.getpid()).model_dump_json() + "\n", encoding="utf-8")
        fresh.replace(self._folder / "rig.json")

    def withdraw(self) -> None:
        """Say nothing any more."""
        (self._folder / "rig.json").unlink(missing_ok=True)


def find(folder: Path) -> Address | None:
    """Where the rig of a folder says it can be reached; None when none does."""
    try:
        return Address.model_validate_json((folder / "rig.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
