"""A cable in memory: a far end on one side, a driver on the other, and a clock that may be a fake one."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.far_end import FarEnd
from drivers.transport.wire import Wire

LOOK_AGAIN_S = 0.02
"""Seconds of the clock between two looks at a far end that waits for something outside: a card, an unplugging hand."""

LEAST_SLEEP_S = 0.0002
"""Seconds that pass at least between two looks, so that a far end that is due for ever cannot stop a fake clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Bytes on their way to the kiosk.

    Attributes:
        at_s: When they arrive.
        then_unplugged: The cable comes out right behind them.
    """

    at_s: float
    payload: bytes
    then_unplugged: bool = False


class Manner(Protocol):
    """How a cable carries what the device sends: whole, in pieces, late, with losses."""

    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        """Return how ``payload``, sent at ``now_s``, arrives."""


class Whole(Manner):
    """Carries everything at once."""

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        return (Arrival(at_s=now_s, payload=payload),)


class MemoryWire(Wire):
    """Leads to a far end in the same process. No line speed: bytes arrive when the far end sends them."""

    def __init__(self, far_end: FarEnd, *, device: str, clock: Clock, manner: Manner | None = None) -> None:
        """Lay the cable; it is plugged in.

        Args:
            far_end: The simulated device.
            device: The device's name, for messages.
            clock: Time for both ends.
            manner: How bytes travel to the kiosk; None carries them whole.
        """
        self._far_end = far_end
        self._device = device
        self._clock = clock
        self._manner: Manner = manner or Whole()
        self._under_way: deque[Arrival] = deque()
        self._arrived = bytearray()
        self._is_open = False
        self.is_plugged = True

    @property
    @override
    def port(self) -> str:
        return f"memory:{self._far_end.name}"

    def unplug(self) -> None:
        """Pull the cable: what was under way is lost."""
        if self.is_plugged:
            self.is_plugged = False
            self._is_open = False
            self._under_way.clear()
            self._arrived.clear()
            self._far_end.unplug(now_s=self._clock.monotonic_s())

    def replug(self) -> None:
        """Put the cable back in; the driver has to open it again."""
        if not self.is_plugged:
            self.is_plugged = True
            self._far_end.plug(now_s=self._clock.monotonic_s())

    @override
    async def open(self) -> None:
        await self.close()
        if not self.is_plugged:
            raise UnreachableError(self._device, f"cannot open {self.port}: no such port")
        self._is_open = True

    @override
    async def close(self) -> None:
        self._is_open = False
        self._under_way.clear()
        self._arrived.clear()

    @override
    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        self._check()
        self._far_end.receive(payload, now_s=self._clock.monotonic_s())

    @override
    async def read(self, *, at_most: int, deadline_s: float) -> bytes:
        until_s = self._clock.monotonic_s() + deadline_s
        while True:
            self._check()
            self._collect()
            if self._arrived:
                chunk = bytes(self._arrived[:at_most])
                del self._arrived[:at_most]
                return chunk
            self._check()
            now_s = self._clock.monotonic_s()
            if now_s >= until_s:
                raise DeadlineError(self._device, f"nothing came from {self.port} within {deadline_s:g} s", deadline_s=deadline_s)
            await self._clock.sleep(max(self._next_look_s(now_s, until_s) - now_s, LEAST_SLEEP_S))

    @override
    async def discard_input(self) -> None:
        self._check()
        self._collect()
        self._arrived.clear()

    def _check(self) -> None:
        if not self._is_open:
            state = "is not open" if self.is_plugged else "is gone: unplugged"
            raise UnreachableError(self._device, f"{self.port} {state}")

    def _collect(self) -> None:
        now_s = self._clock.monotonic_s()
        sent = self._far_end.transmit(now_s=now_s)
        if sent:
            self._under_way.extend(self._manner.carry(sent, now_s=now_s))
        while self._under_way and self._under_way[0].at_s <= now_s:
            arrival = self._under_way.popleft()
            self._arrived += arrival.payload
            if arrival.then_unplugged:
                # What came before the cable was out still lies in the kernel, as on a real port.
                rest = bytes(self._arrived)
                self.unplug()
                self._arrived += rest

    def _next_look_s(self, now_s: float, until_s: float) -> float:
        looks = [until_s, now_s + LOOK_AGAIN_S]
        if self._under_way:
            looks.append(self._under_way[0].at_s)
        if (due_s := self._far_end.next_due_s(now_s=now_s)) is not None:
            looks.append(max(due_s, now_s))
        return min(looks)
