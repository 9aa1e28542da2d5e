"""TLS on both ways of speaking: whom a client believes, and that whatever is wrong is said in words."""

import asyncio
import contextlib
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from telemetry.mqtt import Address, Connection, Credentials, LineError, Listener, Opening, packets
from telemetry.mqtt.tls import server_context
from tests.fakes.authority import EXPIRED, NOT_YET, Authority
from tests.telemetry.together import until

CONNACK = b"\x20\x02\x00\x00"
MESSAGES = 50


class Door:
    """A broker as far as CONNECT: it takes whoever its context lets in, and then says what a test gives it to say."""

    def __init__(self, said: bytes = CONNACK) -> None:
        self.port = 0
        self.came: list[bytes] = []
        self._said = said
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def open(self, context: ssl.SSLContext | None) -> AsyncIterator["Door"]:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            self.came.append(await reader.read(1024))
            writer.write(self._said)
            await writer.drain()
            await reader.read()
        except OSError:
            pass


@asynccontextmanager
async def blunt_door(context: ssl.SSLContext, *, calls: int) -> AsyncIterator[Door]:
    """A server that shakes hands as OpenSSL does, alerts included (asyncio's says none); it never says a word itself."""
    listening = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        for _ in range(calls):
            came, _ = listening.accept()
            with came.dup() as kept, came:  # what is closed with something unread takes the alert with it
                with contextlib.suppress(OSError), context.wrap_socket(came, server_side=True) as shaken:
                    shaken.recv(1024)
                with contextlib.suppress(OSError):
                    while kept.recv(1024):
                        pass

    taking = asyncio.create_task(asyncio.to_thread(take))
    door = Door()
    door.port = listening.getsockname()[1]
    with listening:
        yield door
        await taking


Speak = Callable[[Opening], Awaitable[None]]


async def by_paho(opening: Opening) -> None:
    connection = await Connection.open(opening, on_message=lambda _: None, run_blocking=asyncio.to_thread)
    connection.abort("enough")


async def by_ourselves(opening: Opening) -> None:
    listener = await Listener.open(opening, on_heard=lambda *_: None)
    listener.abort("enough")
    await listener.ended()


@pytest.fixture(params=[by_paho, by_ourselves])
def speak(request: pytest.FixtureRequest) -> Speak:
    way: Speak = request.param
    return way


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def _opening(door: Door, credentials: Credentials | None, *, host: str = "127.0.0.1") -> Opening:
    address = Address(host=host, port=door.port, is_secure=True)
    return Opening(address=address, client_id="tested", keepalive_s=20, credentials=credentials)


def _door(credentials: Credentials) -> AbstractAsyncContextManager[Door]:
    return Door().open(server_context(credentials))


def test_a_secure_address_is_told_from_a_plain_one() -> None:
    assert Address.parse("mqtts://fleet.example:8884") == Address(host="fleet.example", port=8884, is_secure=True)
    assert Address.parse("mqtts://fleet.example") == Address(host="fleet.example", port=8883, is_secure=True)
    assert Address.parse("mqtt://fleet.example") == Address(host="fleet.example", port=1883)


async def test_two_of_one_authority_speak(speak: Speak, authority: Authority) -> None:
    async with _door(authority.server()) as door:
        await speak(_opening(door, authority.kiosk("demo/K1")))
        assert door.came[0].startswith(b"\x10")


