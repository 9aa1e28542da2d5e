"""A device fitted as the core fits it: its socket is known, its power can be taken, its driver built anew."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.contract.status import Condition
from drivers.transport.usb_power import NotSwitchableError, Uhubctl
from kiosk.upkeep.fitting import Fitter
from kiosk.upkeep.healing import Healing, Outcome
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.usb_ways import Lookout, UsbWays
from tests.fakes.clock import HeldClock
from tests.fakes.topology import FakeTopology
from tests.fakes.uhubctl import FakeUhubctl
from tests.kiosk.upkeep.scripted_device import ScriptedDevice
from tests.kiosk.upkeep.test_healing import JAM, catalogue_with

NODE = "/dev/ttyUSB0"


@pytest.fixture
def topology() -> FakeTopology:
    topology = FakeTopology()
    topology.plug(NODE, at="1-1.4:1.0")
    return topology


@pytest.fixture
async def lookout(topology: FakeTopology) -> AsyncIterator[Lookout]:
    lookout = Lookout(topology=topology, clock=HeldClock())
    yield lookout
    lookout.close()


@pytest.mark.parametrize(
    ("port", "where"),
    [
        ("serial:/dev/ttyUSB0?baud=9600", "USB socket 1-1.4"),
        ("serial:usb=1-1.3:1.0", "USB socket 1-1.3"),
        ("usb:1-1.2", "USB socket 1-1.2"),
        ("v4l2:/dev/ttyUSB0", "USB socket 1-1.4"),
        ("tcp://10.0.0.9:9100", "tcp://10.0.0.9:9100"),
        ("pcsc:", "pcsc:"),
    ],
)
async def test_where_a_device_is_plugged_in_is_found_out(tmp_path: Path, lookout: Lookout, port: str, where: str) -> None:
    ways = UsbWays(port, lookout=lookout, power=Uhubctl(str(tmp_path / "uhubctl")))
    await ways.look()
    assert ways.where == where


async def test_a_device_that_fell_off_the_bus_still_has_its_socket(
    tmp_path: Path, topology: FakeTopology, lookout: Lookout
) -> None:
    hub = FakeUhubctl(tmp_path)
    ways = UsbWays("serial:/dev/ttyUSB0", lookout=lookout, power=Uhubctl(str(hub.path)))
    await ways.look()
    topology.unplug(NODE)
    await ways.cycle_power()
    assert hub.calls == ["-l 1-1 -p 4 -N -a cycle -d 2"]


async def test_a_device_that_is_not_on_usb_has_no_socket_to_switch(tmp_path: Path, lookout: Lookout) -> None:
    hub = FakeUhubctl(tmp_path)
    with pytest.raises(NotSwitchableError, match="on no USB socket"):
        await UsbWays("tcp://10.0.0.9:9100", lookout=lookout, power=Uhubctl(str(hub.path))).cycle_power()
    assert hub.calls == []


async def test_a_jam_ends_with_the_power_of_the_very_socket(tmp_path: Path, lookout: Lookout) -> None:
    hub = FakeUhubctl(tmp_path / "hub")
    clock = HeldClock()
    printer = ScriptedDevice(clock)
    printer.show(Condition.FAILED, JAM)
    catalogue = catalogue_with(tmp_path, 'heal = [{rung="power_cycle_port", tries=2}]')
    fitter = Fitter(clock=clock, catalogue=catalogue, lookout=lookout, power=Uhubctl(str(hub.path)))
    fitted = fitter.fit(lambda: printer, port="serial:/dev/ttyUSB0")
    told: list[Healing] = []
    task = asyncio.create_task(fitted.keeper.run(on_status=lambda _status: None, on_healing=told.append))
    async with asyncio.timeout(45):
        while not told:
            await asyncio.sleep(0.005)  # the program is a real process
            await clock.advance(0.2)
            if hub.calls:
                printer.show(Condition.READY)
    task.cancel()
    await asyncio.wait({task})
    assert [(each.rung, each.outcome) for each in told] == [(Rung.POWER_CYCLE_PORT, Outcome.HELPED)]
    assert hub.calls == ["-l 1-1 -p 4 -N -a cycle -d 2"]
