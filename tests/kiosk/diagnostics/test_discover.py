"""Discovery over real ptys with the simulated far ends behind them, and a made-up USB tree."""

import os
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.id_card_reader.simulated import SimulatedReader
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.rig.pty_cable import PtyCable
from drivers.transport.far_end import FarEnd
from drivers.transport.usb_topology import UdevTopology
from kiosk.clock import SystemClock
from kiosk.diagnostics.discover import PROBES, Discovery, Found, Probe, config_lines, configured_nodes
from tests.fakes.topology import FakeTopology

PRINTER = Probe(driver="receipt_printer/escpos", bauds=(115200,))
READER = Probe(driver="id_card_reader/sam", bauds=(115200,))


@pytest.fixture
async def far_ends(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Device files behind which a printer and a reader are."""
    ends: dict[str, FarEnd] = {"reader": SimulatedReader(), "printer": SimulatedPrinter(on_paper=lambda _paper: None)}
    cables = {name: PtyCable(end, link=tmp_path / name) for name, end in ends.items()}
    for cable in cables.values():
        await cable.plug()
    yield {name: os.path.realpath(tmp_path / name) for name in cables}  # noqa: ASYNC240  # a link in memory
    for cable in cables.values():
        await cable.dispose()


@pytest.fixture
def silent() -> Iterator[str]:
    """A device file behind which nobody answers."""
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


async def test_what_is_plugged_in_is_recognised_and_the_lines_to_paste_work(far_ends: dict[str, str]) -> None:
    topology = FakeTopology()
    topology.plug(far_ends["reader"], at="1-1.3:1.0")
    topology.plug(far_ends["printer"], at="1-1.4:1.0")
    found = await Discovery(clock=SystemClock(), probes=(PRINTER, READER)).look(topology.plugged(), smartcards=False)
    assert [(each.driver, each.port) for each in found] == [
        ("id_card_reader/sam", "serial:usb=1-1.3:1.0?baud=115200"),
        ("receipt_printer/escpos", "serial:usb=1-1.4:1.0?baud=115200"),
    ] or [(each.driver, each.port) for each in found] == [
        ("receipt_printer/escpos", "serial:usb=1-1.4:1.0?baud=115200"),
        ("id_card_reader/sam", "serial:usb=1-1.3:1.0?baud=115200"),
    ]
    tables = {table["name"]: table for table in tomllib.loads(config_lines(found))["device"]}
    assert tables["receipt-printer"]["driver"] == "receipt_printer/escpos"
    assert tables["id-card-reader"]["port"] == "serial:usb=1-1.3:1.0?baud=115200"


async def test_a_port_that_somebody_holds_is_not_touched(silent: str) -> None:
    topology = FakeTopology()
    topology.plug(silent, at="1-1.4:1.0")
    (found,) = await Discovery(clock=SystemClock(), probes=(PRINTER,)).look(topology.plugged(), smartcards=False)
    assert found.driver == ""
    assert "held by" in found.note
    assert str(os.getpid()) in found.note


async def test_nobody_who_answers_is_said_in_bounded_time(silent: str) -> None:
    topology = FakeTopology()
    topology.plug(silent, at="1-1.4:1.0")
    discovery = Discovery(clock=SystemClock(), probes=(PRINTER,), held_by=lambda _node: "")
    (found,) = await discovery.look(topology.plugged(), smartcards=False)
    assert (found.note, found.port) == ("answers to none of the drivers", "")
    assert "CH340" in found.what


async def test_what_is_configured_already_is_left_alone(silent: str) -> None:
    topology = FakeTopology()
    topology.plug(silent, at="1-1.4:1.0")
    topology.plug("/dev/video0", at="1-1.2:1.0", subsystem="video4linux")
    discovery = Discovery(clock=SystemClock(), configured={silent: "receipt-printer", "/dev/video0": "camera"})
    found = await discovery.look(topology.plugged(), smartcards=False)
    assert sorted(each.note for each in found) == [
        "is configured already as camera",
        "is configured already as receipt-printer",
    ]
    assert config_lines(found) == ""


async def test_a_camera_is_left_for_a_person_to_choose_and_other_things_are_listed() -> None:
    topology = FakeTopology()
    topology.plug("/dev/video0", at="1-1.2:1.0", subsystem="video4linux", vendor="046d", product="0825", model="Webcam")
    topology.plug("/dev/bus/usb/001/009", at="1-1.5", subsystem="usb", vendor="072f", product="90cc", model="ACR39U")
    found = await Discovery(clock=SystemClock()).look(topology.plugged(), smartcards=False)
    assert ["Webcam" in each.what or "ACR39U" in each.what for each in found] == [True, True]
    lines = config_lines(found)
    assert "# choose one of camera/face, document_scanner/overhead" in lines
    assert tomllib.loads(lines) == {}
    assert 'port = "v4l2:/dev/video0"' in lines


async def test_a_printer_that_is_not_at_its_address_is_said_to_be_absent() -> None:
    (found,) = await Discovery(clock=SystemClock()).look((), ipp_hosts=("127.0.0.1:9",), smartcards=False)
    assert (found.driver, found.port) == ("", "")
    assert "127.0.0.1" in found.note


async def test_this_machine_can_be_looked_at() -> None:
    plugged = [each for each in UdevTopology().plugged() if each.subsystem != "tty"]  # nobody's port is asked by a test
    assert isinstance(await Discovery(clock=SystemClock()).look(plugged, smartcards=False), list)


def test_the_printers_harmless_question_comes_first() -> None:
    assert PROBES[0].driver == "receipt_printer/escpos"


def test_two_of_a_kind_have_two_names() -> None:
    twice = [Found(where=f"/dev/ttyUSB{n}", driver="code_scanner/serial_engine", port=f"serial:/dev/ttyUSB{n}") for n in (0, 1)]
    assert [table["name"] for table in tomllib.loads(config_lines(twice))["device"]] == ["code-scanner", "code-scanner-2"]


def test_a_configured_port_is_known_by_its_socket_or_its_file(tmp_path: Path) -> None:
    topology = FakeTopology()
    topology.plug("/dev/ttyUSB0", at="1-1.3:1.0")
    topology.plug("/dev/ttyUSB1", at="1-1.4:1.0")
    (tmp_path / "by-path").symlink_to("/dev/ttyS9")
    ports = {"a": "serial:usb=1-1.3:1.0?baud=9600", "b": "usb:1-1.4", "c": f"serial:{tmp_path}/by-path", "d": "tcp://x:9100"}
    nodes = configured_nodes(ports, topology.plugged())
    assert nodes == {"/dev/ttyUSB0": "a", "/dev/ttyUSB1": "b", "/dev/ttyS9": "c"}
