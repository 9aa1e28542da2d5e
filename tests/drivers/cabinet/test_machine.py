"""The machine watches itself: over a folder shaped like one, on this very machine, and on a disk that really is full."""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cabinet import machine_health, network_health
from drivers.cabinet.simulated_machine import KINDS, SimulatedMachine
from drivers.catalog import create
from drivers.contract.device import Device
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.contract.status import Condition
from drivers.transport.machine import Machine, machine_for
from kiosk.clock import SystemClock
from tests.fakes.clock import FakeClock


@pytest.fixture
async def far_end(tmp_path: Path) -> AsyncIterator[SimulatedMachine]:
    far_end = SimulatedMachine(folder=tmp_path / "machine")
    await far_end.plug()
    yield far_end
    await far_end.dispose()


async def _opened(driver: str, port: str, **chosen: object) -> Device:
    part = create(driver, name="part", port=port, settings=chosen, clock=SystemClock())
    await part.open()
    return part


async def _codes(part: Device) -> list[str]:
    return [symptom.code for symptom in (await part.status()).symptoms]


@pytest.mark.parametrize("driver", ["cabinet/machine", "cabinet/network"])
async def test_a_machine_that_is_well_is_ready_and_says_what_it_is(far_end: SimulatedMachine, driver: str) -> None:
    part = await _opened(driver, far_end.port)
    status = await part.status()
    assert (status.condition, status.symptoms) == (Condition.READY, ())
    assert status.evidence
    assert (await part.identify()).model
    await part.reset()
    await part.close()
    await part.close()
    with pytest.raises(UnreachableError):
        await part.status()


SEEN = {
    "disk-low": ("machine", ["cabinet.disk_low"]),
    "disk-full": ("machine", ["cabinet.disk_full"]),
    "inodes-out": ("machine", ["cabinet.disk_full"]),
    "disk-read-only": ("machine", ["cabinet.disk_read_only"]),
    "disk-failing": ("machine", ["cabinet.disk_failing"]),
    "disk-worn": ("machine", ["cabinet.disk_worn"]),
    "clock-untrusted": ("machine", ["cabinet.clock_untrusted"]),
    "cpu-hot": ("machine", ["cabinet.cpu_hot"]),
    "memory-low": ("machine", ["cabinet.memory_low"]),
    "network-unplugged": ("network", ["cabinet.network_unplugged"]),
    "no-route": ("network", ["cabinet.no_network"]),
    "gateway-silent": ("network", ["cabinet.no_network"]),
}


@pytest.mark.parametrize("fault", KINDS)
async def test_what_goes_wrong_is_named_at_once_and_ends_at_once(far_end: SimulatedMachine, fault: str) -> None:
    driver, codes = SEEN[fault]
    part = await _opened(f"cabinet/{driver}", far_end.port, **({"write_every_s": 1} if driver == "machine" else {}))
    await part.reset()
    far_end.give(fault, {}, now_s=0)
    assert await _codes(part) == codes
    far_end.clear(fault, now_s=0)
    assert await _codes(part) == []
    await part.close()


async def test_what_is_measured_has_a_name_and_a_unit(far_end: SimulatedMachine) -> None:
    part = await _opened("cabinet/machine", far_end.port)
    measured = {each.name: f"{each.value:g} {each.unit}" for each in (await part.status()).measurements}
    assert measured["disk_free"] == "29000 MB"
    assert measured["disk_used"] == "50 %"
    assert measured["disk_life_used"] == "20 %"
    assert measured["cpu_temperature"] == "48 °C"
    await part.close()


async def test_a_disk_is_written_to_now_and_then_and_one_that_failed_each_time(far_end: SimulatedMachine) -> None:
    clock = FakeClock()
    part = create("cabinet/machine", name="part", port=far_end.port, settings={"write_every_s": 60}, clock=clock)
    await part.open()
    await part.status()
    far_end.give("disk-failing", {}, now_s=0)
    assert await _codes(part) == []  # it was tried a moment ago
    await clock.advance(61)
    assert await _codes(part) == ["cabinet.disk_failing"]
    far_end.clear(None, now_s=0)
    assert await _codes(part) == []
    await part.close()


async def test_a_machine_that_is_gone_is_unreachable_and_logged_once(far_end: SimulatedMachine) -> None:
    for driver in ("cabinet/machine", "cabinet/network"):
        part = await _opened(driver, far_end.port)
        with structlog.testing.capture_logs() as logs:
            await far_end.unplug()
            for _ in range(2):
                with pytest.raises(UnreachableError, match="is gone"):
                    await part.status()
            with pytest.raises(UnreachableError):
                await part.open()
            await far_end.plug()
            await part.open()
        assert [log["event"].rpartition("_")[2] for log in logs] == ["lost", "back"]
        await part.close()


async def test_a_look_that_hangs_is_silence_and_holds_the_loop_up_for_nobody(far_end: SimulatedMachine) -> None:
    machine = machine_for(far_end.port, device="part", clock=SystemClock())
    await machine.open()
    ends = threading.Event()
    with pytest.raises(DeadlineError):
        await machine.look(lambda _: ends.wait(30), deadline_s=0.1)
    ends.set()
    assert await machine.look(lambda view: view.text("/proc/meminfo"), deadline_s=5)
    await machine.close()


