"""A core killed in the middle of a print, with the shipping driver: what hangs from the roll belongs to nobody's receipt."""

import asyncio
import contextlib
from datetime import timedelta

from drivers.contract.print_outcome import PrintOutcome
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.transport.memory import MemoryWire
from kiosk.visit.devices import Devices
from kiosk.visit.event import Proceeded, ServiceChosen, Started
from kiosk.visit.model import Confirming, Taking, Troubled, Visit
from kiosk.visit.receipt import compose
from kiosk.visit.runner import VisitRunner
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole
from tests.kiosk.visit.killed_core import CardLies
from tests.kiosk.visit.simulated import SimulatedLedger, SimulatedPlatform, interrupted
from tests.kiosk.visit.world import PLACE, PROOF, a_document, all_well

FIRST, LAST = "湛江市社会保险基金管理局", "演示数据，不作凭证"


def _driver(wire: MemoryWire, clock: FakeClock) -> EscPosPrinter:
    return EscPosPrinter(name="receipt-printer", wire=wire, settings=EscPosSettings(), clock=clock)


async def _killed_in_the_middle(wire: MemoryWire, clock: FakeClock) -> None:
    """Begin a receipt and let the driver die over it: without its wire it can clear nothing, as when it is killed."""
    driver = _driver(wire, clock)
    await driver.open()
    receipt = compose(a_document(), place=PLACE, reprint=0)
    report = await driver.print_receipt(receipt, deadline_s=60, progress=lambda share: wire.unplug() if share > 0.5 else None)
    assert report.outcome is not PrintOutcome.DONE
    wire.replug()


async def test_paper_that_a_killed_core_had_begun_is_cut_off_and_the_next_receipt_is_whole_and_alone() -> None:
    clock, papers = FakeClock(), list[Paper]()
    wire = whole(SimulatedPrinter(on_paper=papers.append), clock=clock)
    await _killed_in_the_middle(wire, clock)
    assert papers == []

    printer = _driver(wire, clock)
    await printer.open()
    stages = asyncio.Queue[Visit]()
    runner = VisitRunner(
        devices=Devices(id_card_reader=CardLies(), receipt_printer=printer),
        platform=SimulatedPlatform(),
        journal=SimulatedLedger(interrupted=(interrupted(clock.now() - timedelta(seconds=5)),)),
        clock=clock,
        place=PLACE,
        changed=stages.put_nowait,
        report=lambda _name, _facts: None,
    )
    running = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(10):
            await _until(stages, Troubled)
            for event in (all_well(), Proceeded(), Started(), ServiceChosen(service=PROOF.id), Proceeded()):
                runner.handle(event)
            await _until(stages, Confirming)
            runner.handle(Proceeded())
            await _until(stages, Taking)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    strip, *white, receipt = papers
    assert strip.text.strip()
    assert LAST not in strip.text
    assert [paper.text.strip() for paper in white] == [""] * len(white)
    assert receipt.text.count(FIRST) == 1
    assert receipt.text.count(LAST) == 1


async def _until(stages: asyncio.Queue[Visit], kind: type[object]) -> None:
    while not isinstance((await stages.get()).stage, kind):
        pass
