import os
import tty
from collections.abc import Iterator

import pytest

from drivers.contract.errors import UnreachableError
from drivers.transport.port_url import wire_for
from drivers.transport.usb_topology import NotPluggedInError, UdevTopology, UsbPlace, UsbSocket, node_at, socket_of
from tests.fakes.clock import FakeClock
from tests.fakes.topology import FakeTopology


@pytest.mark.parametrize(
    ("path", "hub", "number"), [("1-1.4", "1-1", 4), ("1-4", "1", 4), ("2-1.3.12", "2-1.3", 12), ("10-2", "10", 2)]
)
def test_a_socket_knows_its_hub_and_its_number_there(path: str, hub: str, number: int) -> None:
    socket = UsbSocket(path=path)
    assert (socket.hub, socket.number) == (hub, number)


@pytest.mark.parametrize("words", ["", "usb1", "1", "1-", "-1", "1-1.4.", "1-1.4:", "1-1.4:1", "1-1;reboot", "1-1.4:1.0:2"])
def test_what_is_no_place_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        UsbPlace.parse(words)


def test_two_functions_of_one_device_are_told_apart() -> None:
    topology = FakeTopology()
    topology.plug("/dev/ttyUSB0", at="1-1.4:1.0")
    topology.plug("/dev/ttyUSB1", at="1-1.4:1.1")
    assert node_at(topology, UsbPlace.parse("1-1.4:1.1"), subsystem="tty") == "/dev/ttyUSB1"
    assert socket_of(topology, "/dev/ttyUSB1") == UsbSocket(path="1-1.4")
    with pytest.raises(NotPluggedInError, match=r"1-1\.4:1\.2"):
        node_at(topology, UsbPlace.parse("1-1.4:1.2"), subsystem="tty")
    with pytest.raises(NotPluggedInError):
        node_at(topology, UsbPlace.parse("1-1.4:1.1"), subsystem="video4linux")


def test_this_machine_can_be_asked_what_is_plugged_in() -> None:
    found = UdevTopology().plugged()
    assert all(each.node.startswith("/dev/") for each in found)
    assert not [each for each in found if each.node in ("/dev/tty", "/dev/console", "/dev/ptmx")]


@pytest.fixture
def ptys() -> Iterator[list[tuple[int, str]]]:
    opened: list[tuple[int, str]] = []
    held = []
    for _ in range(2):
        master, slave = os.openpty()
        tty.setraw(master)
        held += [master, slave]
        opened.append((master, os.ttyname(slave)))
    yield opened
    for each in held:
        os.close(each)


async def test_a_port_that_comes_back_under_another_number_is_found_by_its_socket(ptys: list[tuple[int, str]]) -> None:
    topology = FakeTopology()
    wire = wire_for("serial:usb=1-1.4:1.0", device="id-card-reader", clock=FakeClock(), topology=topology)
    for master, node in ptys:
        topology.plug(node, at="1-1.4:1.0")
        await wire.open()
        await wire.write(b"find", deadline_s=1.0)
        assert os.read(master, 16) == b"find"
        await wire.close()


async def test_an_empty_socket_is_unreachable_and_named() -> None:
    wire = wire_for("usb:1-1.4", device="id-card-reader", clock=FakeClock(), topology=FakeTopology())
    with pytest.raises(UnreachableError, match=r"cannot open usb=1-1\.4: nothing is plugged in at USB socket 1-1\.4"):
        await wire.open()