async def test_this_very_machine_tells_of_itself_in_a_moment(tmp_path: Path) -> None:
    part = await _opened("cabinet/machine", "machine:/", watched_folder=str(tmp_path), low_mb=1, full_mb=0.1)
    await part.status()
    began_s = time.monotonic()
    status = await part.status()
    assert time.monotonic() - began_s < 0.5
    names = {each.name for each in status.measurements}
    assert {"disk_free", "disk_used", "memory_free"} <= names
    assert not {"cabinet.disk_full", "cabinet.disk_low", "cabinet.disk_read_only", "cabinet.disk_failing"} & set(
        await _codes(part)
    )
    assert os.listdir(tmp_path) == []  # the probe is gone again
    await part.close()
    network = await _opened("cabinet/network", "machine:/")
    assert (await network.status()).evidence
    await network.close()


FULL_AND_BACK = """
import asyncio, os, subprocess, sys
from pathlib import Path
from drivers.catalog import create
from kiosk.clock import SystemClock

folder = Path(sys.argv[1])

async def main():
    settings = {"watched_folder": str(folder), "low_mb": 1.5, "full_mb": 0.1, "write_every_s": 1}
    part = create("cabinet/machine", name="part", port="machine:/", settings=settings, clock=SystemClock())
    await part.open()

    async def say(what):
        await part.reset()
        codes = [symptom.code for symptom in (await part.status()).symptoms if symptom.code.startswith("cabinet.disk")]
        print(what, *codes)

    await say("empty")
    (folder / "ballast").write_bytes(bytes(1_000_000))
    await say("fuller")
    try:
        (folder / "more").write_bytes(bytes(4_000_000))
    except OSError:
        pass
    await say("full")
    (folder / "more").unlink()
    (folder / "ballast").unlink()
    await say("freed")
    for n in range(200):
        try:
            (folder / str(n)).touch()
        except OSError:
            break
    await say("no-more-files")
    for n in range(200):
        (folder / str(n)).unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    await say("read-only")
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    await say("writable")
    await part.close()

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a mount namespace")
def test_a_disk_that_really_fills_up_or_turns_read_only_is_named_and_so_is_its_recovery(tmp_path: Path) -> None:
    mounted = tmp_path / "disk"
    mounted.mkdir()
    inside = 'mount -t tmpfs -o size=2m,nr_inodes=100 none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", inside, "sh", str(mounted), sys.executable, FULL_AND_BACK],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "empty",
        "fuller cabinet.disk_low",
        "full cabinet.disk_full",
        "freed",
        "no-more-files cabinet.disk_full",
        "read-only cabinet.disk_read_only",
        "writable",
    ], done.stderr


async def test_an_empty_socket_is_nobody_s_business_while_there_is_another_way(far_end: SimulatedMachine) -> None:
    root = Path(far_end.port.removeprefix("machine:"))
    far_end.give("network-unplugged", {}, now_s=0)
    (root / "sys/class/net/wwan0").mkdir()
    head = (root / "proc/net/route").read_text()
    (root / "proc/net/route").write_text(head + "wwan0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0\n")
    part = await _opened("cabinet/network", far_end.port)
    assert await _codes(part) == []
    assert "wwan0" in (await part.status()).evidence
    await part.close()
    only = await _opened("cabinet/network", far_end.port, interface="eth0")
    assert await _codes(only) == ["cabinet.network_unplugged"]
    await only.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=200),
    st.sampled_from(["proc/meminfo", "proc/net/route", "proc/net/ipv6_route", "proc/net/arp", "zhizhu/disk"]),
)
def test_no_file_whatever_of_the_kernel_makes_it_stumble(tmp_path: Path, content: bytes, path: str) -> None:
    far_end = SimulatedMachine(folder=tmp_path / "machine")
    asyncio.run(far_end.plug())
    (tmp_path / "machine" / path).write_bytes(content)

    async def look() -> None:
        machine = Machine(tmp_path / "machine", device="part")
        await machine.open()
        limits = machine_health.MachineLimits(low_mb=1, full_mb=1, low_inodes_percent=1, hot_from_c=90, low_memory_percent=1)
        facts = await machine.look(lambda view: machine_health.facts_of(view, folder="/", write_problem=0), deadline_s=5)
        machine_health.symptoms_of(facts, limits)
        machine_health.measurements_of(facts)
        network_health.symptoms_of(await machine.look(lambda view: network_health.facts_of(view, only=""), deadline_s=5))
        await machine.close()

    asyncio.run(look())


@pytest.mark.parametrize("port", ["serial:/dev/ttyUSB0", "machine:", "machine:folder"])
def test_a_port_of_another_kind_is_answered_in_words(port: str) -> None:
    with pytest.raises(ValueError, match=r"machine:/ for this machine"):
        machine_for(port, device="part", clock=SystemClock())


def test_full_is_never_more_than_low() -> None:
    with pytest.raises(ValueError, match="full_mb"):
        create("cabinet/machine", name="m", port="machine:/", settings={"low_mb": 10, "full_mb": 20}, clock=SystemClock())
