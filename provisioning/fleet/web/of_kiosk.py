"""What the bureau wants of one kiosk, with what has become of it, for that kiosk's own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from provisioning.fleet.commands.rules import OPEN, Standing
from provisioning.fleet.config import rows as config_rows
from provisioning.fleet.registry import identities
from provisioning.fleet.registry.decision import IdentityState
from provisioning.fleet.web import acts_concerning
from provisioning.fleet.web.words.commands import DOES, OUTCOMES
from provisioning.fleet.web.words.config import SAID
from provisioning.fleet.web.words.enrolment import STANDINGS
from provisioning.fleet.web.words.of_kiosk import RELEASES
from provisioning.wire.release import State as ReleaseState
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import command, command_kiosk, kiosk_release, wanted_release
from telemetry.fleet.web.desk import Wanted
from telemetry.wire.topics import KioskId

MOST_COMMANDS = 3
TABLES = {"does": DOES, "command_outcomes": OUTCOMES, "config_said": SAID, "standings": STANDINGS, "release_states": RELEASES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The document it is to run by. ``word`` is of ``SAID``; ``since`` when it came to that."""

    version: int
    in_force: int
    word: str
    since: datetime
    reason: str

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a villager."""
        return self.word == "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The release it is to run, and how far it is: ``rollout`` 0 where none decided it, ``since`` None before its first word."""

    running: str
    wanted: str
    word: str
    since: datetime | None
    reason: str
    rollout: int

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a villager."""
        return self.word == ReleaseState.WAITING_FOR_VILLAGER.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """One command to it."""

    id: int
    do: str
    standing: Standing
    since: datetime

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a villager."""
        return self.standing is Standing.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All of it. ``identity`` is of ``STANDINGS``, empty for a kiosk nobody let in; ``certificate_until`` None without one."""

    identity: str
    identity_reason: str
    certificate_until: datetime | None
    configured: Configured | None
    released: Released | None
    commands: tuple[Commanded, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits for whoever stands in front of it."""
        return any(one is not None and one.is_waiting for one in (self.configured, self.released, *self.commands))


class DeskOfKiosk:
    """Answers ``telemetry.fleet.web.desk.OfKiosk``."""

    def card(self, connection: Connection, of: KioskId, person: Person, *, now: datetime) -> Mapping[str, object] | None:
        """Return the card of a kiosk; None where the bureau has nothing to do with it."""
        card = _read(connection, of, now=now) if person.sees(of.county) else None
        return None if card is None else {"card": card, **TABLES}

    def acts(self, connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
        """Return commands, changes and rollouts of that time that were for it among others."""
        return acts_concerning.find(connection, of, begins_at=begins_at, ends_at=ends_at)

    def wanted(self, connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> Sequence[Wanted]:
        """Return releases and the document it was to have from that time on."""
        return acts_concerning.wanted(connection, of, begins_at=begins_at, ends_at=ends_at)


def _read(connection: Connection, of: KioskId, *, now: datetime) -> Card | None:
    identity = identities.standing(connection, of)
    certificate = next((one for one in identities.of_kiosk(connection, of) if one.revoked_at is None), None)
    configured, released = _configured(connection, of), _released(connection, of)
    commands = _open_commands(connection, of, now=now)
    if identity is None and configured is None and released is None and not commands:
        return None
    is_in = identity is not None and identity.state is IdentityState.ACTIVE
    return Card(
        identity=identity.state.value if identity else "",
        identity_reason=identity.reason if identity else "",
        certificate_until=certificate.valid_until if certificate and is_in else None,
        configured=configured,
        released=released,
        commands=commands,
    )


def _configured(connection: Connection, of: KioskId) -> Configured | None:
    one = config_rows.standing(connection, of)
    if one is None:
        return None
    since = one.said_at if one.said_version == one.version and one.said_at else one.wanted_at
    return Configured(version=one.version, in_force=one.in_force, word=one.word, since=since, reason=one.said_reason)


def _released(connection: Connection, of: KioskId) -> Released | None:
    said = connection.execute(
        select(kiosk_release).where(kiosk_release.c.county == of.county, kiosk_release.c.kiosk == of.kiosk)
    ).one_or_none()
    wanted = connection.execute(
        select(wanted_release).where(wanted_release.c.county == of.county, wanted_release.c.kiosk == of.kiosk)
    ).one_or_none()
    if said is None and wanted is None:
        return None
    version = wanted.version if wanted is not None else said.version if said is not None else ""
    is_of_it = said is not None and said.version == version
    return Released(
        running=said.running if said is not None else "",
        wanted=version,
        word=said.state if said is not None and is_of_it else "",
        since=said.received_at if said is not None and is_of_it else None,
        reason=said.reason if said is not None and is_of_it else "",
        rollout=wanted.rollout_id if wanted is not None else 0,
    )


def _open_commands(connection: Connection, of: KioskId, *, now: datetime) -> tuple[Commanded, ...]:
    columns = (command.c.id, command.c.do, command.c.asked_at, command_kiosk.c.outcome, command_kiosk.c.told_at)
    question = (
        select(*columns, command_kiosk.c.said_at)
        .select_from(command.join(command_kiosk, command_kiosk.c.command_id == command.c.id))
        .where(
            command_kiosk.c.county == of.county,
            command_kiosk.c.kiosk == of.kiosk,
            command_kiosk.c.outcome.in_([standing.value for standing in OPEN]),
            command.c.expires_at > now,
        )
        .order_by(command.c.id.desc())
        .limit(MOST_COMMANDS)
    )
    return tuple(
        Commanded(id=row.id, do=row.do, standing=Standing(row.outcome), since=row.said_at or row.told_at or row.asked_at)
        for row in connection.execute(question)
    )
