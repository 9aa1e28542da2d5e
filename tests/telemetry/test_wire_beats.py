"""A heartbeat read by its parts is what the parser would have read, whatever was sent; and most are read by their parts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.wire.beats import Beat, Beats, moments_of
from telemetry.wire.codec import UnreadableError, decode_up, encode
from telemetry.wire.messages import DeviceState, Heartbeat, MeasurementState, Screen, Services, SupplyState
from telemetry.wire.topics import KioskId, Up

K1 = KioskId(county="demo", kiosk="K1")
AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)


def _heartbeat(*, seq: int = 12, paper: float = 0.5, at: datetime = AT) -> Heartbeat:
    printer = DeviceState(
        device="receipt-printer",
        kind="receipt_printer",
        condition="READY",
        read_at=at - timedelta(microseconds=200_001),
        faults=("printer.paper_low",),
        supplies=(SupplyState(name="receipt_paper", remaining=paper, low=True, days_left=2.5),),
        evidence='he said "go"',
        port="serial:/dev/ttyUSB0",
    )
    camera = DeviceState(
        device="camera",
        kind="camera",
        condition="READY",
        read_at=at,
        measurements=(MeasurementState(name="temperature", value=41.5, unit="°C"),),
    )
    door = DeviceState(device="door", kind="cabinet", condition="READY")
    return Heartbeat(
        life=7,
        seq=seq,
        at=at,
        clock_trusted=True,
        devices=(printer, camera, door),
        services=Services(offered=3, total=4),
        screen=Screen(page="attract"),
        queued=3,
    )


def _parsed(body: bytes) -> Heartbeat | str:
    try:
        message = decode_up(Up.HB, body, sender=K1)
    except UnreadableError as error:
        return error.reason
    assert isinstance(message, Heartbeat)
    return message


def _read(beats: Beats, body: bytes) -> Heartbeat | str:
    """What the fast way makes of a body, its moments put where they belong."""
    try:
        read = beats.read(body, sender=K1)
    except UnreadableError as error:
        return error.reason
    if isinstance(read, Heartbeat):
        return read
    message = read.heartbeat()
    devices = [
        device.model_copy(update={"read_at": moment})
        for device, moment in zip(message.devices, moments_of(read.moments(), read.at), strict=True)
    ]
    return message.model_copy(update={"devices": tuple(devices)})


def _by_parts(beats: Beats, body: bytes) -> bool:
    return isinstance(beats.read(body, sender=K1), Beat)


def test_a_heartbeat_is_read_by_its_parts_from_the_first_one_on() -> None:
    beats = Beats()
    for seconds in range(3):
        body = encode(_heartbeat(seq=12 + seconds, at=AT + timedelta(seconds=seconds)))
        assert _by_parts(beats, body)
        assert _read(beats, body) == _parsed(body)


def test_heartbeats_that_say_the_same_have_the_same_shape() -> None:
    beats = Beats()
    first, again = (beats.read(encode(_heartbeat(at=AT + timedelta(seconds=s))), sender=K1) for s in (0, 1))
    other = beats.read(encode(_heartbeat(paper=0.4)), sender=K1)
    assert isinstance(first, Beat)
    assert isinstance(again, Beat)
    assert isinstance(other, Beat)
    assert first.shape is again.shape is not other.shape
    assert first.shape.devices[1] is other.shape.devices[1], "what did not change is shared"


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda body: body.replace(b'"v":1', b'"v":2'),
    lambda body: body.replace(b'"v":1', b'"v": 1'),
    lambda body: body.replace(b'"seq":12', b'"seq":012'),
    lambda body: body.replace(b'"seq":12', b'"seq":-1'),
    lambda body: body.replace(b'"seq":12', b'"seq":99999999999999999999'),
    lambda body: body.replace(b'"queued":3}', b'"queued":03}'),
    lambda body: body.replace(b'"queued":3}', b'"queued":3}}'),
    lambda body: body.replace(b'"queued":3}', b'"queued":3,"kiosk":"K2"}'),
    lambda body: body.replace(b'"queued":3}', b'"queued":3,"life":9}'),
    lambda body: body.replace(b'"queued":3}', b'"queued":3,"queued":4}'),
    lambda body: body.replace(b'"screen"', b'"kiosk":"K2","screen"'),
    lambda body: body.replace(b'"screen"', b'"life":9,"screen"'),
    lambda body: body.replace(b"2026-11-22", b"2026-02-30"),
    lambda body: body.replace(b"2026-11-22", b"0000-11-22"),
    lambda body: body.replace(b"T01:02:03", b"T24:00:00"),
    lambda body: body.replace(b"T01:02:03", b"T01:02:60"),
    lambda body: body.replace(b"T01:02:03.256788Z", b"T01:02:03Z"),
    lambda body: body.replace(b"Z", b"+00:00"),
    lambda body: body.replace("°C".encode(), b"\xff\xfe"),
    lambda body: body.replace("°C".encode(), b"\\ud800"),
    lambda body: body.replace(b"go", b"\\u0000"),
    lambda body: body.replace(b"READY", b"", 1),
    lambda body: body.replace(b"READY", b'","read_at":"', 1),
    lambda body: body.replace(b'"low":true', b'"low":true,"read_at":"2026-11-22T01:02:03.256788Z"'),
    lambda body: body.replace(b'"faults"', b'"read\\u005fat":"2026-11-22T01:02:03.256788Z","faults"', 1),
    lambda body: body.replace(b'"faults"', b'"read_at":"2026-11-22T01:02:03.256788Z","faults"', 1),
    lambda body: body.replace(b'"faults"', b'"x":' + b"[" * 5_000 + b"]" * 5_000 + b',"faults"', 1),
    lambda body: body.replace(b'"faults"', b'"x":' + b"9" * 5_000 + b',"faults"', 1),
    lambda body: body.replace(b'"faults"', b'"x":NaN,"faults"', 1),
    lambda body: body.replace(b'"value":41.5', b'"value":NaN'),
    lambda body: body.replace(b'"camera"', b'"receipt-printer"', 1),
    lambda body: body.replace(b'"device":"camera"', b'"device":"},{\\"device\\":\\"camera"'),
    lambda body: body.replace(b'"services"', b'"services":{"offered":0,"total":0},"services"'),
    lambda body: body.replace(b'"offered"', b'"read_at":"2026-11-22T01:02:03.256788Z","offered"'),
    lambda body: body[:-1],
    lambda body: body + b" ",
    lambda body: body + b"," + body,
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
@pytest.mark.parametrize("is_known", [False, True])
def test_both_ways_agree_on_what_was_tampered_with(number: int, is_known: bool) -> None:
    beats, body = Beats(), encode(_heartbeat())
    if is_known:
        assert _by_parts(beats, body)
    tampered = CHANGES[number](body)
    assert tampered != body
    for _ in range(2):
        assert _read(beats, tampered) == _parsed(tampered)
        assert _read(beats, body) == _parsed(body)


PIECES = [
    b'"read_at":"',
    b"}",
    b"{",
    b'"',
    b",",
    b'{"device":"',
    b'],"services":',
    b',"queued":',
    b"0",
    b"Z",
    b"\\",
    b"[",
    b"\xff",
]


@settings(max_examples=300)
@given(st.data())
def test_both_ways_agree_on_any_body(data: st.DataObject) -> None:
    """A body is cut and patched anywhere, after the parts of the whole one are known."""
    beats, body = Beats(), encode(_heartbeat())
    assert _by_parts(beats, body)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body)))
        until = data.draw(st.integers(place, min(len(body), place + 30)))
        patch = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from(PIECES)))
        body = body[:place] + patch + body[until:]
    assert _read(beats, body) == _parsed(body)


def test_a_reading_of_yesterday_keeps_its_day() -> None:
    beats, midnight = Beats(), datetime(2026, 11, 22, 0, 0, 0, 100_000, tzinfo=UTC)
    beat = beats.read(encode(_heartbeat(at=midnight)), sender=K1)
    assert isinstance(beat, Beat)
    assert moments_of(beat.moments(), beat.at) == [midnight - timedelta(microseconds=200_001), midnight, None]
    assert moments_of("", midnight) == []


def test_what_is_remembered_is_bounded() -> None:
    beats = Beats(known_frames=16, known_parts=16)
    for number in range(200):
        body = encode(_heartbeat(paper=number / 200))
        assert _read(beats, body) == _parsed(body)
    assert len(beats._frames) <= 16
    assert len(beats._devices) <= 16
