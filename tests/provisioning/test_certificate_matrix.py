"""Whoever comes with anything but the right certificate gets nothing in and nothing out, at the embedded broker and at mosquitto.

Every refusal stands between two controls: the right kiosk is heard at the fleet's end before it and after it.
"""

import asyncio
import contextlib
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from telemetry.fleet.eviction import evict
from telemetry.mqtt import Address, Credentials, LineError, Listener, Opening, Published, Received, Will
from telemetry.mqtt.tls import client_context
from telemetry.wire.topics import Down, KioskId, Up, fleet_state, topic
from tests.fakes.authority import EXPIRED, NOT_YET, Authority, Span
from tests.provisioning.secured import HOST, Secured, embedded, is_let_in, mosquitto, name_of
from tests.telemetry.together import MOSQUITTO, until

pytestmark = pytest.mark.system

K1 = KioskId(county="demo", kiosk="K1")
K2 = KioskId(county="demo", kiosk="K2")
OTHER_COUNTY = KioskId(county="other", kiosk="K1")
FORGED = b"forged"
CALLED = "demo/K1"


@dataclass
class Scene:
    """A broker, the fleet's ear at it, and one kiosk that has everything right."""

    at: Secured
    service: Listener
    kiosk: Credentials
    heard: list[Published] = field(default_factory=list)
    _said: int = 0

    async def the_right_one_is_heard(self) -> None:
        """The control: what a good kiosk says comes through, and everything said before it had its chance to."""
        self._said += 1
        word = b"good %d" % self._said
        async with self.at.guest(self.kiosk, client_id=CALLED) as connection:
            await connection.publish(topic(K1, Up.EVENT), word, qos=1)
            await until(lambda: word in self.payloads, "the word of the right kiosk")

    async def service_answers(self) -> None:
        """A round trip to the broker and back."""
        self._said += 1
        word = b"round %d" % self._said
        self.service.publish("zz/round", word, qos=1)
        await until(lambda: word in self.payloads, "the service's own word")

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.heard]

    async def is_not_let_in(self, credentials: Credentials, *, client_id: str = CALLED) -> None:
        """Somebody connects and is refused, and nothing of what was said is heard."""
        await self.the_right_one_is_heard()
        with contextlib.suppress(LineError):
            async with self.at.guest(credentials, client_id=client_id) as connection:
                await connection.publish(topic(K1, Up.EVENT), FORGED, qos=1)
                pytest.fail(f"{client_id} was let in")
        await self.the_right_one_is_heard()
        assert FORGED not in self.payloads


@pytest.fixture(scope="module", params=[embedded, mosquitto], ids=["embedded", "mosquitto"])
def secured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    if request.param is mosquitto and MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    with request.param(tmp_path_factory.mktemp("broker")) as at:
        yield at


@pytest.fixture
async def scene(secured: Secured) -> AsyncIterator[Scene]:
    heard: list[Published] = []
    async with secured.service(heard) as service:
        yield Scene(at=secured, service=service, kiosk=secured.authority.kiosk(CALLED), heard=heard)


def _with(certificate: Credentials, ca: Path) -> Credentials:
    """The same certificate, shown by somebody who believes another authority."""
    return Credentials(ca=ca, certificate=certificate.certificate, key=certificate.key)


# --- who comes ---


