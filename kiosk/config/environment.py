"""What the environment says, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IN_MEMORY = "/dev/shm"  # noqa: S108  a folder of our own is made in it
"""Where memory is a folder on every Linux; systemd names a better one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What systemd told this process.

    Attributes:
        notify_address: Its notification socket, or None when nobody supervises.
        watchdog_s: Seconds within which it wants to hear of us, or None when it does not watch.
        volatile_dir: A folder in memory, for a life without a disk.
    """

    notify_address: str | None
    watchdog_s: float | None
    volatile_dir: Path


def read_environment(variables: Mapping[str, str], *, pid: int) -> Environment:
    """Read systemd's variables (sd_notify(3), sd_watchdog_enabled(3)). A watchdog meant for another process is not ours."""
    microseconds = variables.get("WATCHDOG_USEC", "")
    is_ours = variables.get("WATCHDOG_PID", str(pid)) == str(pid)
    return Environment(
        volatile_dir=Path(variables.get("RUNTIME_DIRECTORY") or IN_MEMORY),
        notify_address=variables.get("NOTIFY_SOCKET") or None,
        watchdog_s=int(microseconds) / 1e6 if is_ours and microseconds.isdigit() and int(microseconds) > 0 else None,
    )
