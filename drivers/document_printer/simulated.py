"""The far end of a document printer: an IPP printer on a TCP port, with a queue, paper, pages and faults."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable, Mapping

from typing_extensions import override

from drivers.document_printer import ipp_codec
from drivers.document_printer.simulated_faults import GIVABLE, given
from drivers.document_printer.simulated_http import HttpError, HttpRequest, read_request, written
from drivers.document_printer.simulated_ipp import Desk
from drivers.document_printer.simulated_works import TRAY_SHEETS, Sheet, Works
from drivers.transport.far_end import GivableFault, ServedFarEnd

HOST = "127.0.0.1"

PATH = "/ipp/print"

MEDIA_TYPE = "application/ipp"

HELD_FOR_S = 3.0
"""Seconds after a question during which somebody counts as connected: an IPP client comes and goes with each one."""

_RESET = struct.pack("ii", 1, 0)


class SimulatedDocumentPrinter(ServedFarEnd):
    """Prints what it is sent, page by page, into a tray one can look at.

    It has a power cord of its own: pulling the network cable does not stop it, and what it has taken it prints. A job that
    was cancelled never comes out later, but for the page underway; unless it is given ``ignores-cancel``.
    """

    def __init__(
        self,
        *,
        name: str = "document-printer",
        port: int = 0,
        page_s: float = 1.5,
        on_sheet: Callable[[Sheet], None],
        places: int = 1,
        counts_pages: bool = True,
        has_counter: bool = True,
        page_counter: int = 1200,
    ) -> None:
        """Fill the tray and switch on; ``plug`` makes the port.

        Args:
            name: Its name in the rig.
            port: TCP port; 0 takes a free one, and keeps it over every replug.
            page_s: Seconds a page takes.
            on_sheet: Called on the loop with each page that comes out.
            places: Jobs the queue holds; cheap printers hold one.
            counts_pages: Whether the pages of a job are told while it prints.
            has_counter: Whether the page counter can be asked.
            page_counter: Pages printed in its life so far.
        """
        self._name = name
        self._number = port
        self._works = Works(page_s=page_s, on_sheet=on_sheet, places=places, page_counter=page_counter)
        self._desk = Desk(self._works, counts_pages=counts_pages, has_counter=has_counter)
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._asked_s: float | None = None
        self._noise = random.Random(7)

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "文档打印机"

    @property
    @override
    def port(self) -> str:
        return f"ipp://{HOST}:{self._number}{PATH}"

    @property
    @override
    def is_plugged(self) -> bool:
        return self._server is not None

    @property
    @override
    def is_held(self) -> bool:
        if self._asked_s is None or not self.is_plugged:
            return False
        return bool(self._lines) or asyncio.get_running_loop().time() - self._asked_s < HELD_FOR_S

    @property
    def sheets_out(self) -> int:
        """Pages that ever came out."""
        return self._works.sheets_out

    @override
    async def plug(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self._number)
            self._number = self._server.sockets[0].getsockname()[1]

    @override
    async def unplug(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        ending = tuple(self._lines)
        for task, line in tuple(self._lines.items()):
            _hang_up(line)
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._asked_s = None

    @override
    async def dispose(self) -> None:
        await self.unplug()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return tuple(GIVABLE.values())

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._works.give(given(fault, options), now_s=now_s)
        self._wake()

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        if fault is not None and fault not in GIVABLE:
            raise ValueError(f"没有故障 {fault!r}；可选：{'、'.join(GIVABLE)}")
        self._works.clear(fault, now_s=now_s)
        self._wake()

    @override
    def holding(self) -> Mapping[str, str]:
        works = self._works
        faults = [GIVABLE[fault.name].title + ("" if fault.is_on else "（待发生）") for fault in works.faults]
        if works.sheets_left <= 0 and not works.is_on("paper-out"):
            faults.append("缺纸")
        return {
            "剩余纸张": f"{0 if works.is_on('paper-out') else max(works.sheets_left, 0)} / {TRAY_SHEETS} 张",
            "任务": f"{len(works.waiting)} 个",
            "已出纸": f"{works.sheets_out} 张",
            "总页数": f"{works.page_counter}",
            "故障": "、".join(faults) or "无",
        }

    def _wake(self) -> None:
        """Look again when the next page is due."""
        loop = asyncio.get_running_loop()
        if self._alarm is not None:
            self._alarm.cancel()
        due_s = self._works.next_due_s()
        self._alarm = None if due_s is None else loop.call_at(due_s, self._on_alarm)

    def _on_alarm(self) -> None:
        self._works.run(asyncio.get_running_loop().time())
        self._wake()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._lines[task] = writer
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            _hang_up(writer)  # the client went, or ``unplug``
        finally:
            del self._lines[task]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        is_last = False
        while not is_last and not self._works.is_on("power-cycle"):
            try:
                request = await read_request(reader, writer)
            except HttpError as error:
                writer.write(written(str(error), b"", content_type="text/plain"))
                await writer.drain()
                return
            if request is None:
                return
            self._asked_s = loop.time()
            self._works.run(loop.time())
            if self._works.is_on("power-cycle"):
                break
            if self._works.is_on("silent"):
                await reader.read()  # until the other side gives up
                return
            if self._works.is_on("endless"):
                await _never_end(writer)
            writer.write(self._answer(request, now_s=loop.time()))
            self._wake()
            await writer.drain()
            is_last = request.is_last
        if not is_last:
            _hang_up(writer)

    def _answer(self, request: HttpRequest, *, now_s: float) -> bytes:
        noise = self._noise.randbytes(200)
        match self._works.garbage_layer:
            case "http":
                return noise + b"\r\n\r\n"
            case "ipp":
                return written("200 OK", noise, content_type=MEDIA_TYPE)
            case _:
                pass
        if request.method != "POST" or request.path != PATH:
            return written("404 Not Found", b"", content_type="text/plain")
        if request.content_type != MEDIA_TYPE:
            return written("415 Unsupported Media Type", b"", content_type="text/plain")
        try:
            asked = ipp_codec.decode(request.body)
        except ipp_codec.IppSyntaxError:
            return written("400 Bad Request", b"", content_type="text/plain")
        answer = ipp_codec.encode(self._desk.answer(asked, now_s=now_s))
        return written("200 OK", answer, content_type=MEDIA_TYPE, is_chunked=True)


async def _never_end(writer: asyncio.StreamWriter) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {MEDIA_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    chunk = b"4000\r\n" + bytes(0x4000) + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0.001)  # a far end shares its loop with others


def _hang_up(line: asyncio.StreamWriter) -> None:
    """End a connection as a pulled plug does, and not politely."""
    if not line.transport.is_closing():
        line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    line.transport.abort()