async def test_a_certificate_of_another_authority_opens_nothing(scene: Scene, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    await scene.is_not_let_in(_with(stranger.kiosk(CALLED), scene.at.authority.ca))
    # A stranger who gives itself our authority's very name is no less a stranger.
    await scene.is_not_let_in(_with(Authority(tmp_path / "namesake").kiosk(CALLED), scene.at.authority.ca))


@pytest.mark.parametrize("span", [EXPIRED, NOT_YET], ids=["expired", "not yet valid"])
async def test_a_certificate_out_of_its_time_opens_nothing(scene: Scene, span: Span) -> None:
    await scene.is_not_let_in(scene.at.authority.kiosk(CALLED, span=span))


async def test_a_server_s_certificate_opens_nothing(scene: Scene) -> None:
    await scene.is_not_let_in(scene.at.authority.server("demo"))


async def test_a_revoked_certificate_opens_nothing(scene: Scene) -> None:
    revoked = scene.at.authority.kiosk(CALLED)
    async with scene.at.guest(revoked, client_id=CALLED) as connection:
        assert connection.is_open, "it is a good one until it is revoked"
    scene.at.revoke(revoked)
    why = await _refused(scene, revoked, CALLED)
    assert any(words in why for words in ("revoked", "Not authorized", "refuse our certificate")), why
    await scene.is_not_let_in(revoked)


async def test_no_certificate_opens_nothing(scene: Scene) -> None:
    await scene.the_right_one_is_heard()
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(scene.at.authority.ca)
    assert not await _forges(scene, bare)


async def test_plaintext_opens_nothing(scene: Scene) -> None:
    await scene.the_right_one_is_heard()
    with pytest.raises(LineError):
        async with scene.at.guest(None, client_id=CALLED, address=Address(host=HOST, port=scene.at.port)):
            pass
    assert not await _forges(scene, None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
async def test_an_old_tls_opens_nothing(scene: Scene, version: ssl.TLSVersion) -> None:
    await scene.the_right_one_is_heard()
    context = client_context(Opening(address=scene.at.address(), client_id="old", keepalive_s=20, credentials=scene.kiosk))
    assert context is not None
    assert await _forges(scene, context, word=b"as good as it gets"), "with TLS 1.2 or later it is let in"
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = version
        context.maximum_version = version
    assert not await _forges(scene, context)


async def _forges(scene: Scene, context: ssl.SSLContext | None, *, word: bytes = FORGED) -> bool:
    """Say something as K1 over a bare socket, byte by byte as the protocol wants it; returns whether the fleet heard it."""
    said = b"\x10\x13\x00\x04MQTT\x04\x02\x00\x14\x00\x07demo/K1"
    name = topic(K1, Up.EVENT).encode()
    said += bytes((0x30, 2 + len(name) + len(word))) + len(name).to_bytes(2, "big") + name + word

    def speak() -> None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, scene.at.port), timeout=5) as plain:
            line = plain if context is None else context.wrap_socket(plain, server_hostname=HOST)
            with line:
                line.sendall(said)
                line.recv(4)
                line.recv(1)

    speaking = asyncio.create_task(asyncio.to_thread(speak))
    await asyncio.wait({speaking}, timeout=1.0)
    await scene.the_right_one_is_heard()
    await speaking
    return word in scene.payloads


# --- whom a kiosk believes ---


async def test_a_broker_of_another_authority_or_another_host_hears_nothing_of_a_kiosk(scene: Scene, tmp_path: Path) -> None:
    await scene.the_right_one_is_heard()
    elsewhere = _with(scene.kiosk, Authority(tmp_path / "elsewhere").ca)
    assert "not of our authority" in await is_let_in(scene.at, elsewhere, CALLED)
    misled = Address(host="localhost", port=scene.at.port, is_secure=True)
    with pytest.raises(LineError, match="for another host"):
        async with scene.at.guest(scene.kiosk, client_id=CALLED, address=misled):
            pass
    await scene.the_right_one_is_heard()


# --- who is let in, and wants more than is its own ---


async def test_a_kiosk_says_its_own_words_alone(scene: Scene) -> None:
    own = {topic(K1, kind): kind.value.encode() for kind in Up}
    foreign = [
        *(topic(other, kind) for other in (K2, OTHER_COUNTY) for kind in Up),
        *(topic(K1, kind) for kind in Down),
        *(topic(K2, kind) for kind in Down),
        fleet_state("demo"),
        "zz/1/demo/K1/nonsense",
        "zz/1/demo/K1",
        "zz/2/demo/K1/event",
        "elsewhere",
    ]
    async with scene.at.guest(scene.kiosk, client_id=CALLED) as connection:
        for name, word in own.items():
            await connection.publish(name, word, qos=1)
        for name in foreign:
            connection.publish(name, FORGED, qos=1)
            connection.publish(name, FORGED, is_retained=True)
        await until(lambda: set(own.values()) <= set(scene.payloads), "its own words, every kind")
        await connection.publish(topic(K1, Up.EVENT), b"last", qos=1)
        await until(lambda: b"last" in scene.payloads, "what was said after the forged ones")
    assert FORGED not in scene.payloads


