"""The state folder belongs to one running server: who holds it is written in it, and the lock ends with the process."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class HeldError(Exception):
    """Another process holds this folder; the message names it."""


class StateFolder:
    """A folder, made if need be and held until closed."""

    def __init__(self, path: Path) -> None:
        """Prepare; it is taken on entering."""
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Take hold.

        Raises:
            HeldError: Another server runs on it.
            OSError: It cannot be made or written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path / "fleet.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(lock, 100).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise HeldError(f"{self.path} is held by {holder}: a second server on it would spoil both") from error
        os.ftruncate(lock, 0)
        os.write(lock, f"zhizhu-fleet, process {os.getpid()}\n".encode())
        self._lock = lock
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Let go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
