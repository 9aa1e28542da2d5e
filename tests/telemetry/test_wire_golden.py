"""Version 1 of the language is read and written for ever exactly as these files say."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from telemetry.wire.codec import decode_down, decode_up, encode
from telemetry.wire.messages import Birth, FaultChanged, FleetState
from telemetry.wire.topics import Down, Up

GOLDEN = Path(__file__).parent / "golden" / "v1"
FILES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def _read(name: str, body: bytes) -> BaseModel:
    kind = name.partition("-")[0]
    if name == "fleet-state":
        return FleetState.model_validate_json(body)
    return decode_up(Up(kind), body) if kind in set(Up) else decode_down(Down(kind), body)


def _with_more(value: Any) -> Any:
    """Add a field nobody knows to every object that has named fields of ours."""
    if isinstance(value, list):
        return [_with_more(one) for one in value]
    if isinstance(value, dict):
        return {key: inner if key == "fields" else _with_more(inner) for key, inner in value.items()} | {
            "from_the_future": [1, {"x": None}]
        }
    return value


def test_every_kind_of_message_has_a_golden_file() -> None:
    kinds = {name.partition("-")[0] for name in FILES}
    assert kinds == {"birth", "death", "hb", "status", "fault", "event", "ack", "resync", "fleet"}


@pytest.mark.parametrize("name", FILES)
def test_a_golden_message_is_written_back_byte_for_byte(name: str) -> None:
    body = (GOLDEN / f"{name}.json").read_bytes()
    assert encode(_read(name, body)) == body


@pytest.mark.parametrize("name", FILES)
def test_unknown_fields_are_ignored(name: str) -> None:
    body = (GOLDEN / f"{name}.json").read_bytes()
    richer = json.dumps(_with_more(json.loads(body))).encode()
    assert _read(name, richer) == _read(name, body)


def test_unknown_words_of_an_enum_are_kept() -> None:
    told = json.loads((GOLDEN / "fault.json").read_bytes())
    told["fault"] |= {"code": "drone.rotor_lost", "severity": "CATASTROPHIC", "remedy": "PRAYER"}
    message = decode_up(Up.FAULT, json.dumps(told).encode())
    assert isinstance(message, FaultChanged)
    assert (message.fault.code, message.fault.severity, message.fault.remedy) == ("drone.rotor_lost", "CATASTROPHIC", "PRAYER")


def test_a_kiosk_of_the_first_day_names_no_services() -> None:
    born = decode_up(Up.BIRTH, (GOLDEN / "birth.json").read_bytes())
    assert isinstance(born, Birth)
    assert born.catalogue == ()
    named = decode_up(Up.BIRTH, (GOLDEN / "birth-catalogue.json").read_bytes())
    assert isinstance(named, Birth)
    assert [(service.id, service.title) for service in named.catalogue] == [
        ("social_security_enrolment", "社保参保证明"),
        ("pension_arrival", "查养老金到账"),
    ]


def test_a_reader_of_the_first_day_still_understands_a_message_without_later_fields() -> None:
    told = json.loads((GOLDEN / "birth.json").read_bytes())
    for later in ("prev", "floor", "shed", "hist"):
        del told[later]
    message = decode_up(Up.BIRTH, json.dumps(told).encode())
    assert isinstance(message, Birth)
    assert (message.floor, message.hist) == (0, False)
