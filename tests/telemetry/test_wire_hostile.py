"""What is not ours is refused with one short reason, whatever it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.wire.codec import MAX_BODY_BYTES, UnreadableError, decode_up
from telemetry.wire.topics import KioskId, Up, parse

HB: dict[str, Any] = json.loads((Path(__file__).parent / "golden/v1/hb.json").read_bytes())
SENDER = KioskId(county="demo", kiosk="K1")


def _reason(body: bytes, kind: Up = Up.HB) -> str:
    with pytest.raises(UnreadableError) as refused:
        decode_up(kind, body, sender=SENDER)
    return refused.value.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"[1]", "not_json"),
        (b"null", "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b"{" * 10 + b'"a":', "not_json"),
        (b" " * (MAX_BODY_BYTES + 1), "too_big"),
        (json.dumps(HB | {"v": 2}).encode(), "unknown_version"),
        (json.dumps(HB | {"kiosk": "K2"}).encode(), "foreign_identity"),
        (json.dumps(HB | {"county": {"$ne": 1}}).encode(), "foreign_identity"),
        (json.dumps(HB | {"seq": -1}).encode(), "bad_field"),
        (json.dumps(HB | {"seq": 2**64}).encode(), "bad_field"),
        (json.dumps(HB | {"queued": 10**30}).encode(), "bad_field"),
        (json.dumps(HB | {"at": "0001-01-01T00:00:00+14:00"}).encode(), "bad_field"),
        (json.dumps(HB | {"at": "2026-11-22T01:02:03"}).encode(), "bad_field"),
        (json.dumps(HB | {"devices": HB["devices"] * 40}).encode(), "bad_field"),
        (json.dumps(HB | {"screen": {"page": "\ud800"}}).encode(), "bad_field"),
    ],
)
def test_a_hostile_body_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    assert _reason(body) == reason


def test_a_number_that_is_none_is_refused() -> None:
    body = json.dumps({**HB, "name": "x", "fields": {"share": float("nan")}}).encode()
    assert _reason(body, Up.EVENT) == "bad_field"


def test_kinds_without_a_reader_yet_are_refused() -> None:
    assert _reason(b"{}", Up.RECEIPT) == "unknown_kind"


def test_a_body_that_names_its_own_sender_is_read() -> None:
    message = decode_up(Up.HB, json.dumps(HB | {"kiosk": "K1", "county": "demo"}).encode(), sender=SENDER)
    assert message.life == HB["life"]


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    assert _reason(body) in {"not_json", "too_deep", "unknown_version", "bad_field"}


@pytest.mark.parametrize(
    "name",
    [
        "zz/1/demo/K1",
        "zz/2/demo/K1/hb",
        "zz/1/demo/K1/hb/x",
        "zz/1/de mo/K1/hb",
        "zz/1//K1/hb",
        "zz/1/demo/+/hb",
        "zz/1/demo/K1/nonsense",
    ],
)
def test_a_topic_that_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(name)
