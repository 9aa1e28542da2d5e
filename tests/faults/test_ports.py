"""Ports: renumbered, held by others, flooded; the cabinet opened and its devices exchanged."""

import asyncio
import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from drivers.code_scanner.serial_engine import SerialEngine, SerialEngineSettings
from drivers.contract.clock import Clock
from drivers.contract.device import Device
from drivers.rig.equipment import Choice
from drivers.transport.port_url import wire_for
from kiosk.__main__ import cli
from kiosk.compose.fitting import from_catalogue
from kiosk.config import DeviceTable
from kiosk.display.vocabulary.intent import ChooseWay, Decline, GoBack, GoHome, Proceed, Start, Way
from kiosk.display.vocabulary.view import (
    CardPrompt,
    Catalogue,
    IdentifyWay,
    MatterState,
    OutOfService,
    PutCard,
    Trouble,
    TroubleKind,
    View,
)
from kiosk.services.service import Capability
from kiosk.visit.model import Troubled
from tests.fakes.topology import FakeTopology
from tests.faults.row import Row
from tests.faults.traces import assert_nothing_personal
from tests.whole.kiosk import A_PERSON_TAKES_S, WholeKiosk, whole_kiosk

pytestmark = [pytest.mark.usefixtures("clean_log"), pytest.mark.timeout(120)]

READER, SCANNER, BOARD, PRINTER = "id-card-reader", "code-scanner", "cabinet-board", "document-printer"
SEEN_S, PAGE_S, READY_S = 2.0, 1.0, 3.0
"""R4: until the fleet knows, until the page says so after that, until it is ready after the cable is back."""
FLAT_MB = 24
USB_PLACE = "1-1.4"
HOLD = """\
import fcntl, os, sys, termios
port = os.open(sys.stdin.readline().strip(), os.O_RDWR | os.O_NOCTTY)
fcntl.flock(port, fcntl.LOCK_EX)
fcntl.ioctl(port, termios.TIOCEXCL)
print("held", flush=True)
sys.stdin.read()
"""
"""What a terminal program does to a port; it is told which."""
TRIED_THRICE_S = 1.5
"""Seconds that three attempts must take at the least once it is known that somebody else holds the port."""


def resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def node_of(kiosk: WholeKiosk, device: str) -> str:
    """The device file that a far end has now."""
    return str(link_of(kiosk, device).readlink())


def link_of(kiosk: WholeKiosk, device: str) -> Path:
    return Path(kiosk.bench.device(device).port.removeprefix("serial:").partition("?")[0])


@contextmanager
def somebody_at(*nodes: str) -> Iterator[list[int]]:
    """Other devices now have these names; yields where what is sent to them arrives."""
    masters: list[int] = []
    slaves: list[int] = []
    for _ in range(64):
        taken = {os.ttyname(slave) for slave in slaves}
        if taken.issuperset(nodes):
            break
        master, slave = os.openpty()  # the lowest free number first
        os.set_blocking(master, False)
        masters.append(master)
        slaves.append(slave)
    yield masters
    for each in (*masters, *slaves):
        os.close(each)


