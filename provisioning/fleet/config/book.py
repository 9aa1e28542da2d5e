"""The book of what kiosks say of their documents: one row a kiosk, and when it is told again."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, and_, select, update

from provisioning.wire.desired_state import NEWEST_VERSION
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import desired
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId

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


class DesiredBook:
    """Writes what kiosks report."""

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what kiosks said of their documents, the newest word of each."""
        newest: dict[KioskId, StoredNumber] = {}
        for stored in happened.messages:
            if isinstance(stored.message, Event) and stored.message.name == REPORTED:
                newest[stored.kiosk] = stored
        for kiosk, stored in newest.items():
            if isinstance(stored.message, Event):
                self._put(connection, kiosk, stored.message, now=happened.now)

    def _put(self, connection: Connection, kiosk: KioskId, event: Event, *, now: datetime) -> None:
        try:
            said = _Said.model_validate(event.fields)
        except ValidationError:
            return
        mine = and_(desired.c.county == kiosk.county, desired.c.kiosk == kiosk.kiosk)
        version = connection.execute(select(desired.c.version).where(mine)).scalar_one_or_none()
        if version is None:
            return
        values: dict[str, object] = {
            "said_version": said.version,
            "said_state": said.state,
            "said_reason": said.reason,
            "said_at": now,
            "in_force": said.in_force,
        }
        if version < said.newest < NEWEST_VERSION:
            # A store put back from a backup counts from before: the kiosk would refuse everything as older.
            values |= {"version": said.newest + 1, "told": 0, "tell_at": now}
        elif said.version == version and said.state in SETTLED:
            values["tell_at"] = None
        elif said.version == version and (said.state in UNDER_WAY or said.state == "refused"):
            values["tell_at"] = now + LOOK_AGAIN
        connection.execute(update(desired).where(mine).values(**values))
