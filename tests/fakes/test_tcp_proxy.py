import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.fakes.tcp_proxy import (
    TCP_MANNERS,
    TcpProxy,
    black_hole,
    cut_after,
    delayed,
    one_byte_at_a_time,
    refuse,
    sliced,
    whole,
)

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def echoing() -> AsyncIterator[TcpProxy]:
    """A proxy before a server that sends everything back."""
    writers: list[asyncio.StreamWriter] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while payload := await reader.read(65536):
                writer.write(payload)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with TcpProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        try:
            yield proxy
        finally:
            server.close()
            await proxy.stop()
            for writer in writers:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


@contextlib.asynccontextmanager
async def connected(proxy: TcpProxy) -> AsyncIterator[Ends]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def said_back(ends: Ends, payload: bytes) -> bytes:
    ends[1].write(payload)
    async with asyncio.timeout(10):
        return await ends[0].readexactly(len(payload))


@pytest.mark.parametrize("manner", TCP_MANNERS)
async def test_every_byte_arrives_once_and_in_order(manner: str) -> None:
    payload = bytes(range(256)) * 8
    async with echoing() as proxy:
        proxy.manner = TCP_MANNERS[manner]()
        async with connected(proxy) as ends:
            assert await said_back(ends, payload) == payload
        assert (proxy.bytes_to_upstream, proxy.bytes_to_client, proxy.swallowed) == (2048, 2048, 0)
        assert proxy.url == f"tcp://127.0.0.1:{proxy.port}"


async def test_bytes_come_one_at_a_time() -> None:
    async with echoing() as proxy, connected(proxy) as ends:
        proxy.carry_to_client(one_byte_at_a_time(gap_s=0.01))
        ends[1].write(b"abc")
        assert [await ends[0].read(10) for _ in range(3)] == [b"a", b"b", b"c"]


async def test_a_delay_is_the_same_for_each_chunk_and_does_not_add_up() -> None:
    loop = asyncio.get_running_loop()
    async with echoing() as proxy, connected(proxy) as ends:
        proxy.carry_to_client(delayed(0.2))
        began_s = loop.time()
        ends[1].write(b"a")
        await asyncio.sleep(0.1)
        ends[1].write(b"b")
        assert await ends[0].read(10) == b"a"
        assert loop.time() - began_s >= 0.2
        assert await ends[0].read(10) == b"b"
        assert 0.3 <= loop.time() - began_s < 0.4 + 0.5


async def test_slices_come_at_their_interval() -> None:
    loop = asyncio.get_running_loop()
    async with echoing() as proxy, connected(proxy) as ends:
        proxy.carry_to_upstream(sliced(10, 0.02))
        began_s = loop.time()
        assert await said_back(ends, bytes(50)) == bytes(50)
        assert loop.time() - began_s >= 0.1


@pytest.mark.parametrize("count", [0, 1, 5, 10])
async def test_a_cut_comes_after_so_many_bytes_and_nobody_gets_in_until_it_is_mended(count: int) -> None:
    async with echoing() as proxy:
        async with connected(proxy) as ends:
            proxy.carry_to_client(cut_after(count))
            ends[1].write(bytes(10))
            assert await ends[0].readexactly(count) == bytes(count)
            with pytest.raises(ConnectionResetError):
                await ends[0].readexactly(1)
        assert (proxy.cuts, proxy.is_cut, proxy.bytes_to_client) == (1, True, count)
        async with connected(proxy) as ends:
            with pytest.raises(ConnectionResetError):
                await ends[0].readexactly(1)
        assert proxy.turned_away == 1
        proxy.manner = whole()
        async with connected(proxy) as ends:
            assert await said_back(ends, b"again") == b"again"


async def test_a_black_hole_takes_everything_and_says_nothing_not_even_goodbye() -> None:
    async with echoing() as proxy, connected(proxy) as old:
        assert await said_back(old, b"before") == b"before"
        proxy.manner = black_hole()
        async with connected(proxy) as new:
            for reader, writer in (old, new):
                writer.write(b"hello")
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await reader.read(1)
        assert proxy.swallowed == 10
        proxy.manner = whole()
        async with connected(proxy) as ends:
            assert await said_back(ends, b"after") == b"after"


async def test_who_comes_to_a_closed_door_is_reset_and_who_is_inside_stays() -> None:
    async with echoing() as proxy, connected(proxy) as inside:
        assert await said_back(inside, b"in") == b"in"
        proxy.manner = refuse()
        async with connected(proxy) as outside:
            with pytest.raises(ConnectionResetError):
                await outside[0].readexactly(1)
        assert await said_back(inside, b"still") == b"still"
        assert (proxy.connections, proxy.turned_away, proxy.open_connections) == (2, 1, 1)


async def test_a_stopped_proxy_is_gone_and_comes_back_on_its_port() -> None:
    async with echoing() as proxy:
        port = proxy.port
        async with connected(proxy) as ends:
            assert await said_back(ends, b"a") == b"a"
            await proxy.stop()
            with pytest.raises(ConnectionResetError):
                await ends[0].readexactly(1)
        await proxy.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await proxy.start()
        assert (proxy.port, proxy.open_connections) == (port, 0)
        async with connected(proxy) as ends:
            assert await said_back(ends, b"b") == b"b"


async def test_a_server_that_is_gone_resets_the_client() -> None:
    async with echoing() as other:
        port = other.port
    async with TcpProxy("127.0.0.1", port) as proxy, connected(proxy) as ends:
        with pytest.raises(ConnectionResetError):
            await ends[0].readexactly(1)


async def test_the_end_of_a_connection_is_passed_on() -> None:
    async with echoing() as proxy, connected(proxy) as ends:
        ends[1].write(b"last words")
        ends[1].write_eof()
        async with asyncio.timeout(5):
            assert await ends[0].read() == b"last words"