async def test_a_kiosk_hears_its_own_words_alone(scene: Scene) -> None:
    heard: list[Received] = []
    own = [*(topic(K1, kind) for kind in Down), fleet_state("demo")]
    foreign = [*(topic(other, kind) for other in (K2, OTHER_COUNTY) for kind in Down), topic(K2, Up.EVENT), topic(K1, Up.EVENT)]
    filters = [*foreign, "#", "zz/#", "zz/1/+/+/command", "zz/1/demo/+/command", "zz/1/demo/#", "zz/1/+/K1/command", "+/+/+/+/+"]
    async with scene.at.guest(scene.kiosk, client_id=CALLED, heard=heard) as connection:
        for wanted in (*own, *filters):
            with contextlib.suppress(LineError):  # mosquitto agrees to everything, and then hands nothing on
                await connection.subscribe({wanted: 1})
        for name in (*foreign, *own):
            scene.service.publish(name, name.encode(), qos=1)
        await until(lambda: {message.topic for message in heard} >= set(own), "everything that is its own")
    assert {message.topic for message in heard} == set(own)


async def test_a_county_s_state_is_heard_in_that_county(scene: Scene) -> None:
    """mosquitto cannot take the county out of a name: there a kiosk may hear of any county whether its service is there."""
    heard: list[Received] = []
    async with scene.at.guest(scene.kiosk, client_id=CALLED, heard=heard) as connection:
        await connection.subscribe({fleet_state("demo"): 1})
        with contextlib.suppress(LineError):
            await connection.subscribe({fleet_state("other"): 1})
        scene.service.publish(fleet_state("other"), b"other", qos=1)
        scene.service.publish(fleet_state("demo"), b"own", qos=1)
        await until(lambda: b"own" in {message.payload for message in heard}, "its own county's")
    assert ({message.payload for message in heard} == {b"own"}) or scene.at.is_mosquitto


async def test_another_kiosk_s_certificate_says_nothing_in_our_name(scene: Scene) -> None:
    other = scene.at.authority.kiosk("demo/K2")
    await scene.the_right_one_is_heard()
    async with scene.at.guest(other, client_id="demo/K2") as connection:
        connection.publish(topic(K1, Up.EVENT), FORGED, qos=1)
        await connection.publish(topic(K2, Up.EVENT), b"its own", qos=1)
        await until(lambda: b"its own" in scene.payloads, "its own word")
    assert FORGED not in scene.payloads


async def test_nobody_takes_another_s_session_or_leaves_a_will_in_another_s_name(scene: Scene) -> None:
    other = scene.at.authority.kiosk("demo/K2")
    will = Will(topic=topic(K1, Up.DEATH), payload=FORGED)
    async with scene.at.guest(scene.kiosk, client_id=CALLED) as mine:
        for name in (CALLED, "service-of-the-test"):
            with contextlib.suppress(LineError):
                async with scene.at.guest(other, client_id=name, will=will) as connection:
                    connection.publish(topic(K1, Up.EVENT), FORGED, qos=1)
        with contextlib.suppress(LineError):
            async with scene.at.guest(other, client_id="demo/K2", will=will):
                pass
        await mine.publish(topic(K1, Up.EVENT), b"still mine", qos=1)
        await until(lambda: b"still mine" in scene.payloads, "the one whose name it is")
    assert scene.service.is_open
    assert FORGED not in scene.payloads


