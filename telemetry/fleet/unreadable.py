"""A numbered message nobody here can read is kept as an event that says so: its kiosk would send it again for ever. Pure.

Everything after it would wait, for numbers are taken in order. Its kiosk forgets it once the number is stored, as any other; what
is known of it stays in the kiosk's log, and it is counted as dropped all the same.
"""

from datetime import datetime

import orjson
from pydantic import ValidationError

from telemetry.wire.codec import UnreadableError
from telemetry.wire.messages import Event
from telemetry.wire.topics import Up

UNREADABLE = "message.unreadable"
PASSED_OVER = frozenset({"bad_field"})
"""Reasons for which a number is passed over: it is a message of ours with something in it that no release will read. One of a
version to come waits for the release that reads it; one in another kiosk's name has no number here."""
NUMBERED = frozenset({Up.STATUS, Up.FAULT, Up.EVENT})
MAX_FIELD = 400


def instead_of(kind: Up, body: bytes, why: UnreadableError, *, now: datetime) -> Event | None:
    """Return what is kept in the place of a message, under its number; None when it has none that could be read.

    Args:
        kind: From the topic.
        body: As it came.
        why: What was found wrong with it.
        now: Server's clock: when it was said is not believed either.
    """
    if kind not in NUMBERED or why.reason not in PASSED_OVER:
        return None
    try:
        said = orjson.loads(body)
        numbers = {name: said[name] for name in ("life", "seq", "prev", "hist") if said.get(name) is not None}
        fields = {"kind": kind.value, "reason": str(why)[:MAX_FIELD]}
        return Event.model_validate(
            {**numbers, "at": now, "clock_trusted": False, "name": UNREADABLE, "fields": fields}, strict=True
        )
    except (ValidationError, ValueError, AttributeError):
        return None
