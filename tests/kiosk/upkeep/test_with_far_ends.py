"""Upkeep over the shipping drivers and the far ends of their cables: real bytes, a clock of our own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from drivers.contract.fault import Fault, Remedy
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.transport.memory import MemoryWire
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.telling import Listeners
from kiosk.upkeep.upkeep import Upkeep
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE, SERVICES, pass_until
from tests.kiosk.upkeep.test_upkeep import ScriptedPlatform

SOCIAL = "social_security_enrolment"


class Bench:
    """Two far ends, their drivers, and upkeep over them."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.far_ends = {
            "receipt-printer": SimulatedPrinter(on_paper=lambda _paper: None),
            "id-card-reader": SimulatedReader(),
        }
        self.wires = {name: MemoryWire(far_end, device=name, clock=self.clock) for name, far_end in self.far_ends.items()}
        printer = EscPosPrinter(
            name="receipt-printer", wire=self.wires["receipt-printer"], settings=EscPosSettings(), clock=self.clock
        )
        reader = SamReader(name="id-card-reader", wire=self.wires["id-card-reader"], settings=SamSettings(), clock=self.clock)
        self.raised: list[Fault] = []
        self.upkeep = Upkeep(
            keepers=[Keeper(device=device, clock=self.clock, catalogue=CATALOGUE) for device in (printer, reader)],
            catalogue=CATALOGUE,
            services=SERVICES,
            platform=ScriptedPlatform(),
            clock=self.clock,
            listeners=Listeners(
                on_change=lambda: None,
                on_fault_raised=self.raised.append,
                on_fault_cleared=lambda _fault, _at, _by: None,
                on_condition_changed=lambda _status: None,
                on_happening=lambda _happening: None,
            ),
        )

    def give(self, device: str, fault: str) -> None:
        self.far_ends[device].give(fault, {}, now_s=self.clock.monotonic_s())

    def clear(self, device: str) -> None:
        self.far_ends[device].clear(None, now_s=self.clock.monotonic_s())

    @property
    def open_codes(self) -> set[str]:
        return {fault.code for fault in self.upkeep.faults}

    @property
    def reason(self) -> str:
        offer = next(offer for offer in self.upkeep.offers if offer.service.id == SOCIAL)
        return offer.withdrawal.reason if offer.withdrawal else ""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    task = asyncio.create_task(bench.upkeep.run())
    await pass_until(bench.clock, lambda: not bench.reason, at_most_s=3)
    yield bench
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize(
    ("device", "fault", "code", "reason"),
    [
        ("receipt-printer", "paper-out", "printer.paper_out", "打印机缺纸"),
        ("receipt-printer", "cover-open", "printer.cover_open", "打印机盖子开着"),
        ("receipt-printer", "unrecoverable", "printer.unrecoverable", "打印机坏了"),
        ("receipt-printer", "head-hot", "printer.head_hot", "打印机太热，歇一会儿"),
        ("receipt-printer", "paper-low", "printer.paper_low", ""),
        ("receipt-printer", "silent", "printer.silent", "打印机没有反应"),
        ("id-card-reader", "sam-failed", "reader.sam_failed", "读身份证的机器坏了"),
        ("id-card-reader", "sam-unauthorised", "reader.sam_unauthorised", "读身份证的机器坏了"),
    ],
)
async def test_what_a_far_end_shows_is_known_in_time_and_over_by_itself(
    bench: Bench, device: str, fault: str, code: str, reason: str
) -> None:
    bench.give(device, fault)
    await pass_until(bench.clock, lambda: code in bench.open_codes and bench.reason == reason, at_most_s=4)
    bench.clear(device)
    await pass_until(bench.clock, lambda: not bench.open_codes and not bench.reason, at_most_s=6)


@pytest.mark.parametrize("device", ["receipt-printer", "id-card-reader"])
@pytest.mark.parametrize("away_s", [0.3, 2.0, 61.0])
async def test_a_cable_pulled_and_put_back_is_ready_again_without_a_restart(bench: Bench, device: str, away_s: float) -> None:
    for _ in range(3):
        bench.wires[device].unplug()
        await pass_until(bench.clock, lambda: bool(bench.reason), at_most_s=2)
        await bench.clock.advance(away_s)
        bench.wires[device].replug()
        await pass_until(bench.clock, lambda: not bench.reason and not bench.open_codes, at_most_s=3)


async def test_a_jam_that_resets_do_not_end_is_handed_to_the_clerk(bench: Bench) -> None:
    bench.give("receipt-printer", "mechanical")
    await pass_until(bench.clock, lambda: bench.open_codes == {"printer.mechanical_error"}, at_most_s=2)
    await pass_until(bench.clock, lambda: bench.open_codes == {"printer.paper_jam"}, at_most_s=15)
    assert [fault.remedy for fault in bench.raised] == [Remedy.RESET, Remedy.CLERK]
    bench.clear("receipt-printer")
    await pass_until(bench.clock, lambda: not bench.open_codes, at_most_s=5)