def has_come(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except BlockingIOError:
        return b""


@pytest.mark.fault("F23")
async def test_a_device_whose_port_got_another_number_is_found_and_nobody_else_is_spoken_to(
    folder: Path, broker_port: int, row: Row
) -> None:
    """The card reader by its name in a folder, as in /dev/serial/by-path; the scanner by its USB socket."""
    topology, links = FakeTopology(), folder / "rig" / "ports"

    def make(table: DeviceTable, clock: Clock) -> Device:
        if table.name != SCANNER:
            return from_catalogue(table, clock)
        topology.plug(str((links / SCANNER).readlink()), at=USB_PLACE)
        wire = wire_for(table.port, device=table.name, clock=clock, topology=topology)
        return SerialEngine(name=table.name, wire=wire, settings=SerialEngineSettings(), clock=clock)

    ports = {SCANNER: f"usb:{USB_PLACE}?baud=9600"}
    async with whole_kiosk(folder, broker_port=broker_port, ports=ports, make=make) as kiosk:
        await all_is_ready(kiosk)
        before = {device: node_of(kiosk, device) for device in (READER, SCANNER)}
        since = len(kiosk.ear.heard)
        row.injected("unplugged, others take the old names, replugged")
        for device, node in before.items():
            await kiosk.unplug(device)
            topology.unplug(node)
        for code in ("reader.unreachable", "scanner.unreachable"):
            fault = await kiosk.ear.fault(code, since=since)
            assert row.seen(fault.at_s) <= SEEN_S
        with somebody_at(*before.values()) as others:
            row.mended()
            for device in before:
                await kiosk.replug(device)
            topology.plug(node_of(kiosk, SCANNER), at=USB_PLACE)
            assert not set(before.values()) & {node_of(kiosk, device) for device in before}
            for code in ("reader.unreachable", "scanner.unreachable"):
                ended = await kiosk.ear.cleared(code, since=since)
                assert row.healed(ended.at_s) <= READY_S
            await kiosk.walk_to("confirm")
            assert [has_come(master) for master in others] == [b""] * len(others)
        row.page("as if nothing had been")
        row.note("by its link and by its USB socket; the old names belong to others")
        assert_nothing_personal(kiosk)


async def all_is_ready(kiosk: WholeKiosk) -> None:
    async with asyncio.timeout(10):
        while Capability.READ_PHONE_CODE not in kiosk.core.visit.ready:  # noqa: ASYNC110  # the core tells pages, not tests
            await asyncio.sleep(0.02)


class Opens:
    """Counts how often a device file is opened, by whomever: inotify(7)."""

    IN_OPEN = 0x20
    HEADER = 16

    def __init__(self, node: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert libc.inotify_add_watch(self._watch, node.encode(), self.IN_OPEN) >= 0

    def so_far(self) -> int:
        """Since it was asked before."""
        try:
            return len(os.read(self._watch, 1 << 16)) // self.HEADER
        except BlockingIOError:
            return 0

    async def until(self, count: int, *, within_s: float = 10.0) -> None:
        """Wait until it was opened so often."""
        async with asyncio.timeout(within_s):
            while count > 0:
                await asyncio.sleep(0.02)
                count -= self.so_far()

    def close(self) -> None:
        os.close(self._watch)


@pytest.mark.fault("F24")
async def test_a_port_that_another_process_holds_is_told_with_its_name_and_tried_again_in_peace(
    folder: Path, broker_port: int, row: Row
) -> None:
    by_path = folder / "by-path"
    by_path.symlink_to(folder / "rig" / "ports" / READER)
    ports = {READER: f"serial:{by_path}?baud=115200"}
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: ASYNC220  # at once
        async with whole_kiosk(folder, broker_port=broker_port, ports=ports) as kiosk:
            since = len(kiosk.ear.heard)
            row.injected("another process holds the port: flock, TIOCEXCL")
            # Nothing here waits for the loop: the kiosk sees the port only when it is held.
            await kiosk.unplug(READER)
            by_path.unlink()
            await kiosk.replug(READER)
            node = node_of(kiosk, READER)
            take(holder, node)
            by_path.symlink_to(node)
            opens = Opens(node)

            fault = await kiosk.ear.fault("reader.unreachable", since=since)
            assert row.seen(fault.at_s) <= SEEN_S
            assert "is busy: held by python" in fault.text
            assert f"(pid {holder.pid})" in fault.text
            opens.so_far()
            began_s = kiosk.now_s
            await opens.until(3)
            assert kiosk.now_s - began_s >= TRIED_THRICE_S
            row.note(f"tried three times in {kiosk.now_s - began_s:.1f} s; root is not kept out by TIOCEXCL alone")
            kiosk.touch(Start())
            await kiosk.page("catalogue")
            assert another_way_is_offered(kiosk.glass.view)
            row.page("catalogue: another way to say who one is")

            row.mended()
            holder.communicate()
            ended = await kiosk.ear.cleared("reader.unreachable", since=since)
            assert row.healed(ended.at_s) <= READY_S
            await kiosk.well(within_s=1)
            opens.close()
            assert_nothing_personal(kiosk)


def take(holder: "subprocess.Popen[str]", node: str) -> None:
    """Have the other process take a port; returns when it has."""
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(f"{node}\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "held\n"


def another_way_is_offered(view: View) -> bool:
    return isinstance(view, Catalogue) and all(tile.instead and tile.withdrawn is None for tile in view.tiles)


@pytest.mark.fault("F26")
async def test_only_the_step_that_waits_for_a_code_takes_one_and_nothing_else_than_a_code(
    folder: Path, broker_port: int, row: Row
) -> None:
    """At 115200 baud, so that 64 KB take six seconds and not sixty-eight."""
    async with whole_kiosk(folder, broker_port=broker_port, choice=Choice(scanner_baud=115200)) as kiosk:
        before_mb = resident_mb()
        pages = len(kiosk.glass.shown)
        kiosk.give(SCANNER, "stuck-light")  # it reads and sends without being asked
        kiosk.give(SCANNER, "flood", bytes="65536")
        kiosk.lay(SCANNER, "phone-identity-1")
        await asyncio.sleep(2 * A_PERSON_TAKES_S)
        assert kiosk.glass.shown[pages:] == []  # the idle page stands
        await kiosk.walk_to("confirm", sample="resident-2")
        await asyncio.sleep(2 * A_PERSON_TAKES_S)  # a code is read twice meanwhile, by nobody
        assert kiosk.glass.page == "confirm"
        kiosk.clear(SCANNER)
        kiosk.take(SCANNER)
        kiosk.take(READER)
        kiosk.touch(Decline())
        await kiosk.page("put_card")
        await all_is_ready(kiosk)
        kiosk.touch(ChooseWay(way=Way.PHONE_CODE))
        await kiosk.view(asks(CardPrompt.PUT_CARD), what="it waits for a phone", within_s=5)
        await asyncio.sleep(A_PERSON_TAKES_S)
        assert asks(CardPrompt.PUT_CARD)(kiosk.glass.view)  # what came before is nobody's answer

        row.injected(f"{SCANNER} flood bytes=65536 in that step and outside of it, stuck-light, control-characters")
        kiosk.give(SCANNER, "flood", bytes="65536")
        kiosk.lay(SCANNER, "phone-identity-1")
        await kiosk.view(asks(CardPrompt.NOT_ACCEPTED), what="a flood", within_s=10)
        row.seen()
        kiosk.take(SCANNER)
        await kiosk.view(asks(CardPrompt.NOT_ACCEPTED), what="the page stands", within_s=1)
        kiosk.touch(GoBack())
        await kiosk.page("guide")
        kiosk.touch(Proceed())
        await kiosk.page("put_card")
        kiosk.touch(ChooseWay(way=Way.PHONE_CODE))
        await kiosk.view(asks(CardPrompt.PUT_CARD), what="it waits for a phone again", within_s=5)
        kiosk.lay(SCANNER, "control-characters")  # what is left of the flood is waited out before the light goes on
        await kiosk.view(asks(CardPrompt.NOT_ACCEPTED), what="control characters", within_s=12)
        kiosk.take(SCANNER)
        row.page("put_card: 这个码不对，请再出示")
        assert (await kiosk.platform.get("/sandbox/effects")).json() == {}

        row.mended()
        kiosk.lay(SCANNER, "phone-identity-1")
        await kiosk.page("confirm", within_s=5)
        row.healed()
        assert resident_mb() - before_mb < FLAT_MB
        told = sorted({heard.code for heard in kiosk.ear.heard if heard.device == SCANNER})
        row.note(f"grown by {resident_mb() - before_mb:.1f} MB; told to the fleet: {', '.join(told) or 'nothing'}")
        assert_nothing_personal(kiosk)


def asks(prompt: CardPrompt) -> Callable[[View], bool]:
    return lambda view: isinstance(view, PutCard) and (view.prompt, view.way) == (prompt, IdentifyWay.PHONE_CODE)


@pytest.mark.fault("F72")
async def test_an_opened_cabinet_ends_the_visit_and_nothing_of_it_is_left(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    row.injected(f"{BOARD} door-open")
    kiosk.give(BOARD, "door-open")
    fault = await kiosk.ear.fault("cabinet.door_open")
    assert row.seen(fault.at_s) <= SEEN_S
    await kiosk.page("trouble", within_s=PAGE_S)
    view = kiosk.glass.view
    assert isinstance(view, Trouble)
    assert (view.happened, view.matter) == (TroubleKind.CABINET_OPEN, MatterState.NOT_DONE)
    row.page("trouble: 机柜门开了")
    await kiosk.ear.event("visit.ended")
    visit = kiosk.core.visit
    assert visit.begun is None
    assert visit.stage == Troubled(kind=visit.stage.kind, matter=visit.stage.matter, service=None)  # type: ignore[union-attr]  # says so
    assert_nothing_personal(kiosk)

    kiosk.touch(GoHome())
    kiosk.take(READER)
    await kiosk.page("out_of_service")
    assert isinstance(kiosk.glass.view, OutOfService)
    assert kiosk.glass.view.reason == "机柜门开着"
    assert kiosk.glass.view.clerk_task is not None
    row.mended()
    kiosk.clear(BOARD)
    await kiosk.page("attract", within_s=READY_S + 1)  # two seconds shut before it counts as shut
    row.healed()
    await kiosk.well()


@pytest.mark.fault("F72")
@pytest.mark.parametrize("device", [READER, PRINTER])
async def test_an_exchanged_device_serves_nobody_before_a_technician_has_accepted_it(
    kiosk: WholeKiosk, row: Row, device: str
) -> None:
    await swap(kiosk, row, device, is_another=True)
    kiosk.touch(Start())
    await kiosk.page("catalogue")
    assert isinstance(kiosk.glass.view, Catalogue)
    reasons = {instead.reason for tile in kiosk.glass.view.tiles for instead in tile.instead}
    assert reasons == {"有个部件等维修员确认"}
    row.page("catalogue: 有个部件等维修员确认")

    since = len(kiosk.ear.heard)
    row.mended()
    said = await asyncio.to_thread(CliRunner().invoke, cli, ["accept", device, "--config", str(kiosk.config_file)])
    assert said.exit_code == 0, said.output
    await kiosk.ear.event("device.accepted", since=since)
    await kiosk.ear.cleared("core.device_swapped", since=since)
    await kiosk.well(within_s=READY_S)
    row.healed()
    row.note(f"{device}: accepted by zhizhu-kiosk accept")
    await swap(kiosk, row, device, is_another=False)  # from now on the old one is another


async def swap(kiosk: WholeKiosk, row: Row, device: str, *, is_another: bool) -> None:
    since = len(kiosk.ear.heard)
    await kiosk.unplug(device)
    await kiosk.ear.until(lambda heard: heard.code.endswith(".unreachable"), what="the cable is out", since=since)
    if is_another:
        kiosk.give(device, "swapped")
    else:
        kiosk.clear(device, "swapped")
    row.injected(f"{device} unplugged, swapped, replugged")
    await kiosk.replug(device)
    fault = await kiosk.ear.fault("core.device_swapped", since=since)
    assert row.seen(fault.at_s) <= READY_S  # a device just plugged in has to wake up before it can say who it is
    assert fault.device == device
