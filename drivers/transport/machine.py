"""This machine as a device: what its kernel tells in /proc and /sys, its disk, and whether its clock is right.

``machine:/`` is the machine itself. ``machine:/some/folder`` is a folder shaped like one, for training and for tests, in which
``zhizhu/disk`` and ``zhizhu/clock`` stand for the two answers that no file of a real machine gives.
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

LONGEST_FILE = 65536
"""Bytes read of one file; the files of /proc and /sys that matter here have a few hundred."""

PROBE_NAME = ".zhizhu-write-probe"

OPEN_DEADLINE_S = 1.0

CLOSE_DEADLINE_S = 0.5

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The file system under a folder. ``free_bytes`` and ``free_inodes`` are what is left to us, not to root."""

    total_bytes: int
    free_bytes: int
    total_inodes: int
    free_inodes: int
    is_read_only: bool


class MachineView(Protocol):
    """The machine as it can be looked at, by blocking calls. Nothing here raises: what is not there is empty or None."""

    def text(self, path: str) -> str:
        """A file's content, at most ``LONGEST_FILE`` of it."""

    def names(self, folder: str) -> tuple[str, ...]:
        """What stands in a folder, sorted."""

    def disk(self, folder: str) -> Disk | None:
        """The file system under a folder, or under the nearest one above it that exists."""

    def write_problem(self, folder: str) -> int:
        """Write a small file there, to the disk itself, and take it away again: 0, or the errno of what went wrong."""

    def clock_is_synchronised(self) -> bool | None:
        """Whether a time service keeps the clock right; None when nobody says."""


def machine_for(port: str, *, device: str, clock: Clock) -> "Machine":  # noqa: ARG001  the catalogue hands every maker a clock
    """Return the machine that a port names; nothing is looked at yet.

    Raises:
        ValueError: It is not ``machine:`` and an absolute folder.
    """
    scheme, _, root = port.partition(":")
    if scheme != "machine" or not root.startswith("/"):
        raise ValueError(f"port: {port!r} is not machine: and a folder; e.g. machine:/ for this machine")
    return Machine(Path(root), device=device)


class Machine:
    """Looks at the machine in a worker thread: a dying disk makes a simple question hang for minutes."""

    def __init__(self, root: Path, *, device: str) -> None:
        """Describe it. ``root`` is ``/``, or a folder shaped like a machine."""
        self._root = root
        self._device = device
        self._worker: Worker | None = None

    @property
    def port(self) -> str:
        """Where it leads, as in the configuration."""
        return f"machine:{self._root}"

    async def open(self) -> None:
        """Make sure it is there.

        Raises:
            UnreachableError: There is no such folder.
            DeadlineError: Not even that can be told in time.
        """
        await self.close()
        worker = Worker(f"{self._device} look")
        is_there = False
        try:
            is_there = await self._in(worker, (self._root / "proc").is_dir, deadline_s=OPEN_DEADLINE_S)
        finally:
            if is_there:
                self._worker = worker
            else:
                worker.close()
        if not is_there:
            raise UnreachableError(self._device, f"{self.port} is no machine: it has no /proc")

    async def close(self) -> None:
        """Look no more. Twice is fine; never raises."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.finish(deadline_s=CLOSE_DEADLINE_S)
            worker.close()

    async def look(self, fn: Callable[[MachineView], Answer], *, deadline_s: float) -> Answer:
        """Run ``fn`` over the machine, off the loop, and return what it returns.

        Raises:
            UnreachableError: It is not open, or the folder is gone.
            DeadlineError: Something in it hangs.
        """
        if self._worker is None:
            raise UnreachableError(self._device, f"{self.port} is not open")
        view: MachineView = _ThisMachine() if self._root == Path("/") else _FolderMachine(self._root)

        def looked() -> Answer | None:
            return fn(view) if (self._root / "proc").is_dir() else None

        answer = await self._in(self._worker, looked, deadline_s=deadline_s)
        if answer is None:
            raise UnreachableError(self._device, f"{self.port} is gone")
        return answer

    async def _in(self, worker: Worker, fn: Callable[[], Answer], *, deadline_s: float) -> Answer:
        try:
            return await worker.call(fn, deadline_s=deadline_s)
        except CallDeadlineError:
            raise DeadlineError(
                self._device, f"{self.port} did not answer within {deadline_s:g} s", deadline_s=deadline_s
            ) from None
        except WorkerClosedError:
            raise UnreachableError(self._device, f"{self.port} was closed") from None


class _FolderMachine(MachineView):
    def __init__(self, root: Path) -> None:
        self._root = root

    @override
    def text(self, path: str) -> str:
        try:
            with self._at(path).open("rb") as file:
                return file.read(LONGEST_FILE).decode("utf-8", errors="replace")
        except OSError:
            return ""

    @override
    def names(self, folder: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(os.listdir(self._at(folder))))
        except OSError:
            return ()

    @override
    def disk(self, folder: str) -> Disk | None:
        words = self.text("/zhizhu/disk").split()
        with contextlib.suppress(ValueError):
            total, free, inodes, free_inodes, mode, _ = words
            return Disk(
                total_bytes=int(total),
                free_bytes=int(free),
                total_inodes=int(inodes),
                free_inodes=int(free_inodes),
                is_read_only=mode == "ro",
            )
        return None

    @override
    def write_problem(self, folder: str) -> int:
        words = self.text("/zhizhu/disk").split()
        return int(words[5]) if len(words) == 6 and words[5].isdigit() else 0

    @override
    def clock_is_synchronised(self) -> bool | None:
        return {"synchronised": True, "unsynchronised": False}.get(self.text("/zhizhu/clock").strip())

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")


class _ThisMachine(_FolderMachine):
    def __init__(self) -> None:
        super().__init__(Path("/"))

    @override
    def disk(self, folder: str) -> Disk | None:
        try:
            found = os.statvfs(_existing(Path(folder)))
        except OSError:
            return None
        return Disk(
            total_bytes=found.f_blocks * found.f_frsize,
            free_bytes=found.f_bavail * found.f_frsize,
            total_inodes=found.f_files,
            free_inodes=found.f_favail,
            is_read_only=bool(found.f_flag & os.ST_RDONLY),
        )

    @override
    def write_problem(self, folder: str) -> int:
        name = _existing(Path(folder)) / PROBE_NAME
        try:
            probe = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(probe, b"zhizhu\n" * 600)  # more than a block, so that a full disk cannot find room for it
                os.fsync(probe)
            finally:
                os.close(probe)
                name.unlink()
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    @override
    def clock_is_synchronised(self) -> bool | None:
        return _kernel_says_synchronised()


class _Timex(ctypes.Structure):
    """struct timex (adjtimex(2)): only ``modes`` is written, nothing is read but the call's own answer."""

    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_byte * 252))


_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised (STA_UNSYNC), which is what every time service clears once it has set it: timesyncd
and ntpd always, chronyd where its configuration has ``rtcsync``, as Debian's has."""


def _kernel_says_synchronised() -> bool | None:
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(_Timex()))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
