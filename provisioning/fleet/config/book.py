"""The book of what kiosks say of their documents: one row a kiosk, and when it is told again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, and_, bindparam, select, update

from provisioning.wire.desired_state import NEWEST_VERSION
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.schema import desired
from telemetry.wire.messages import Event

REPORTED = "desired.reported"
SETTLED = frozenset({"in_force", "went_back"})
"""Nothing more is told of a version that is in force, or was tried and did not work."""
UNDER_WAY = frozenset({"waiting", "on_trial"})
LOOK_AGAIN = timedelta(hours=1)
"""A kiosk that waits for a villager, tries, or refused is asked again so much later: its word may have been lost, and a clock or
a release that was wrong may be right."""


class _Said(BaseModel):
    """Tolerant, as everything from a kiosk is: unknown words are kept, what is too long is no report."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = Field(ge=0, le=NEWEST_VERSION)
    state: str = Field(min_length=1, max_length=16)
    reason: str = Field(default="", max_length=400)
    in_force: int = Field(default=0, ge=0, le=NEWEST_VERSION)
    newest: int = Field(default=0, ge=0, le=NEWEST_VERSION)


Key = tuple[str, str]
Bound = dict[str, object]

_MINE = and_(desired.c.county == bindparam("b_county"), desired.c.kiosk == bindparam("b_kiosk"))
_STILL = and_(_MINE, desired.c.version == bindparam("b_version"))
"""A change put in force meanwhile makes it another version, and of that one nothing was said."""
_SAID = (
    update(desired)
    .where(_MINE)
    .values(
        said_version=bindparam("b_said_version"),
        said_state=bindparam("b_said_state"),
        said_reason=bindparam("b_said_reason"),
        said_at=bindparam("b_now"),
        in_force=bindparam("b_in_force"),
    )
)
_TOLD_WHEN = update(desired).where(_STILL).values(tell_at=bindparam("b_tell_at"))
_COUNTED_ON = update(desired).where(_STILL).values(version=bindparam("b_newer"), told=0, tell_at=bindparam("b_now"))


class DesiredBook:
    """Writes what kiosks report."""

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what kiosks said of their documents, the newest word of each: a province answers by the thousand a second."""
        words: dict[Key, _Said] = {}
        for stored in happened.messages:
            if isinstance(stored.message, Event) and stored.message.name == REPORTED:
                said = _read(stored.message)
                if said is not None:
                    words[stored.kiosk.county, stored.kiosk.kiosk] = said
        versions = _versions(connection, words) if words else {}
        known = [(key, said) for key, said in words.items() if key in versions]
        if not known:
            return
        now = happened.now
        connection.execute(_SAID, [_as_said(key, said, now=now) for key, said in known])
        judged = [_judged(key, said, version=versions[key], now=now) for key, said in known]
        for statement, rows in (
            (_TOLD_WHEN, [row for row in judged if "b_tell_at" in row]),
            (_COUNTED_ON, [row for row in judged if "b_newer" in row]),
        ):
            if rows:
                connection.execute(statement, rows)


def _read(event: Event) -> _Said | None:
    try:
        return _Said.model_validate(event.fields)
    except ValidationError:
        return None


def _versions(connection: Connection, of: Collection[Key]) -> dict[Key, int]:
    """Return the version each should have; those that have no document are not among them."""
    chosen = select(desired.c.county, desired.c.kiosk, desired.c.version).where(
        desired.c.county.in_({county for county, _ in of}), desired.c.kiosk.in_({kiosk for _, kiosk in of})
    )
    return {(row.county, row.kiosk): row.version for row in connection.execute(chosen)}


def _as_said(key: Key, said: _Said, *, now: datetime) -> Bound:
    return {
        "b_county": key[0],
        "b_kiosk": key[1],
        "b_said_version": said.version,
        "b_said_state": said.state,
        "b_said_reason": said.reason,
        "b_in_force": said.in_force,
        "b_now": now,
    }


def _judged(key: Key, said: _Said, *, version: int, now: datetime) -> Bound:
    """Return what follows for when it is told again; nothing follows where neither ``b_newer`` nor ``b_tell_at`` is in it."""
    mine: Bound = {"b_county": key[0], "b_kiosk": key[1], "b_version": version}
    if version < said.newest < NEWEST_VERSION:
        # A store put back from a backup counts from before: the kiosk would refuse everything as older.
        return mine | {"b_newer": said.newest + 1, "b_now": now}
    if said.version == version and said.state in SETTLED:
        return mine | {"b_tell_at": None}
    if said.version == version and (said.state in UNDER_WAY or said.state == "refused"):
        return mine | {"b_tell_at": now + LOOK_AGAIN}
    return mine
