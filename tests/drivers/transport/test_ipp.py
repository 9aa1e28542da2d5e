import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from drivers.contract.errors import DeadlineError, ProtocolError, UnreachableError
from drivers.transport.ipp import MOST_ANSWER_BYTES, IppLink, ipp_for
from tests.fakes.clock import FakeClock
from tests.fakes.tcp_proxy import TcpProxy, black_hole, cut_after, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 5\r\n\r\nhello"


class Server:
    """Answers every request with the same bytes and then ends the connection, unless it is to stay."""

    def __init__(self) -> None:
        self.answer = OK
        self.stays = False
        self.requests: list[bytes] = []
        self.number = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            self.requests.append(head + await reader.readexactly(length))
            writer.write(self.answer)
            await writer.drain()
            if self.stays:
                await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    serving = Server()
    listening = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.number = listening.sockets[0].getsockname()[1]
    yield serving
    listening.close()


@contextlib.asynccontextmanager
async def opened(number: int) -> AsyncIterator[IppLink]:
    link = ipp_for(f"ipp://127.0.0.1:{number}/ipp/print", device="document-printer", clock=FakeClock())
    await link.open()
    try:
        yield link
    finally:
        await link.close()


async def test_a_message_goes_there_and_one_comes_back(server: Server) -> None:
    async with opened(server.number) as link:
        assert await link.exchange(b"x" * 200_000, deadline_s=5) == b"hello"
    [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == b"x" * 200_000
    assert head.startswith(b"POST /ipp/print HTTP/1.1\r\n")
    assert b"content-type: application/ipp" in head.lower()
    assert b"connection: close" in head.lower()


async def test_no_proxy_of_the_environment_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with opened(server.number) as link:
        assert await link.exchange(b"", deadline_s=5) == b"hello"


async def test_an_answer_in_chunks_is_put_together(server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp; x=y\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answer = head + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    async with opened(server.number) as link:
        assert await link.exchange(b"", deadline_s=5) == b"hello"


async def test_an_interim_answer_is_passed_over(server: Server) -> None:
    server.answer = b"HTTP/1.1 100 Continue\r\n\r\n" + OK
    async with opened(server.number) as link:
        assert await link.exchange(b"", deadline_s=5) == b"hello"


ENDED_TOO_EARLY: dict[str, bytes] = {
    "without a word": b"",
    "within its body": OK[:-1],
    "within a chunk": b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
}


@pytest.mark.parametrize("ended", ENDED_TOO_EARLY)
async def test_a_connection_that_ends_too_early_is_unreachable(server: Server, ended: str) -> None:
    server.answer = ENDED_TOO_EARLY[ended]
    async with opened(server.number) as link:
        with pytest.raises(UnreachableError):
            await link.exchange(b"", deadline_s=5)


NONSENSE: dict[str, Callable[[], bytes]] = {
    "no http": lambda: b"\x00\x01\x02 nonsense\r\n\r\n",
    "a web page": lambda: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>",
    "no type": lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>",
    "a refusal": lambda: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "elsewhere": lambda: b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "encryption first": lambda: b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n",
    "too much": lambda: b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n\r\n" + bytes(MOST_ANSWER_BYTES + 1),
    "a head without end": lambda: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000,
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_who_answers_no_ipp_is_a_protocol_error(server: Server, what: str) -> None:
    server.answer = NONSENSE[what]()
    async with opened(server.number) as link:
        with pytest.raises(ProtocolError) as caught:
            await link.exchange(b"", deadline_s=5)
    assert len(caught.value.evidence) <= 512


async def test_silence_is_a_deadline_and_the_link_stays_usable(server: Server) -> None:
    async with TcpProxy("127.0.0.1", server.number) as cable, opened(cable.port) as link:
        cable.manner = black_hole()
        with pytest.raises(DeadlineError):
            await link.exchange(b"", deadline_s=0.1)
        cable.manner = whole()
        assert await link.exchange(b"", deadline_s=5) == b"hello"


async def test_an_answer_that_never_ends_is_a_deadline(server: Server) -> None:
    server.answer, server.stays = OK[:-1], True
    async with opened(server.number) as link:
        with pytest.raises(DeadlineError):
            await link.exchange(b"", deadline_s=0.1)


@pytest.mark.parametrize("count", [0, 1, 20, 100])
async def test_a_cable_cut_within_the_answer_is_unreachable(server: Server, count: int) -> None:
    async with TcpProxy("127.0.0.1", server.number) as cable, opened(cable.port) as link:
        cable.carry_to_client(cut_after(min(count, len(OK) - 1)))
        with pytest.raises(UnreachableError):
            await link.exchange(b"", deadline_s=5)


async def test_nobody_listening_is_unreachable(server: Server) -> None:
    cable = TcpProxy("127.0.0.1", server.number)
    await cable.start()
    await cable.stop()
    async with opened(cable.port) as link:
        with pytest.raises(UnreachableError, match="cannot reach"):
            await link.exchange(b"", deadline_s=5)


async def test_closing_ends_an_exchange_that_waits(server: Server) -> None:
    server.answer, server.stays = b"", True
    async with opened(server.number) as link:
        waiting = asyncio.create_task(link.exchange(b"", deadline_s=30))
        async with asyncio.timeout(5):
            while not server.requests:  # noqa: ASYNC110  the other side of a socket
                await asyncio.sleep(0.005)
        await link.close()
        await link.close()
        with pytest.raises(UnreachableError, match="was closed"):
            await waiting
        with pytest.raises(UnreachableError, match="not open"):
            await link.exchange(b"", deadline_s=5)


async def test_a_cancelled_exchange_leaves_the_link_usable(server: Server) -> None:
    server.stays = True
    server.answer = b""
    async with opened(server.number) as link:
        waiting = asyncio.create_task(link.exchange(b"", deadline_s=30))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        server.answer, server.stays = OK, False
        assert await link.exchange(b"", deadline_s=5) == b"hello"


@pytest.mark.parametrize(
    ("port", "means"),
    [
        ("ipp://printer.local", "ipp://printer.local:631/ipp/print"),
        ("ipp://192.168.1.60:8631/", "ipp://192.168.1.60:8631/ipp/print"),
        ("ipps://[fd00::60]/printers/a4", "ipps://[fd00::60]:631/printers/a4"),
    ],
)
def test_what_is_left_out_of_a_port_is_what_printers_use(port: str, means: str) -> None:
    assert ipp_for(port, device="d", clock=FakeClock()).port == means


@pytest.mark.parametrize(
    "port",
    [
        "http://printer/ipp",
        "ipp:",
        "ipp://",
        "ipp://h:0/",
        "ipp://h:99999/",
        "ipp://user@h/",
        "ipp://h/?x=1",
        "ipp://h/#x",
        "ipp://a b/",
    ],
)
def test_a_port_that_is_none_is_refused_with_an_example(port: str) -> None:
    with pytest.raises(ValueError, match=r"port: .*ipp://192\.168\.1\.60:631/ipp/print"):
        ipp_for(port, device="d", clock=FakeClock())