async def test_a_server_of_another_authority_is_told_nothing(speak: Speak, authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    async with _door(stranger.server()) as door:
        with pytest.raises(LineError, match=f"127.0.0.1:{door.port}: its certificate is not of our authority"):
            await speak(_opening(door, authority.kiosk("demo/K1")))
        assert door.came == []


@pytest.mark.parametrize(
    ("hosts", "words"), [(("other.example",), "for another host"), (("10.0.0.1",), "for another host")], ids=["name", "number"]
)
async def test_a_server_of_another_host_is_told_nothing(
    speak: Speak, authority: Authority, hosts: tuple[str, ...], words: str
) -> None:
    async with _door(authority.server(*hosts)) as door:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(LineError, match=words):
                await speak(_opening(door, authority.kiosk("demo/K1"), host=host))
        assert door.came == []


async def test_a_server_past_its_time_or_before_it_is_told_nothing(speak: Speak, authority: Authority) -> None:
    for span, words in ((EXPIRED, "has expired"), (NOT_YET, "not valid yet by this machine's clock")):
        async with _door(authority.server(span=span)) as door:
            with pytest.raises(LineError, match=words):
                await speak(_opening(door, authority.kiosk("demo/K1")))
            assert door.came == []


async def test_a_kiosk_that_plays_the_server_is_told_nothing(speak: Speak, authority: Authority) -> None:
    async with _door(authority.kiosk("demo/K2")) as door:
        with pytest.raises(LineError, match="not a server's"):
            await speak(_opening(door, authority.kiosk("demo/K1")))
        assert door.came == []


async def test_a_server_that_speaks_plaintext_is_told_nothing(speak: Speak, authority: Authority) -> None:
    async with Door(b"HTTP/1.1 400 Bad Request\r\n\r\n").open(None) as door:
        with pytest.raises(LineError, match="not in TLS"):
            await speak(_opening(door, authority.kiosk("demo/K1")))
        assert b"tested" not in door.came[0]


async def test_a_server_of_an_old_protocol_is_told_nothing(speak: Speak, authority: Authority) -> None:
    context = server_context(authority.server())
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with blunt_door(context, calls=1) as door:
        with pytest.raises(LineError, match=r"TLS 1\.2 or later"):
            await speak(_opening(door, authority.kiosk("demo/K1")))


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_what_a_server_has_against_us_is_said(
    speak: Speak, authority: Authority, tmp_path: Path, newest: ssl.TLSVersion
) -> None:
    stranger = Authority(tmp_path / "stranger").kiosk("demo/K1")
    wrong = Credentials(ca=authority.ca, certificate=stranger.certificate, key=stranger.key)
    context = server_context(authority.server())
    context.maximum_version = newest
    async with blunt_door(context, calls=2) as door:
        with pytest.raises(LineError, match="does not know the authority of our certificate"):
            await speak(_opening(door, wrong))
        with pytest.raises(LineError, match="our certificate has expired"):
            await speak(_opening(door, authority.kiosk("demo/K1", span=EXPIRED)))
    async with _door(authority.server()) as door:
        with pytest.raises(LineError, match="or refuse our certificate"):
            await speak(_opening(door, wrong))
        assert door.came == []


async def test_without_a_certificate_nobody_is_called(speak: Speak, authority: Authority) -> None:
    async with _door(authority.server()) as door:
        with pytest.raises(LineError, match="no certificate of ours to connect with"):
            await speak(_opening(door, None))
        gone = authority.kiosk("demo/K1")
        gone.key.unlink()
        with pytest.raises(LineError, match=f"{gone.key.name} is not there"):
            await speak(_opening(door, gone))
        spoilt = authority.kiosk("demo/K1")
        spoilt.certificate.write_text("no certificate")
        with pytest.raises(LineError, match="our own certificate cannot be used"):
            await speak(_opening(door, spoilt))
        assert door.came == []


async def test_a_certificate_renewed_on_disk_is_used_at_the_next_connect(speak: Speak, authority: Authority) -> None:
    mine, renewed = authority.kiosk("demo/K1", span=EXPIRED), authority.kiosk("demo/K1")
    async with _door(authority.server()) as door:
        with pytest.raises(LineError, match="refuse our certificate"):
            await speak(_opening(door, mine))
        renewed.certificate.replace(mine.certificate)
        renewed.key.replace(mine.key)
        await speak(_opening(door, mine))
        assert len(door.came) == 1


async def test_what_tls_has_decrypted_is_heard_to_the_last_message(authority: Authority) -> None:
    """Many packets in one record: the socket shows nothing more to read while they wait inside TLS."""
    said = b"".join(packets.publish(b"zz", b"%d" % number) for number in range(MESSAGES))
    heard: list[bytes] = []
    async with Door(CONNACK + said).open(server_context(authority.server())) as door:
        opening = _opening(door, authority.kiosk("demo/K1"))
        connection = await Connection.open(
            opening, on_message=lambda message: heard.append(message.payload), run_blocking=asyncio.to_thread
        )
        await until(lambda: len(heard) == MESSAGES, "all of them")
        connection.abort("enough")
    assert heard == [b"%d" % number for number in range(MESSAGES)]
