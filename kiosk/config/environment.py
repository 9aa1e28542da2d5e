"""What the environment says, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What systemd told this process.

    Attributes:
        notify_address: Its notification socket, or None when nobody supervises.
        watchdog_s: Seconds within which it wants to hear of us, or None when it does not watch.
    """

    notify_address: str | None
    watchdog_s: float | None


def read_environment(variables: Mapping[str, str], *, pid: int) -> Environment:
    """Read systemd's variables (sd_notify(3), sd_watchdog_enabled(3)). A watchdog meant for another process is not ours."""
    microseconds = variables.get("WATCHDOG_USEC", "")
    is_ours = variables.get("WATCHDOG_PID", str(pid)) == str(pid)
    return Environment(
        notify_address=variables.get("NOTIFY_SOCKET") or None,
        watchdog_s=int(microseconds) / 1e6 if is_ours and microseconds.isdigit() and int(microseconds) > 0 else None,
    )
