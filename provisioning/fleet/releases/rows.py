"""Releases in the database: for pages and rollouts to read; the repository's signed files are the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from provisioning.wire.release import Release
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import kiosk_release
from telemetry.fleet.store.schema import release as table

SIGNING, PUBLISHED, WITHDRAWN = "signing", "published", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One release as the desk shows it."""

    version: str
    state: str
    python: str
    wheels: int
    bytes: int
    unpacked_bytes: int
    data_version: int
    launcher: int
    note: str
    built_at: datetime
    added_at: datetime
    added_by: str
    published_at: datetime | None


def add(connection: Connection, release: Release, person: Person, *, now: datetime) -> None:
    """Write down that a release was added and waits for signatures; one that was withdrawn and never published may come again."""
    connection.execute(delete(table).where(table.c.version == release.version))
    connection.execute(
        insert(table).values(
            version=release.version,
            state=SIGNING,
            python=release.python,
            wheels=len(release.wheels),
            bytes=release.bytes,
            unpacked_bytes=release.unpacked_bytes,
            data_version=release.data.leaves,
            launcher=release.launcher,
            note=release.note,
            built_at=release.built_at,
            added_at=now,
            added_by=person.name,
        )
    )
    audit.note(
        connection, person, Act.ADD_RELEASE, now=now, about=f"release {release.version}", detail="added; waits for signatures"
    )


def follow(connection: Connection, published: Sequence[str], person: Person, *, now: datetime) -> None:
    """Bring the rows to what the repository serves: what it names is published, what it no longer names is withdrawn."""
    for known in every(connection):
        if known.version in published and known.state != PUBLISHED:
            _turn(connection, known.version, PUBLISHED, person, now=now)
        elif known.version not in published and known.state == PUBLISHED:
            _turn(connection, known.version, WITHDRAWN, person, now=now)


def every(connection: Connection) -> tuple[Known, ...]:
    """Return all releases, the last added first."""
    return tuple(Known(**row) for row in connection.execute(select(table).order_by(table.c.added_at.desc())).mappings())


def spread(connection: Connection) -> dict[str, int]:
    """Return how many kiosks say they run each release."""
    counted = select(kiosk_release.c.running, func.count()).group_by(kiosk_release.c.running)
    return {version: int(kiosks) for version, kiosks in connection.execute(counted)}


def _turn(connection: Connection, version: str, state: str, person: Person, *, now: datetime) -> None:
    values = {"state": state, "published_at": now} if state == PUBLISHED else {"state": state}
    connection.execute(update(table).where(table.c.version == version).values(values))
    audit.note(connection, person, Act.ADD_RELEASE, now=now, about=f"release {version}", detail=state)
