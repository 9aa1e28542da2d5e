"""The door of the embedded broker: what its parts decide, byte by byte and name by name."""

from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from provisioning.wire.identity import CertificateError
from telemetry.fleet.broker_door import Door, DoorError, DoorFiles, Revocations
from telemetry.fleet.broker_door.greeting import Greeting, GreetingError, read_greeting
from telemetry.fleet.broker_door.rights import called, may_be_called, may_hear, may_say
from telemetry.mqtt import Address, Credentials, Opening, Will, packets
from telemetry.wire.topics import Down, KioskId, Up, fleet_state, topic
from tests.fakes.authority import Authority

K1 = KioskId(county="demo", kiosk="K1")
FILTERS = (
    "#",
    "+",
    "zz/#",
    "zz/1/#",
    "zz/1/demo/#",
    "zz/1/demo/+/command",
    "zz/1/demo/K1/+",
    "zz/1/+/_fleet/state",
    "$SYS/#",
    "",
)
"""Wishes nobody but the service has."""


def _body(opening: Opening) -> bytes:
    return packets.connect(opening)[2:]


def _opening(*, will: Will | None = None) -> Opening:
    return Opening(address=Address(host="", port=0), client_id="demo/K1", keepalive_s=20, will=will)


def test_a_greeting_is_read_with_its_will_and_without() -> None:
    assert read_greeting(_body(_opening())) == Greeting(client_id="demo/K1", will_topic="")
    will = Will(topic="zz/1/demo/K1/death", payload=b"lost")
    assert read_greeting(_body(_opening(will=will))) == Greeting(client_id="demo/K1", will_topic=will.topic)


def test_a_greeting_cut_anywhere_or_with_something_after_it_is_none() -> None:
    body = _body(_opening(will=Will(topic="zz/1/demo/K1/death", payload=b"lost")))
    for length in range(len(body)):
        with pytest.raises(GreetingError):
            read_greeting(body[:length])
    with pytest.raises(GreetingError):
        read_greeting(body + b"\x00\x00")


@given(st.binary(max_size=60))
def test_whatever_comes_first_is_a_greeting_or_none(rest: bytes) -> None:
    for body in (rest, b"\x00\x04MQTT\x04" + rest):
        try:
            greeting = read_greeting(body)
        except GreetingError:
            continue
        assert isinstance(greeting, Greeting)


def test_a_kiosk_says_and_hears_what_is_its_own() -> None:
    assert all(may_say(K1, topic(K1, kind)) for kind in Up)
    assert all(may_hear(K1, topic(K1, kind)) for kind in Down)
    assert may_hear(K1, fleet_state("demo"))


def test_a_kiosk_says_and_hears_nothing_else() -> None:
    others = [KioskId(county=county, kiosk=kiosk) for county, kiosk in (("demo", "K2"), ("other", "K1"), ("K1", "demo"))]
    foreign = [topic(other, kind) for other in others for kind in (*Up, *Down)]
    assert not any(may_say(K1, name) for name in (*foreign, *FILTERS, *(topic(K1, kind) for kind in Down), fleet_state("demo")))
    assert not any(may_hear(K1, name) for name in (*foreign, *FILTERS, *(topic(K1, kind) for kind in Up), fleet_state("other")))


def test_the_service_says_and_hears_what_is_ours() -> None:
    assert may_say(None, topic(K1, Down.COMMAND))
    assert may_hear(None, "zz/1/+/+/event")
    assert not may_say(None, "$SYS/broker")
    assert not may_hear(None, "#")


def test_nobody_is_called_like_another() -> None:
    assert may_be_called(K1, "demo/K1")
    assert not any(may_be_called(K1, name) for name in ("demo/K2", "demo-K1", "zhizhu-fleet-1", "", "demo/K1/"))
    assert may_be_called(None, "zhizhu-fleet-1")
    assert not any(may_be_called(None, name) for name in ("demo/K1", ""))


def test_a_name_says_who_it_is() -> None:
    assert called("demo/K1") == K1
    assert called("zhizhu-fleet-1") is None
    for name in ("", "demo/K1/more", "+/#", "_fleet/K1"):
        with pytest.raises(CertificateError):
            called(name)


def _number(credentials: Credentials) -> str:
    return f"{x509.load_pem_x509_certificate(credentials.certificate.read_bytes()).serial_number:x}"


def test_the_list_is_followed_and_a_spoilt_or_foreign_one_is_not_taken(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    first, second = authority.kiosk("demo/K1"), authority.kiosk("demo/K2")
    revoked = Revocations(authority.crl, ca=authority.ca)
    assert _number(first) not in revoked
    assert not revoked.look_again(), "nothing was written"
    authority.revoke(first)
    assert revoked.look_again()
    assert _number(first) in revoked
    good = authority.crl.read_bytes()
    for spoilt in (b"", good[:-40], stranger.crl.read_bytes(), authority.ca.read_bytes()):
        authority.crl.write_bytes(spoilt)
        assert not revoked.look_again()
        assert _number(first) in revoked, "the last good one stays"
    authority.crl.unlink()
    assert not revoked.look_again()
    authority.revoke(second)
    assert revoked.look_again()
    assert _number(second) in revoked


async def test_a_door_without_its_list_or_its_certificate_is_not_opened(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ours")
    own = authority.server()
    files = DoorFiles(own=own, revoked=authority.crl)
    Door(files)
    authority.crl.unlink()
    with pytest.raises(DoorError, match=r"crl\.pem"):
        Door(files)
    authority.revoke()
    own.key.unlink()
    with pytest.raises(DoorError, match=own.key.name):
        Door(files)
