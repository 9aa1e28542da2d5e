"""A cable: a byte stream to one device."""

from typing import Protocol, runtime_checkable


class Wire(Protocol):
    """Bytes to and from one device. Raises only ``UnreachableError`` and ``DeadlineError``.

    Not safe for two conversations at once: the driver holding it serialises.
    """

    @property
    def port(self) -> str:
        """Where it leads, as in the configuration, e.g. ``serial:/dev/ttyUSB0?baud=115200``."""

    async def open(self) -> None:
        """Take hold of the port. UnreachableError when it is missing, or busy (the message names who holds it)."""

    async def close(self) -> None:
        """Let go. Twice is fine; a read that waits ends with UnreachableError. Never raises."""

    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        """Hand all of ``payload`` to the operating system and wait until it has left the buffer."""

    async def read(self, *, at_most: int, deadline_s: float) -> bytes:
        """Wait for at least one byte and return up to ``at_most``; DeadlineError when none came."""

    async def discard_input(self) -> None:
        """Forget what has arrived and was not read."""


@runtime_checkable
class SpeedWire(Wire, Protocol):
    """A wire with a line speed, which the driver may choose where the configuration leaves it open."""

    @property
    def speeds(self) -> tuple[int, ...]:
        """Line speeds in baud to choose from; empty where the configuration names one, or there is none."""

    async def set_speed(self, baud: int) -> None:
        """Go on at this speed, also after the next opening. What has arrived is forgotten. UnreachableError when it is gone."""
