"""What is particular to the ESC/POS driver: its settings, its models, printers that cannot answer in order, real cables."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.contract.errors import UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Pair, QrBlock, Receipt, TextLine
from drivers.contract.status import Condition
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.models import MODELS
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.transport.port_url import wire_for
from kiosk.clock import SystemClock
from tests.drivers.contract_suite.receipt_printer import RECEIPT
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole


@pytest.mark.parametrize(
    ("key", "value"),
    [("model", "typewriter"), ("width_mm", 76), ("codepage", "big5"), ("status_deadline_s", 0), ("font", "/none"), ("paper", 1)],
)
def test_a_setting_that_is_unknown_or_out_of_range_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        EscPosSettings.model_validate({key: value})
    assert caught.value.errors()[0]["loc"] == (key,)


def test_a_model_for_narrow_paper_takes_no_wide_paper() -> None:
    with pytest.raises(ValidationError, match="58 mm"):
        EscPosSettings(model="generic-58", width_mm=80)
    assert EscPosSettings(model="generic-58", width_mm=58).width_mm == 58


@pytest.mark.parametrize(("width_mm", "columns"), [(58, 32), (80, 48)])
def test_paper_holds_32_or_48_columns(width_mm: int, columns: int) -> None:
    assert MODELS["generic"].columns(width_mm) == columns


async def bench(
    *, settings: EscPosSettings | None = None, **far_end: Any
) -> tuple[EscPosPrinter, SimulatedPrinter, FakeClock, list[Paper]]:
    papers: list[Paper] = []
    clock = FakeClock()
    printer = SimulatedPrinter(on_paper=papers.append, **far_end)
    driver = EscPosPrinter(
        name="receipt-printer", wire=whole(printer, clock=clock), settings=settings or EscPosSettings(), clock=clock
    )
    await driver.open()
    return driver, printer, clock, papers


async def test_a_printer_that_never_answers_in_order_is_judged_by_its_status_and_the_time() -> None:
    driver, _, clock, papers = await bench(answers_in_order=False)
    began_s = clock.monotonic_s()
    report = await driver.print_receipt(RECEIPT, deadline_s=60, progress=lambda _: None)
    assert (report.outcome, len(papers)) == (PrintOutcome.DONE, 1)
    assert clock.monotonic_s() - began_s > papers[0].length_mm / 150
    assert "GS r not answered by this printer" in report.evidence


async def test_the_driver_never_overruns_a_slow_printer_with_a_small_buffer() -> None:
    driver, printer, _, papers = await bench(speed_mm_s=40, buffer_bytes=4096)
    report = await driver.print_receipt(RECEIPT, deadline_s=60, progress=lambda _: None)
    assert (report.outcome, printer.lost_bytes, len(papers)) == (PrintOutcome.DONE, 0, 1)


async def test_a_printer_with_native_qr_codes_is_sent_little() -> None:
    driver, _, _, _ = await bench(settings=EscPosSettings(model="generic-qr"))
    receipt = Receipt(blocks=(TextLine(text="社保参保证明"), QrBlock(content="https://zwfw.example.gov.cn/v/8K3M")))
    report = await driver.print_receipt(receipt, deadline_s=60, progress=lambda _: None)
    assert report.outcome is PrintOutcome.DONE
    assert report.total_bytes < 300


async def test_the_printer_says_its_model_serial_number_and_firmware() -> None:
    driver, _, _, _ = await bench(settings=EscPosSettings(model="generic-qr"))
    identity = await driver.identify()
    assert (identity.model, identity.serial, identity.firmware) == ("SIM-80", "SIM0001", "1.02")


async def test_a_receipt_that_broke_off_is_cut_off_as_soon_as_the_cover_is_closed() -> None:
    driver, printer, clock, papers = await bench()
    printer.give("cover-open", {"after_bytes": "5000"}, now_s=clock.monotonic_s())
    report = await driver.print_receipt(RECEIPT, deadline_s=60, progress=lambda _: None)
    assert (report.outcome, papers) == (PrintOutcome.PARTIAL, [])
    assert "stopped by printer.cover_open" in report.evidence
    printer.clear(None, now_s=clock.monotonic_s())
    assert (await driver.status()).condition is Condition.READY
    assert len(papers) == 1


@contextlib.asynccontextmanager
async def over_tcp(printer: SimulatedPrinter) -> AsyncIterator[str]:
    hosting: set[asyncio.Task[None]] = set()

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        hosting.add(task)
        loop = asyncio.get_running_loop()
        while not writer.is_closing():
            try:
                async with asyncio.timeout(0.005):
                    payload = await reader.read(4096)
            except TimeoutError:
                payload = None
            except ConnectionError:
                break
            if payload == b"":
                break
            if payload:
                printer.receive(payload, now_s=loop.time())
            if answer := printer.transmit(now_s=loop.time()):
                writer.write(answer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(host, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*hosting)


@contextlib.asynccontextmanager
async def over_a_pty(printer: SimulatedPrinter) -> AsyncIterator[str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    loop = asyncio.get_running_loop()

    async def host() -> None:
        while True:
            with contextlib.suppress(BlockingIOError):
                printer.receive(os.read(master, 4096), now_s=loop.time())
            if answer := printer.transmit(now_s=loop.time()):
                os.write(master, answer)
            await asyncio.sleep(0.002)

    hosting = asyncio.create_task(host())
    try:
        yield f"serial:{os.ttyname(slave)}?baud=115200"
    finally:
        hosting.cancel()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("cable", [over_tcp, over_a_pty])
async def test_a_receipt_comes_out_over_a_real_cable(
    cable: Callable[[SimulatedPrinter], contextlib.AbstractAsyncContextManager[str]],
) -> None:
    papers: list[Paper] = []
    clock = SystemClock()
    async with cable(SimulatedPrinter(on_paper=papers.append, speed_mm_s=400)) as port:
        wire = wire_for(port, device="receipt-printer", clock=clock)
        driver = EscPosPrinter(name="receipt-printer", wire=wire, settings=EscPosSettings(), clock=clock)
        await driver.open()
        assert (await driver.status()).condition is Condition.READY
        receipt = Receipt(blocks=(TextLine(text="社保参保证明", scale=2), Pair(label="姓名", value="㙓")))
        report = await driver.print_receipt(receipt, deadline_s=20, progress=lambda _: None)
        assert (report.outcome, len(papers)) == (PrintOutcome.DONE, 1)
        await driver.close()
        with pytest.raises(UnreachableError):
            await driver.status()
