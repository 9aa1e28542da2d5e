"""What every cable does with the far end at its end: carry bytes both ways at the line's speed, and wake in time."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping

from drivers.rig.pacing import PacedLine
from drivers.transport.far_end import FarEnd, GivableFault

LEAST_PAUSE_S = 0.0005
"""Between two looks at the same cable, so that a far end that is always due leaves time for the others."""
AHEAD_BYTES = 1024
"""Bytes taken from the kiosk before the line could have carried them; what is more stays with the kiosk's kernel."""


class Cable(ABC):
    """One far end and the way to it, together a ``ServedFarEnd``. Lives on the running loop; nothing here blocks."""

    def __init__(self, far_end: FarEnd) -> None:
        self.far_end = far_end
        self.is_plugged = False
        self._loop = asyncio.get_running_loop()
        self._to_device = PacedLine(far_end.baud)
        self._to_kiosk = PacedLine(far_end.baud)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """The far end's name."""
        return self.far_end.name

    @property
    def title(self) -> str:
        """The far end's title."""
        return self.far_end.title

    def givable_faults(self) -> tuple[GivableFault, ...]:
        """Every fault the far end can be made to show."""
        return self.far_end.givable_faults()

    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        """Make the far end show a fault, at once. ValueError for an unknown name or option."""
        self.far_end.give(fault, options, now_s=now_s)
        self.wake()

    def clear(self, fault: str | None, *, now_s: float) -> None:
        """End one fault of the far end, or all, at once."""
        self.far_end.clear(fault, now_s=now_s)
        self.wake()

    def holding(self) -> Mapping[str, str]:
        """What the far end holds."""
        return self.far_end.holding()

    @property
    @abstractmethod
    def port(self) -> str:
        """Where it leads, as it stands in ``kiosk.toml``."""

    @property
    @abstractmethod
    def is_held(self) -> bool:
        """Whether somebody has the port open."""

    async def plug(self) -> None:
        """Put the plug in. Twice is fine. OSError when the port cannot be made."""
        if not self.is_plugged:
            await self._connect()
            self.is_plugged = True
            self.far_end.plug(now_s=self._loop.time())
            self.wake()

    async def unplug(self) -> None:
        """Pull the plug, perhaps in the middle of a frame. Twice is fine."""
        if self.is_plugged:
            self.is_plugged = False
            self._stop_timer()
            await self._disconnect()
            self._to_device.cut()
            self._to_kiosk.cut()
            self.far_end.unplug(now_s=self._loop.time())
            self.wake()

    async def dispose(self) -> None:
        """Pull the plug for good."""
        await self.unplug()
        self._stop_timer()

    def wake(self) -> None:
        """Carry what is due, and look again when more will be."""
        now_s = self._loop.time()
        if arrived := self._to_device.take(now_s=now_s):
            self.far_end.receive(arrived, now_s=now_s)
        sent = self.far_end.transmit(now_s=now_s)
        if self.is_plugged:
            # What a device sends into a port that nobody has open is lost, as on a real line.
            if self.is_held:
                self._to_kiosk.put(sent, now_s=now_s)
            else:
                self._to_kiosk.cut()
            if arrived := self._to_kiosk.take(now_s=now_s):
                self._hand_over(arrived)
            self._take_more(AHEAD_BYTES - len(self._to_device))
        self._look_again(now_s)

    def _arrived_from_kiosk(self, payload: bytes) -> None:
        self._to_device.put(payload, now_s=self._loop.time())

    def _look_again(self, now_s: float) -> None:
        self._stop_timer()
        dues = (self._to_device.next_due_s(), self._to_kiosk.next_due_s(), self.far_end.next_due_s(now_s=now_s))
        if (due_s := min((due for due in dues if due is not None), default=None)) is not None:
            self._timer = self._loop.call_at(max(due_s, now_s + LEAST_PAUSE_S), self.wake)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @abstractmethod
    async def _connect(self) -> None: ...

    @abstractmethod
    async def _disconnect(self) -> None: ...

    @abstractmethod
    def _hand_over(self, payload: bytes) -> None:
        """Give the kiosk bytes that have arrived; what its kernel cannot hold is lost."""

    @abstractmethod
    def _take_more(self, at_most: int) -> None:
        """Take bytes from the kiosk, now or as they come, through ``_arrived_from_kiosk``."""
