"""A cable with a line speed: a far end and a kiosk that do not agree on it hear garbage from each other."""

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.transport.far_end import FarEnd
from drivers.transport.line_speed import heard
from drivers.transport.memory import Arrival, Manner, MemoryWire
from drivers.transport.wire import SpeedWire

SPEEDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)


class SpeedMemoryWire(MemoryWire, SpeedWire):
    """Garbles both ways whenever the two ends run at different speeds. Begins at 115200, as a serial port does."""

    def __init__(self, far_end: FarEnd, *, device: str, clock: Clock, speeds: tuple[int, ...] = SPEEDS) -> None:
        super().__init__(far_end, device=device, clock=clock, manner=_AtSpeed(self))
        self._speeds = speeds
        self.baud = 115200
        self.device_baud = far_end.baud or 115200
        self.speeds_set: list[int] = []

    @property
    @override
    def speeds(self) -> tuple[int, ...]:
        return self._speeds

    @override
    async def set_speed(self, baud: int) -> None:
        await self.discard_input()
        self.baud = baud
        self.speeds_set.append(baud)

    @override
    async def write(self, payload: bytes, *, deadline_s: float) -> None:
        self._collect()
        reaches = heard(payload, sent_baud=self.baud, heard_baud=self._far_end.baud or self.baud)
        await super().write(reaches, deadline_s=deadline_s)

    @override
    def _collect(self) -> None:
        # The answer that announces another speed still leaves at the old one.
        self.device_baud = self._far_end.baud or self.baud
        super()._collect()


class _AtSpeed(Manner):
    def __init__(self, wire: SpeedMemoryWire) -> None:
        self._wire = wire

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        reaches = heard(payload, sent_baud=self._wire.device_baud, heard_baud=self._wire.baud)
        return (Arrival(at_s=now_s, payload=reaches),)
