"""The far end by itself: a printer one can plug in, break and look into."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from drivers.document_printer import ipp_codec, request_codec
from drivers.document_printer.message_codec import Message
from drivers.document_printer.request_codec import Status, Ticket
from drivers.document_printer.simulated import SimulatedDocumentPrinter
from drivers.document_printer.simulated_works import Sheet
from drivers.transport.far_end import ServedFarEnd
from tests.fakes.pdf import pdf_of, words_of

WORDS = ["ONE", "TWO", "THREE"]
TICKET = Ticket(job_name="zhizhu-test", media=None, is_one_sided=True)


class Bench:
    def __init__(self, *, places: int = 1, page_s: float = 0.02) -> None:
        self.sheets: list[Sheet] = []
        self.far_end = SimulatedDocumentPrinter(on_sheet=self.sheets.append, page_s=page_s, places=places)

    async def post(self, body: bytes, *, head: str = "", path: str = "/ipp/print") -> bytes:
        """One request, by hand; everything that comes back until the end of the connection."""
        parts = urlsplit(self.far_end.port)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        length = head or f"Content-Length: {len(body)}\r\n"
        writer.write(
            f"POST {path} HTTP/1.1\r\nContent-Type: application/ipp\r\nConnection: close\r\n{length}\r\n".encode() + body
        )
        async with asyncio.timeout(5):
            came = await reader.read()
        writer.close()
        await writer.wait_closed()
        return came

    async def ask(self, message: Message) -> Message:
        head, _, body = (await self.post(ipp_codec.encode(message))).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        size, _, rest = body.partition(b"\r\n")
        return ipp_codec.decode(rest[: int(size, 16)])

    async def print(self, *words: str) -> Message:
        pdf = pdf_of(words or WORDS)
        return await self.ask(
            request_codec.request(request_codec.print_job(TICKET), uri=self.far_end.port, request_id=5, document=pdf)
        )

    async def until_idle(self) -> None:
        async with asyncio.timeout(5):
            while self.far_end.holding()["任务"] != "0 个":  # noqa: ASYNC110  the far end works in its own time
                await asyncio.sleep(0.005)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.far_end.plug()
    yield made
    await made.far_end.dispose()


async def test_pages_come_out_one_by_one_each_as_a_pdf_of_its_own(bench: Bench) -> None:
    assert (await bench.print()).code == Status.OK
    await bench.until_idle()
    assert [(sheet.number, sheet.job, sheet.page) for sheet in bench.sheets] == [(1, 1, 1), (2, 1, 2), (3, 1, 3)]
    assert [words_of(sheet.pdf) for sheet in bench.sheets] == [["ONE"], ["TWO"], ["THREE"]]
    assert "ONE" not in repr(bench.sheets)
    holding = bench.far_end.holding()
    assert (holding["剩余纸张"], holding["已出纸"], holding["总页数"], holding["故障"]) == ("247 / 250 张", "3 张", "1203", "无")


async def test_a_second_job_is_busy_in_a_printer_with_one_place_and_waits_in_one_with_two() -> None:
    for places, code in ((1, Status.BUSY), (2, Status.OK)):
        bench = Bench(places=places)
        await bench.far_end.plug()
        await bench.print()
        assert (await bench.print("FOUR")).code == code
        await bench.until_idle()
        assert len(bench.sheets) == 3 + (places == 2)
        await bench.far_end.dispose()


async def test_its_port_is_the_same_for_ever_and_pulling_the_cable_stops_no_page(bench: Bench) -> None:
    port = bench.far_end.port
    await bench.print()
    assert (bench.far_end.is_plugged, bench.far_end.is_held) == (True, True)
    await bench.far_end.unplug()
    await bench.far_end.unplug()
    assert (bench.far_end.is_plugged, bench.far_end.is_held) == (False, False)
    with pytest.raises(ConnectionRefusedError):
        await bench.post(b"")
    await bench.until_idle()
    assert len(bench.sheets) == 3
    await bench.far_end.plug()
    await bench.far_end.plug()
    assert bench.far_end.port == port
    await bench.print()


@pytest.mark.parametrize("fault", ["paper-out", "jam", "door-open", "toner-empty", "waste-full", "paused", "never-prints"])
async def test_a_cancelled_job_never_comes_out_whatever_stopped_it_and_however_it_goes_on(bench: Bench, fault: str) -> None:
    now_s = asyncio.get_running_loop().time()
    bench.far_end.give(fault, {"after_pages": "1"}, now_s=now_s)
    await bench.print()
    async with asyncio.timeout(5):
        while not bench.sheets:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.005)
    await bench.ask(request_codec.request(request_codec.cancel_job(1), uri=bench.far_end.port, request_id=6))
    bench.far_end.clear(None, now_s=asyncio.get_running_loop().time())
    await asyncio.sleep(0.1)
    assert [words_of(sheet.pdf) for sheet in bench.sheets] == [["ONE"]]
    assert bench.far_end.holding()["任务"] == "0 个"


@pytest.mark.parametrize(
    ("body", "head", "path", "answer"),
    [
        (b"", "", "/elsewhere", b"404"),
        (b"no ipp", "", "/ipp/print", b"400"),
        (b"", "X: y\r\n", "/ipp/print", b"411"),
        (b"", "Content-Length: 99999999999\r\n", "/ipp/print", b"413"),
        (b"zz\r\n", "Transfer-Encoding: chunked\r\n", "/ipp/print", b"400"),
        (b"fffffff\r\n", "Transfer-Encoding: chunked\r\n", "/ipp/print", b"413"),
    ],
)
async def test_what_is_no_request_is_answered_as_a_web_server_would(
    bench: Bench, body: bytes, head: str, path: str, answer: bytes
) -> None:
    assert (await bench.post(body, head=head, path=path)).startswith(b"HTTP/1.1 " + answer)


async def test_a_request_in_chunks_is_understood(bench: Bench) -> None:
    message = ipp_codec.encode(request_codec.request(request_codec.printer_attributes(), uri=bench.far_end.port, request_id=7))
    chunks = b"".join(
        f"{len(message[at : at + 50]):x}\r\n".encode() + message[at : at + 50] + b"\r\n" for at in range(0, len(message), 50)
    )
    came = await bench.post(chunks + b"0\r\n\r\n", head="Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n")
    assert came.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


async def test_a_document_that_is_none_is_refused(bench: Bench) -> None:
    asked = request_codec.request(request_codec.print_job(TICKET), uri=bench.far_end.port, request_id=5, document=b"hello")
    assert (await bench.ask(asked)).code == Status.BAD_REQUEST


async def test_an_operation_it_does_not_have_is_said_to_be_missing(bench: Bench) -> None:
    asked = request_codec.request(
        request_codec.without_more(request_codec.Operation.ENABLE_PRINTER), uri="ipp://x/", request_id=1
    )
    assert (await bench.ask(asked)).code == Status.OPERATION_NOT_SUPPORTED


async def test_every_fault_can_be_given_shown_and_cleared() -> None:
    far_end: ServedFarEnd = SimulatedDocumentPrinter(on_sheet=lambda _: None)
    await far_end.plug()
    now_s = asyncio.get_running_loop().time()
    for fault in far_end.givable_faults():
        far_end.give(fault.name, {}, now_s=now_s)
        shown = far_end.holding()["故障"]
        assert fault.title in shown
        far_end.clear(fault.name, now_s=now_s)
        assert far_end.holding()["故障"] == "无"
    await far_end.dispose()


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("on-fire", {}),
        ("jam", {"after_bytes": "3"}),
        ("jam", {"after_pages": "many"}),
        ("jam", {"after_pages": "1001"}),
        ("garbage", {"layer": "tcp"}),
        ("busy", {"seconds": "0"}),
    ],
)
async def test_a_fault_that_cannot_be_given_is_explained_in_the_trainers_language(fault: str, options: dict[str, str]) -> None:
    far_end = SimulatedDocumentPrinter(on_sheet=lambda _: None)
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        far_end.give(fault, options, now_s=0.0)
    with pytest.raises(ValueError, match="没有故障"):
        far_end.clear("on-fire", now_s=0.0)
