"""A SAM reader's driver on a memory wire with its far end, and fake time."""

import pytest

from drivers.contract.errors import RefusedError
from drivers.contract.id_card_reader import IdCard
from drivers.contract.status import DeviceStatus
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.transport.memory import MemoryWire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole


class Bench:
    def __init__(
        self, settings: SamSettings | None = None, *, far_end: SimulatedReader | None = None, clock: FakeClock | None = None
    ) -> None:
        self.clock = clock or FakeClock()
        self.far_end = far_end or SimulatedReader()
        self.wire: MemoryWire = whole(self.far_end, clock=self.clock)
        self.reader = SamReader(name="id-card-reader", wire=self.wire, settings=settings or SamSettings(), clock=self.clock)

    def insert(self, sample: str = "resident-1") -> None:
        self.far_end.insert(sample, now_s=self.clock.monotonic_s())

    def remove(self) -> None:
        self.far_end.remove(now_s=self.clock.monotonic_s())

    def give(self, fault: str, **options: object) -> None:
        self.far_end.give(fault, {key: str(value) for key, value in options.items()}, now_s=self.clock.monotonic_s())

    def clear(self) -> None:
        self.far_end.clear(None, now_s=self.clock.monotonic_s())

    async def read(self, *, deadline_s: float = 5) -> IdCard:
        return await self.reader.read_card(deadline_s=deadline_s, found=lambda: None)

    async def refusal(self) -> str:
        with pytest.raises(RefusedError) as caught:
            await self.read()
        return caught.value.reason

    async def codes(self) -> tuple[str, ...]:
        return codes(await self.reader.status())


def codes(status: DeviceStatus) -> tuple[str, ...]:
    return tuple(symptom.code for symptom in status.symptoms)
