"""What USB can do for one device: say at which socket it is, and take the power from that."""

import structlog

from drivers.contract.clock import Clock
from drivers.transport.usb_power import NotSwitchableError, PortPower
from drivers.transport.usb_topology import PluggedIn, Topology, UsbPlace, UsbSocket
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

log = structlog.get_logger(__name__)

LOOK_DEADLINE_S = 5.0
"""Seconds udev may take to list everything; milliseconds are usual."""

FRESH_S = 1.0
"""Seconds for which one look serves every device: after a start all of them ask at once."""


class Lookout:
    """Looks at what is plugged in, from a thread of its own; one for the whole kiosk."""

    def __init__(self, *, topology: Topology, clock: Clock) -> None:
        self._topology = topology
        self._clock = clock
        self._worker: Worker | None = None
        self._seen: tuple[PluggedIn, ...] = ()
        self._seen_s: float | None = None

    async def plugged(self) -> tuple[PluggedIn, ...]:
        """Everything plugged in now; empty when the machine does not say."""
        now_s = self._clock.monotonic_s()
        if self._seen_s is not None and now_s - self._seen_s < FRESH_S:
            return self._seen
        if self._worker is None:
            self._worker = Worker("usb lookout")
        try:
            self._seen = await self._worker.call(self._topology.plugged, deadline_s=LOOK_DEADLINE_S)
        except (OSError, CallDeadlineError, WorkerClosedError) as error:
            log.warning("usb.not_seen", why=str(error))
            self._seen = ()
        self._seen_s = self._clock.monotonic_s()
        return self._seen

    def close(self) -> None:
        """Let the thread go."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class UsbWays:
    """One device's socket. It is remembered: a device that fell off the bus still has one.

    Args:
        port: As in the configuration, e.g. ``serial:usb=1-1.4:1.0`` or ``v4l2:/dev/video0``.
    """

    def __init__(self, port: str, *, lookout: Lookout, power: PortPower) -> None:
        self._node, self._socket = _read_port(port)
        self._port = port
        self._lookout = lookout
        self._power = power

    @property
    def where(self) -> str:
        """The place in words, e.g. ``USB socket 1-1.4``; the configured port while no socket is known."""
        return f"USB socket {self._socket.path}" if self._socket else self._port.partition("?")[0]

    async def look(self) -> None:
        """Find out at which socket the device is now. Nothing changes while it cannot be seen."""
        if self._node:
            found = next((each.place for each in await self._lookout.plugged() if each.node == self._node), None)
            if found is not None:
                self._socket = found.socket

    async def cycle_power(self) -> None:
        """Take the power from its socket and give it back.

        Raises:
            NotSwitchableError: It is on no USB socket, or its hub cannot.
            SwitchingFailedError: It was tried in vain.
        """
        await self.look()
        if self._socket is None:
            raise NotSwitchableError("the device is on no USB socket")
        await self._power.cycle(self._socket)


def _read_port(port: str) -> tuple[str, UsbSocket | None]:
    scheme, _, rest = port.partition(":")
    path = rest.partition("?")[0]
    words = path if scheme == "usb" else path.removeprefix("usb=") if path.startswith("usb=") else None
    if words is not None:
        try:
            return "", UsbPlace.parse(words).socket
        except ValueError:
            return "", None
    return (path, None) if path.startswith("/dev/") else ("", None)
