"""The drivers as a kiosk runs them, on the rig's real ports."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.contract.errors import DriverError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Pair, Receipt, TextLine
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.rig.bench import Bench
from drivers.rig.equipment import Choice, PrinterCable, build
from drivers.transport.port_url import wire_for
from kiosk.clock import SystemClock

RECEIPT = Receipt(blocks=(TextLine(text="社保参保证明", scale=2), Pair(label="姓名", value="测**")))


@pytest.fixture(params=PrinterCable)
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    bench = build(tmp_path, Choice(printer_cable=request.param), now=lambda: datetime.now(UTC))
    await bench.plug_all()
    yield bench
    await bench.dispose()


@pytest.fixture
async def printer(bench: Bench) -> AsyncIterator[EscPosPrinter]:
    clock = SystemClock()
    wire = wire_for(bench.device("receipt-printer").port, device="receipt-printer", clock=clock)
    printer = EscPosPrinter(name="receipt-printer", wire=wire, settings=EscPosSettings(), clock=clock)
    await printer.open()
    yield printer
    await printer.close()


async def test_a_receipt_comes_out_once_and_can_be_read(bench: Bench, printer: EscPosPrinter) -> None:
    report = await printer.print_receipt(RECEIPT, deadline_s=20, progress=lambda _: None)
    assert report.outcome is PrintOutcome.DONE
    (kept,) = bench.papers.kept
    assert "社保参保证明" in (bench.papers.folder / kept.txt).read_text(encoding="utf-8")


async def test_a_printer_replugged_is_ready_within_three_seconds(bench: Bench, printer: EscPosPrinter) -> None:
    await bench.device("receipt-printer").unplug()
    with pytest.raises(DriverError):
        await printer.status()
    await printer.close()
    await bench.device("receipt-printer").plug()
    began = time.monotonic()
    await printer.open()
    assert (await printer.status()).condition == "READY"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("bench", [PrinterCable.SERIAL], indirect=True)
async def test_a_card_laid_down_is_read_whole(bench: Bench) -> None:
    clock = SystemClock()
    wire = wire_for(bench.device("id-card-reader").port, device="id-card-reader", clock=clock)
    reader = SamReader(name="id-card-reader", wire=wire, settings=SamSettings(), clock=clock)
    await reader.open()
    reading = asyncio.create_task(reader.read_card(deadline_s=10, found=lambda: None))
    bench.lay("id-card-reader", "resident-1", now_s=asyncio.get_running_loop().time())
    assert (await reading).number == "440804195803120027"
    await reader.close()
