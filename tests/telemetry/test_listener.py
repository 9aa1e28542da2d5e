"""One who listens to very many: packets however they are cut, and how a connection ends."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.mqtt import SILENCE_FACTOR, Address, LineError, Listener, Opening, Published, Will, packets
from telemetry.mqtt.packets import Gathering
from tests.telemetry.test_mqtt import Wire
from tests.telemetry.together import MOSQUITTO, free_port, guest, lasting_broker, until

MESSAGES = st.lists(
    st.builds(
        Published,
        topic=st.binary(max_size=40),
        payload=st.one_of(st.binary(max_size=300), st.sampled_from([b"x" * 127, b"x" * 20_000])),
        number=st.integers(0, 65_535),
        is_retained=st.booleans(),
    ),
    max_size=6,
)


def _packet(message: Published) -> bytes:
    return packets.publish(message.topic, message.payload, number=message.number, is_retained=message.is_retained)


@given(MESSAGES, st.integers(0, 2**32))
def test_packets_are_found_however_the_stream_is_cut(messages: list[Published], seed: int) -> None:
    stream, random = b"".join(map(_packet, messages)), Random(seed)
    gathering, found = Gathering(), []
    while stream:
        size = random.choice((1, 2, 3, 50, 5_000, 100_000))
        found += gathering.feed(stream[:size])[0]
        stream = stream[size:]
    assert found == messages


@given(st.binary(max_size=200))
def test_bytes_that_are_no_mqtt_are_a_broken_line_and_nothing_else(noise: bytes) -> None:
    with contextlib.suppress(LineError):
        Gathering().feed(noise)


@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 200 OK\r\n\r\n<html>", b"\x30\xff\xff\xff\xff\x7f", b"\x30\xff\xff\xff\x7f", b"\x30\x03\x00\x09x"]
)
def test_a_portal_and_a_giant_length_are_refused_at_once(noise: bytes) -> None:
    with pytest.raises(LineError):
        Gathering().feed(noise)


def _opening(port: int, *, keepalive_s: int = 20, client_id: str = "ear", keeps_session: bool = False) -> Opening:
    address = Address(host="127.0.0.1", port=port)
    return Opening(
        address=address, client_id=client_id, keepalive_s=keepalive_s, keeps_session=keeps_session, acknowledges_itself=False
    )


class Ear:
    """What was heard."""

    def __init__(self) -> None:
        self.heard: list[Published] = []

    def __call__(self, _through: Listener, messages: Sequence[Published]) -> None:
        self.heard += messages


@pytest.fixture(params=["amqtt", "mosquitto"], scope="module")
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    if request.param == "amqtt":
        with lasting_broker() as number:
            yield number
    elif MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    else:
        with lasting_broker(MOSQUITTO, "-p", "{port}") as number:
            yield number


async def test_what_is_said_is_heard_and_said_back(port: int) -> None:
    ear, answers = Ear(), Ear()
    listener = await Listener.open(_opening(port), on_heard=ear)
    other = await Listener.open(_opening(port, client_id="other"), on_heard=answers)
    await listener.subscribe({"zz/+": 1})
    await other.subscribe({"answer": 1})
    async with guest(port) as voice:
        await voice.publish("zz/a", b"one", qos=1)
        voice.publish("zz/b", b"two" * 50_000)
        await until(lambda: len(ear.heard) == 2, "both")
    assert [(each.topic, each.payload[:3]) for each in ear.heard] == [(b"zz/a", b"one"), (b"zz/b", b"two")]
    assert ear.heard[0].number > 0
    listener.publish("answer", b"three", qos=1)
    await until(lambda: bool(answers.heard), "the answer")
    for one in (listener, other):
        await one.close()
        await one.close()
        assert not one.is_open


async def test_what_was_not_acknowledged_comes_again_and_what_was_does_not() -> None:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    with lasting_broker(MOSQUITTO, "-p", "{port}") as port:
        first, again = Ear(), Ear()
        listener = await Listener.open(_opening(port, keeps_session=True), on_heard=first)
        await listener.subscribe({"zz": 1})
        async with guest(port) as voice:
            for number in range(5):
                await voice.publish("zz", b"%d" % number, qos=1)
            await until(lambda: len(first.heard) == 5, "all")
            listener.acknowledge([message.number for message in first.heard[:3]])
            await listener.subscribe({"other": 0})  # its answer comes after the broker has read the acknowledgements
            listener.abort("test")
            await voice.publish("zz", b"5", qos=1)
        second = await Listener.open(_opening(port, keeps_session=True), on_heard=again)
        await until(lambda: len(again.heard) == 3, "the rest")
        assert [message.payload for message in again.heard] == [b"3", b"4", b"5"]
        await second.close()


async def test_a_paused_listener_lets_the_broker_wait_and_lives_on(port: int) -> None:
    ear = Ear()
    listener = await Listener.open(_opening(port, keepalive_s=1), on_heard=ear)
    await listener.subscribe({"zz": 1})
    listener.pause()
    async with guest(port) as voice:
        voice.publish("zz", b"later", qos=1)
        await asyncio.sleep(SILENCE_FACTOR * 1.3)
    assert (listener.is_open, ear.heard) == (True, [])
    listener.resume()
    await until(lambda: len(ear.heard) == 1, "what waited")
    await listener.close()


async def test_nobody_there_and_somebody_else_there_is_said_with_the_place() -> None:
    port = free_port()
    with pytest.raises(LineError, match=f"127.0.0.1:{port}"):
        await Listener.open(_opening(port), on_heard=Ear())

    async def web(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n<html>captive portal</html>")
        writer.close()

    server = await asyncio.start_server(web, "127.0.0.1", 0)
    try:
        portal = server.sockets[0].getsockname()[1]
        with pytest.raises(LineError, match=f"127.0.0.1:{portal}"):
            await Listener.open(_opening(portal), on_heard=Ear())
    finally:
        server.close()


async def test_a_line_into_a_black_hole_is_given_up_in_time(port: int) -> None:
    keepalive_s = 1
    async with Wire(port).up() as wire:
        listener = await Listener.open(_opening(wire.port, keepalive_s=keepalive_s), on_heard=Ear())
        wire.is_black_hole = True
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(45):
            assert "not a byte" in await listener.ended()
        assert asyncio.get_running_loop().time() - began <= keepalive_s * 1.5 + 0.3


async def test_the_will_is_said_for_who_vanishes(port: int) -> None:
    ear = Ear()
    listener = await Listener.open(_opening(port), on_heard=ear)
    await listener.subscribe({"will": 1})
    address = Address(host="127.0.0.1", port=port)
    opening = Opening(address=address, client_id="gone", keepalive_s=20, will=Will(topic="will", payload=b"vanished"))
    gone = await Listener.open(opening, on_heard=Ear())
    gone.abort("test")
    await until(lambda: bool(ear.heard), "the will")
    assert ear.heard[0].payload == b"vanished"
    await listener.close()


async def test_who_sends_faster_than_the_broker_takes_is_told_so_before_much_waits() -> None:
    takes, has_ended, sent = asyncio.Event(), asyncio.Event(), 0

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x20\x02\x00\x00")
        await takes.wait()
        with contextlib.suppress(ConnectionError):
            while await reader.read(1_000_000):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        has_ended.set()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        listener = await Listener.open(_opening(server.sockets[0].getsockname()[1]), on_heard=Ear())
        while listener.has_room:
            listener.publish("zz", b"x" * 10_000, qos=1)
            sent += 1
            await asyncio.sleep(0)
            assert sent < 10_000, "there is room for 100 MB"
        takes.set()
        await until(lambda: listener.has_room, "room again")
        listener.pause()
        assert not listener.has_room, "who does not keep up with what is said says no more either"
        listener.resume()
        for _ in range(70_000):  # no answer to any: there is a number for each all the same
            listener.publish("zz", b"", qos=1)
        await listener.close()
        async with asyncio.timeout(45):
            await has_ended.wait()
