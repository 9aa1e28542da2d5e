"""The equipment of a soak: every far end of the rig, those of byte cables on wires in memory."""

import asyncio
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from pydantic import BaseModel
from typing_extensions import override

from drivers.catalog import CATALOG, create
from drivers.contract.clock import Clock
from drivers.contract.device import Device
from drivers.rig.bench import Bench
from drivers.rig.cable import Cable
from drivers.rig.equipment import Choice, build
from drivers.smartcard_reader.private_pcsc import PrivatePcsc
from drivers.transport.far_end import FarEnd, GivableFault, ServedFarEnd
from drivers.transport.memory import MemoryWire
from kiosk.config import DeviceTable


class MemoryCable(ServedFarEnd):
    """One far end on a wire in memory, for the bench's hands; at most one driver holds the other end."""

    def __init__(self, far_end: FarEnd, *, clock: Clock) -> None:
        self._far_end = far_end
        self._clock = clock
        self.wire = MemoryWire(far_end, device=far_end.name, clock=clock)
        far_end.plug(now_s=clock.monotonic_s())

    @property
    @override
    def name(self) -> str:
        return self._far_end.name

    @property
    @override
    def title(self) -> str:
        return self._far_end.title

    @property
    @override
    def port(self) -> str:
        return f"tcp://{self.name}.invalid:1"  # a port that a configuration may name; nobody opens it

    @property
    @override
    def is_plugged(self) -> bool:
        return self.wire.is_plugged

    @property
    @override
    def is_held(self) -> bool:
        return True

    @override
    async def plug(self) -> None:
        self.wire.replug()

    @override
    async def unplug(self) -> None:
        self.wire.unplug()

    @override
    async def dispose(self) -> None:
        self.wire.unplug()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._far_end.givable_faults()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._far_end.give(fault, options, now_s=now_s)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._far_end.clear(fault, now_s=now_s)

    @override
    def holding(self) -> Mapping[str, str]:
        return self._far_end.holding()


@dataclass
class Equipment:
    """Builds the far ends, and then the drivers that lead to them."""

    clock: Clock
    cables: dict[str, MemoryCable] = field(default_factory=dict)

    def equip(self, folder: Path, choice: Choice, *, now: Callable[[], datetime], pcsc: PrivatePcsc | None) -> Bench:
        """As ``drivers.rig.equipment.build``, with wires in memory where that has ptys."""
        bench = build(folder, choice, now=now, pcsc=pcsc)
        for device in bench.devices.values():
            if isinstance(device, Cable):
                self.cables[device.name] = MemoryCable(device.far_end, clock=self.clock)
        devices = [self.cables.get(name, device) for name, device in bench.devices.items()]
        return Bench(devices, attended=bench._attended, papers=bench.papers, sheets=bench.sheets, environment=bench.environment)

    def make(self, table: DeviceTable, clock: Clock) -> Device:
        """As the catalogue says, but for the way there."""
        cable = self.cables.get(table.name)
        if cable is None:
            return create(table.driver, name=table.name, port=table.port, settings=table.settings, clock=clock)
        line = CATALOG[table.driver]
        module = importlib.import_module(line.module)
        settings = cast("type[BaseModel]", getattr(module, line.settings)).model_validate(dict(table.settings))
        driver = cast("Callable[..., Device]", getattr(module, line.driver))
        return driver(name=table.name, wire=cable.wire, settings=settings, clock=clock)


def loop_s() -> float:
    """The loop's time, by which the far ends live."""
    return asyncio.get_running_loop().time()
