"""Bytes to messages and back. A body that cannot be read is refused with one short reason, never with a library's exception."""

import json
import re
from typing import Any

from pydantic import BaseModel, ValidationError

from telemetry.wire.messages import Ack, Birth, Death, Downward, Event, FaultChanged, Heartbeat, Resync, StatusChanged, Upward
from telemetry.wire.topics import Down, KioskId, Up

MAX_BODY_BYTES = 262_144
"""A birth of 64 devices with 256 faults and 256 services is far below; anything above this bound is hostile or broken."""

_UP: dict[Up, type[BaseModel]] = {
    Up.BIRTH: Birth,
    Up.DEATH: Death,
    Up.HB: Heartbeat,
    Up.STATUS: StatusChanged,
    Up.FAULT: FaultChanged,
    Up.EVENT: Event,
}
_DOWN: dict[Down, type[BaseModel]] = {Down.ACK: Ack, Down.RESYNC: Resync}


_NUL = rb"\u0000"
_WITH_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""The one character that JSON and SQLite take and PostgreSQL does not. It means nothing in a word, so it is replaced here, once,
for every store: refused further in, it would hold up whatever came with it. A backslash that is itself escaped is none."""


class UnreadableError(Exception):
    """A body is none of ours.

    ``reason`` is ``too_big``, ``not_json``, ``too_deep``, ``unknown_version``, ``unknown_kind``, ``foreign_identity`` or
    ``bad_field``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def encode(message: BaseModel) -> bytes:
    """Return a message as UTF-8 JSON, fields in the order of the model."""
    return message.model_dump_json().encode()


def decode_up(kind: Up, body: bytes, *, sender: KioskId | None = None) -> Upward:
    """Read a message from a kiosk.

    Args:
        kind: From the topic.
        body: As it came.
        sender: From the topic. A body that names another kiosk or county than its topic is refused: nobody speaks for others.

    Raises:
        UnreadableError: With one of its reasons; the caller counts it and drops the body.
    """
    return _decode(_UP.get(kind), kind.value, body, sender)  # type: ignore[return-value]  # the table pairs kind and model


def decode_down(kind: Down, body: bytes) -> Downward:
    """Read a message from the fleet. Raises UnreadableError as ``decode_up``."""
    return _decode(_DOWN.get(kind), kind.value, body, None)  # type: ignore[return-value]  # the table pairs kind and model


def _decode(model: type[BaseModel] | None, kind: str, body: bytes, sender: KioskId | None) -> BaseModel:
    if model is None:
        raise UnreadableError("unknown_kind", kind)
    if len(body) > MAX_BODY_BYTES:
        raise UnreadableError("too_big", f"{len(body)} bytes, at most {MAX_BODY_BYTES}")
    if _NUL in body:
        body = _WITH_NUL.sub(rb"\1\\ufffd", body)
    try:
        parsed: Any = json.loads(body)
    except RecursionError as error:
        raise UnreadableError("too_deep", kind) from error
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError
        raise UnreadableError("not_json", kind) from error
    if not isinstance(parsed, dict):
        raise UnreadableError("not_json", "not an object")
    if parsed.get("v") != 1:
        raise UnreadableError("unknown_version", kind)
    if sender is not None and (parsed.get("kiosk", sender.kiosk), parsed.get("county", sender.county)) != (
        sender.kiosk,
        sender.county,
    ):
        raise UnreadableError("foreign_identity", kind)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise UnreadableError("bad_field", ".".join(str(part) for part in first["loc"])) from error
