"""MQTT 3.1.1 as bytes: the standard's own shapes, whatever pieces the network makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.simulation import packets
from telemetry.simulation.packets import Assembler, MalformedError


def test_a_connect_has_a_will_a_clean_session_and_a_keepalive() -> None:
    packet = packets.connect(client_id="kiosk-a", keepalive_s=30, will_topic="zz/w", will=b"{}")
    assert packet == b"\x10\x1d\x00\x04MQTT\x04\x0e\x00\x1e\x00\x07kiosk-a\x00\x04zz/w\x00\x02{}"


def test_a_publish_of_quality_one_has_a_number_and_one_of_quality_nought_has_none() -> None:
    assert packets.publish(b"a/b", b"hi", packet_id=10) == b"\x32\x09\x00\x03a/b\x00\x0ahi"
    assert packets.publish(b"a/b", b"hi", packet_id=None) == b"\x30\x07\x00\x03a/bhi"


@given(bodies=st.lists(st.binary(max_size=300), max_size=6), cuts=st.lists(st.integers(min_value=1, max_value=40), max_size=50))
def test_packets_are_whole_however_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(packets.publish(b"t", body, packet_id=None) for body in bodies)
    assembler = Assembler()
    heard: list[bytes] = []
    for cut in [*cuts, len(stream)]:
        piece, stream = stream[:cut], stream[cut:]
        heard.extend(packets.publication(packet).payload for packet in assembler.feed(piece))
    assert heard == bodies


def test_a_long_packet_has_a_length_of_several_bytes() -> None:
    packet = packets.publish(b"t", b"x" * 70_000, packet_id=None)
    assert packet[1:4] == b"\xf3\xa2\x04"
    (arrived,) = Assembler().feed(packet)
    assert packets.publication(arrived).payload == b"x" * 70_000


def test_what_is_no_packet_is_refused() -> None:
    with pytest.raises(MalformedError):
        list(Assembler().feed(b"\x30\xff\xff\xff\xff\x01"))
    (short,) = Assembler().feed(b"\x30\x03\x00\x09a")
    with pytest.raises(MalformedError):
        packets.publication(short)
    (garbled,) = Assembler().feed(b"\x30\x04\x00\x02\xff\xfe")
    with pytest.raises(MalformedError):
        packets.publication(garbled)
