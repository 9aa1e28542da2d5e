"""The watchdog: tells systemd that this program is alive only while loop, devices and link each make progress."""

import socket
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from drivers.contract.clock import Clock

log = structlog.get_logger(__name__)


class Supervisor(Protocol):
    """Whoever restarts this program when it stops saying that it is alive."""

    def tell(self, state: str) -> None:
        """Pass on one state, e.g. ``READY=1`` or ``WATCHDOG=1``. Never raises and never waits."""


class Systemd:
    """systemd's notification socket: one datagram a state (sd_notify(3)). A few lines of our own instead of a library.

    Args:
        address: What systemd put into ``NOTIFY_SOCKET``: a path, or ``@`` and an abstract name.
    """

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, state: str) -> None:
        """Pass on one state. Lost states are not repeated: the next one is due soon, and systemd restarts us if it is not."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notify:
            try:
                notify.sendto(state.encode(), self._address)
            except OSError as error:
                log.debug("watchdog.not_told", error=type(error).__name__)


class Nobody:
    """No supervisor: started by hand or by the demonstration."""

    def tell(self, state: str) -> None:
        """Nobody listens."""


def late(progress: Mapping[str, float], *, now_s: float, limit_s: float) -> tuple[str, ...]:
    """Names of those whose last progress is longer ago than ``limit_s``."""
    return tuple(name for name, at_s in progress.items() if now_s - at_s > limit_s)


class Watchdog:
    """Feeds the supervisor while everyone makes progress; names those who do not, once, and stops feeding.

    The loop needs no mark of its own: a loop that stands still does not run this either.

    Args:
        sources: Name -> the monotonic second of its last progress, e.g. ``devices`` and ``link``.
        limit_s: Seconds without progress after which a source counts as stuck. Above the longest deadline of a driver's call.
        interval_s: Seconds between two feedings: a third of systemd's ``WatchdogSec`` or less.
    """

    def __init__(
        self,
        *,
        sources: Mapping[str, Callable[[], float]],
        clock: Clock,
        supervisor: Supervisor,
        interval_s: float,
        limit_s: float = 45.0,
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._supervisor = supervisor
        self._interval_s = interval_s
        self._limit_s = limit_s
        self._stuck: tuple[str, ...] = ()

    @property
    def stuck(self) -> tuple[str, ...]:
        """Who made no progress at the last look."""
        return self._stuck

    async def run(self) -> None:
        """Watch until cancelled."""
        self._supervisor.tell("READY=1")
        try:
            while True:
                self._look()
                await self._clock.sleep(self._interval_s)
        finally:
            self._supervisor.tell("STOPPING=1")

    def _look(self) -> None:
        progress = {name: source() for name, source in self._sources.items()}
        stuck = late(progress, now_s=self._clock.monotonic_s(), limit_s=self._limit_s)
        if stuck and stuck != self._stuck:
            log.error("watchdog.stuck", stuck=list(stuck), limit_s=self._limit_s)
        self._stuck = stuck
        if not stuck:
            self._supervisor.tell("WATCHDOG=1")
