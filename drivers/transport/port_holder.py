"""Who holds a device file open, for the message a technician reads when a port is busy."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PortHolder:
    """A process with the port open; ``command`` is its short name, never its arguments."""

    pid: int
    command: str


def holders_of(port: Path, *, processes: Path = Path("/proc")) -> tuple[PortHolder, ...]:
    """Find the processes that have ``port`` open, this one included; only those we may look into are found."""
    target = os.path.realpath(port)
    running = (process for process in processes.iterdir() if process.name.isdigit())
    found = (PortHolder(pid=int(process.name), command=_command(process)) for process in running if _has_open(process, target))
    return tuple(sorted(found, key=lambda holder: holder.pid))


def described(holders: tuple[PortHolder, ...]) -> str:
    """Say it in words, e.g. ``minicom (pid 4711)``."""
    if not holders:
        return "a process of another user"
    return ", ".join(
        f"{holder.command} (pid {holder.pid}{', this process' if holder.pid == os.getpid() else ''})" for holder in holders
    )


def _has_open(process: Path, target: str) -> bool:
    try:
        return any(_leads_to(link) == target for link in (process / "fd").iterdir())
    except OSError:  # another user's, or gone by now
        return False


def _leads_to(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed by now
        return ""


def _command(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has just ended"
