"""The shipping driver over real pcscd and vpcd: a virtual card on TCP, its cable with manners, a service that dies.

Each test has a pcscd of its own, in a mount namespace and on free ports; the machine's own is not touched.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from drivers.catalog import create
from drivers.contract.errors import DeadlineError, DriverError, RefusedError, UnreachableError
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from drivers.contract.status import Condition
from drivers.smartcard_reader.private_pcsc import PrivatePcsc, RunningPcsc
from drivers.smartcard_reader.simulated import SimulatedSmartcardReader
from drivers.smartcard_reader.social_security import SocialSecurityReader
from drivers.transport.card_slot import SlotRefusal
from drivers.transport.pcsc import slot_for
from kiosk.clock import SystemClock
from tests.drivers.contract_suite.smartcard_reader import is_li
from tests.fakes.pcsc import private_pcsc
from tests.fakes.tcp_proxy import TCP_MANNERS, TcpProxy, cut_after

WHY_NOT = PrivatePcsc.cannot_run_because()

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"a private pcscd cannot run here: {WHY_NOT}")


class Bench:
    def __init__(self, service: PrivatePcsc, far_end: SimulatedSmartcardReader) -> None:
        self.service = service
        self.far_end = far_end
        self.reader = driver(far_end.port)

    def insert(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=time.monotonic())

    def remove(self) -> None:
        self.far_end.remove(now_s=time.monotonic())

    async def reads_li(self, *, deadline_s: float = 10) -> bool:
        return is_li(await self.reader.read_card(deadline_s=deadline_s, found=lambda: None))


def driver(port: str) -> SocialSecurityReader:
    settings = {"answer_deadline_s": 1.0, "poll_interval_s": 0.1}
    made = create("smartcard_reader/social_security", name="smartcard-reader", port=port, settings=settings, clock=SystemClock())
    assert isinstance(made, SocialSecurityReader)
    return made


@pytest.fixture
async def service() -> AsyncIterator[PrivatePcsc]:
    async with private_pcsc() as service:
        yield service


@pytest.fixture
async def bench(service: PrivatePcsc) -> AsyncIterator[Bench]:
    bench = Bench(service, SimulatedSmartcardReader(service=service))
    await bench.far_end.plug()
    await bench.reader.open()
    yield bench
    await bench.reader.close()
    await bench.far_end.dispose()


async def _until(call: Callable[[], Awaitable[object]], *, within_s: float = 5) -> float:
    """Try until it works, as a Keeper does; return the seconds it took."""
    began_s = time.monotonic()
    while True:
        try:
            await call()
        except DriverError:
            assert time.monotonic() - began_s < within_s
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - began_s


async def test_a_card_put_in_while_waiting_is_read_and_no_pin_is_sent(bench: Bench) -> None:
    assert (await bench.reader.status()).condition is Condition.READY
    assert "Virtual PCD" in (await bench.reader.identify()).model
    reading = asyncio.create_task(bench.reads_li())
    await asyncio.sleep(0.3)
    bench.insert("social-security-1")
    assert await reading
    assert await bench.reader.has_card()
    assert set(bench.far_end.asked) == {0xA4, 0xB2}
    another = slot_for(bench.far_end.port, device="another", clock=SystemClock())
    await another.open()
    await another.connect(deadline_s=2)  # it was let go of
    await another.close()


@pytest.mark.parametrize(
    ("sample", "reason"), [("bank-card-1", SocialSecurityRefusal.BANK_CARD), ("mute-card", SocialSecurityRefusal.PRESENT_AGAIN)]
)
async def test_another_card_is_refused_politely(bench: Bench, sample: str, reason: str) -> None:
    bench.insert(sample)
    with pytest.raises(RefusedError) as refused:
        await bench.reader.read_card(deadline_s=10, found=lambda: None)
    assert refused.value.reason == reason
    assert set(bench.far_end.asked) <= {0xA4}


@pytest.mark.parametrize("manner", TCP_MANNERS)
async def test_over_a_cable_of_any_manner_a_card_is_read_whole(service: PrivatePcsc, manner: str) -> None:
    async with TcpProxy(service.host, service.vpcd_port) as proxy:
        proxy.manner = TCP_MANNERS[manner]()
        bench = Bench(service, SimulatedSmartcardReader(service=RunningPcsc(vpcd_port=proxy.port)))
        await bench.far_end.plug()
        await bench.reader.open()
        bench.insert("social-security-1")
        assert await bench.reads_li()
        assert proxy.connections == 1
        await bench.reader.close()
        await bench.far_end.dispose()


@pytest.mark.parametrize("after_bytes", [91, 200])
async def test_cut_in_the_middle_of_an_answer_the_card_is_to_be_presented_again(service: PrivatePcsc, after_bytes: int) -> None:
    async with TcpProxy(service.host, service.vpcd_port) as proxy:
        bench = Bench(service, SimulatedSmartcardReader(service=RunningPcsc(vpcd_port=proxy.port)))
        await bench.far_end.plug()
        await bench.reader.open()
        proxy.carry_to_upstream(cut_after(after_bytes))
        bench.insert("social-security-1")
        with pytest.raises(RefusedError) as refused:
            await bench.reader.read_card(deadline_s=10, found=lambda: None)
        assert refused.value.reason == SocialSecurityRefusal.PRESENT_AGAIN
        assert proxy.is_cut
        proxy.manner = TCP_MANNERS["whole"]()
        assert await bench.reads_li()
        await bench.reader.close()
        await bench.far_end.dispose()


async def test_pulled_while_it_is_read_the_card_is_to_be_presented_again(bench: Bench) -> None:
    bench.far_end.give("pulled-mid-read", {"after_apdus": "5", "after_bytes": "9"}, now_s=time.monotonic())
    bench.insert("social-security-1")
    with pytest.raises(RefusedError) as refused:
        await bench.reader.read_card(deadline_s=10, found=lambda: None)
    assert refused.value.reason == SocialSecurityRefusal.PRESENT_AGAIN
    bench.insert("social-security-1")
    assert await bench.reads_li()


async def test_a_service_that_is_killed_is_unreachable_at_once_and_its_return_needs_no_restart(bench: Bench) -> None:
    await bench.service.stop()
    began_s = time.monotonic()
    with pytest.raises(UnreachableError, match="pcscd"):
        await bench.reader.status()
    assert time.monotonic() - began_s < 1
    with pytest.raises(UnreachableError, match="pcscd"):
        await bench.reader.open()
    await bench.service.start()
    assert await _until(bench.reader.open) < 3
    bench.insert("social-security-1")
    assert await bench.reads_li()


async def test_a_service_that_was_restarted_between_two_questions_is_found_again_in_the_second(bench: Bench) -> None:
    assert (await bench.reader.status()).condition is Condition.READY
    await bench.service.start()
    assert (await bench.reader.status()).condition is Condition.READY
    bench.insert("social-security-1")
    assert await bench.reads_li()


async def test_a_service_that_dies_while_a_card_is_waited_for_is_noticed(bench: Bench) -> None:
    reading = asyncio.create_task(bench.reads_li(deadline_s=60))
    await asyncio.sleep(0.3)
    bench.far_end.give("no-service", {}, now_s=time.monotonic())
    began_s = time.monotonic()
    with pytest.raises(UnreachableError):
        await reading
    assert time.monotonic() - began_s < 2
    bench.far_end.clear(None, now_s=time.monotonic())
    assert await _until(bench.reader.open) < 3


async def test_a_service_that_hangs_is_silence_and_holds_nothing_up(bench: Bench) -> None:
    pid = bench.service.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        began_s = time.monotonic()
        with pytest.raises(DeadlineError):
            await bench.reader.status()
        assert time.monotonic() - began_s < 1.2
    finally:
        os.kill(pid, signal.SIGCONT)
    await _until(bench.reader.status)


async def test_a_card_that_falls_silent_is_a_deadline_and_the_next_one_is_read(bench: Bench) -> None:
    bench.far_end.give("silent", {}, now_s=time.monotonic())
    bench.insert("social-security-1")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(DeadlineError):
        await bench.reader.read_card(deadline_s=10, found=lambda: None)
    ticking.cancel()
    assert ticks > 30  # the loop went on while the library hung
    bench.far_end.clear(None, now_s=time.monotonic())
    await bench.reader.close()
    await _until(bench.reader.open)
    assert await bench.reads_li()


async def test_the_reader_s_cable_pulled_and_put_back(bench: Bench) -> None:
    await bench.far_end.unplug()
    with pytest.raises(UnreachableError, match="no card reader goes by 'Virtual PCD 00 00'; there are: none"):
        await bench.reader.status()
    await bench.reader.close()
    with pytest.raises(UnreachableError):
        await bench.reader.open()
    await bench.far_end.plug()
    assert await _until(bench.reader.open) < 3
    assert (await bench.reader.status()).condition is Condition.READY


async def test_two_readers_are_told_apart_by_their_names(bench: Bench) -> None:
    other = driver("pcsc:Virtual PCD 00 01")
    await other.open()
    bench.insert("social-security-1")
    assert await bench.reads_li()
    assert not await other.has_card()
    await other.close()


@pytest.mark.usefixtures("service")
async def test_a_name_that_fits_two_readers_or_none_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnreachableError, match="2 readers go by 'virtual': 'Virtual PCD 00 00', 'Virtual PCD 00 01'; write more"):
        await driver("pcsc:virtual").open()
    with pytest.raises(UnreachableError, match="no card reader goes by 'ACR39U'; there are: 'Virtual PCD 00 00'"):
        await driver("pcsc:ACR39U").open()


async def test_while_one_program_talks_with_a_card_no_other_can(bench: Bench) -> None:
    bench.insert("social-security-1")
    slot = slot_for(bench.far_end.port, device="another", clock=SystemClock())
    await slot.open()
    await _until(lambda: slot.connect(deadline_s=2))
    with pytest.raises(UnreachableError, match="another program"):
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
    await slot.disconnect()
    with pytest.raises(RefusedError) as refused:
        await slot.transmit(b"\x00\xa4\x04\x00\x00", deadline_s=1)
    assert refused.value.reason == SlotRefusal.CARD_GONE
    await slot.close()
    assert await bench.reads_li()


async def test_opening_again_and_again_leaves_no_descriptor_behind(bench: Bench) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        await bench.reader.open()
        assert not await bench.reader.has_card()
    assert len(os.listdir("/proc/self/fd")) == before


async def test_closing_ends_a_reading_and_twice_is_fine(bench: Bench) -> None:
    reading = asyncio.create_task(bench.reads_li(deadline_s=60))
    await asyncio.sleep(0.3)
    await bench.reader.close()
    await bench.reader.close()
    with pytest.raises(UnreachableError):
        await reading


def test_without_pyscard_the_kiosk_starts_and_the_reader_says_what_is_missing() -> None:
    program = """
import asyncio, sys
sys.modules["smartcard"] = None
from drivers.catalog import create
from kiosk.clock import SystemClock
reader = create("smartcard_reader/social_security", name="reader", port="pcsc:ACR39U", settings={}, clock=SystemClock())
try:
    asyncio.run(reader.open())
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("UnreachableError reader: pyscard is not installed")


def test_a_port_of_another_kind_is_answered_in_words() -> None:
    with pytest.raises(ValueError, match=r"does not begin with pcsc:; e\.g\. pcsc:ACR39U"):
        slot_for("serial:/dev/ttyUSB0", device="reader", clock=SystemClock())