async def test_a_kiosk_s_own_will_is_said(scene: Scene) -> None:
    will = Will(topic=topic(K1, Up.DEATH), payload=b"lost")
    async with scene.at.guest(scene.kiosk, client_id=CALLED, will=will):
        pass
    await until(lambda: b"lost" in scene.payloads, "its will")


async def test_a_name_and_a_uri_that_disagree_are_nobody(scene: Scene) -> None:
    """mosquitto knows the name alone, which the authority signed as well."""
    two_faced = scene.at.authority.kiosk("demo/K2", uri="urn:zhizhu:kiosk:demo:K1")
    if not scene.at.is_mosquitto:
        await scene.is_not_let_in(two_faced, client_id="demo/K2")
    with contextlib.suppress(LineError):
        async with scene.at.guest(two_faced, client_id=CALLED) as connection:
            connection.publish(topic(K1, Up.EVENT), FORGED, qos=1)
    await scene.the_right_one_is_heard()
    assert FORGED not in scene.payloads


# --- who is there already ---


async def test_who_comes_again_takes_the_place_of_its_own_old_connection(scene: Scene) -> None:
    async with scene.at.guest(scene.kiosk, client_id=CALLED) as old, scene.at.guest(scene.kiosk, client_id=CALLED) as new:
        async with asyncio.timeout(45):
            await old.ended()
        await new.publish(topic(K1, Up.EVENT), b"new", qos=1)
        await until(lambda: b"new" in scene.payloads, "the new one")


async def test_who_is_revoked_while_connected_is_sent_away(scene: Scene) -> None:
    revoked = scene.at.authority.kiosk("demo/K2")
    will = Will(topic=topic(K2, Up.DEATH), payload=b"sent away")
    async with scene.at.guest(revoked, client_id="demo/K2", will=will) as connection:
        await connection.publish(topic(K2, Up.EVENT), b"before", qos=1)
        scene.at.revoke(revoked)
        if scene.at.is_mosquitto:
            await evict(K2, address=scene.at.address(is_service=True), credentials=scene.at.authority.service())
        async with asyncio.timeout(45):
            await connection.ended()
        await until(lambda: b"sent away" in scene.payloads, "its will")
    await scene.is_not_let_in(revoked, client_id="demo/K2")


async def test_a_server_s_certificate_renewed_on_disk_is_shown_without_a_restart(scene: Scene) -> None:
    renewed = scene.at.authority.server(HOST)
    context = client_context(Opening(address=scene.at.address(), client_id="", keepalive_s=20, credentials=scene.kiosk))
    assert context is not None

    def shown() -> bytes:
        with (
            socket.create_connection((HOST, scene.at.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as line,
        ):
            return line.getpeercert(binary_form=True) or b""

    before = await asyncio.to_thread(shown)
    async with scene.at.guest(scene.kiosk, client_id=CALLED) as connection:
        scene.at.renew(renewed)
        async with asyncio.timeout(45):
            while await asyncio.to_thread(shown) == before:
                await scene.service_answers()
        await connection.publish(topic(K1, Up.EVENT), b"not disturbed", qos=1)
        await until(lambda: b"not disturbed" in scene.payloads, "who was connected still is")


async def test_the_list_written_anew_counts_without_a_restart_and_a_pardon_too(scene: Scene) -> None:
    held = scene.at.authority.kiosk("demo/K2")
    scene.at.revoke(held)
    await _refused(scene, held, name_of(K2))
    scene.at.authority.pardon(held)
    scene.at.read_list()
    while await is_let_in(scene.at, held, name_of(K2)):
        await scene.the_right_one_is_heard()
    async with scene.at.guest(held, client_id=name_of(K2)) as connection:
        await connection.publish(topic(K2, Up.EVENT), b"pardoned", qos=1)
        await until(lambda: b"pardoned" in scene.payloads, "the pardoned one")


async def _refused(scene: Scene, credentials: Credentials, client_id: str) -> str:
    """Wait until the list has been read, and somebody is refused; returns why, as it is told."""
    while not (why := await is_let_in(scene.at, credentials, client_id)):
        await scene.the_right_one_is_heard()
    return why
