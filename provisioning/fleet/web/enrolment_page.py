"""What the page of enrolments shows: who waits, who is shut out, the list with its certificates, codes that are out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from provisioning.fleet.registry import codes, identities, requests, serials
from provisioning.fleet.registry.absence import Absence, absences
from provisioning.fleet.registry.codes import Code
from provisioning.fleet.registry.decision import IdentityState, SerialState
from provisioning.fleet.registry.identities import Certificate, Identity
from provisioning.fleet.registry.requests import Request
from provisioning.fleet.registry.serials import Machine
from provisioning.wire.identity import LIFETIME, RENEWED_AT, subject_of
from telemetry.fleet.accounts.person import Person
from telemetry.wire.topics import KioskId

MOST_ROWS = 200
"""Machines on one page; a county has fewer, and a search narrows a province."""
CONTESTED_FOR = timedelta(days=7)
"""How long a code that two machines have shown stands on top of the page."""
BIN_DAYS = 3
LATE_DAYS = 75
"""A certificate of this age was to be renewed two weeks ago."""
WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One machine. ``standing`` is the word of its chip; ``code`` is one that is out."""

    machine: Machine
    standing: str
    identity: Identity | None
    certificate: Certificate | None
    code: Code | None

    @property
    def name(self) -> str:
        """The kiosk, as ``county/kiosk``; empty while nobody has said which."""
        becomes = self.machine.listed.becomes
        return subject_of(becomes) if becomes else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Certificates of some days of age, drawn 0 to 1 high."""

    from_day: int
    count: int
    height: float
    is_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentPage:
    """All of it. ``rows`` are those asked for, at most ``MOST_ROWS``; ``found`` how many there are of them.

    ``absences`` are of those who wait and came back with a certificate that had ended, by the number of the request.
    """

    counts: Mapping[str, int]
    total: int
    waiting: tuple[tuple[Request, Machine | None], ...]
    absences: Mapping[int, Absence]
    shut_out: tuple[Row, ...]
    contested: tuple[Code, ...]
    outstanding: tuple[Code, ...]
    rows: tuple[Row, ...]
    found: int
    ages: tuple[Bar, ...]
    oldest_days: int
    late: int


def read(engine: Engine, person: Person, *, q: str, state: str, now: datetime) -> EnrolmentPage:
    """Read the page for somebody who sees some counties.

    Args:
        engine: The fleet's database.
        person: Who looks.
        q: What serial number, kiosk or village must contain.
        state: Only machines that stand so.
        now: Server's clock.
    """
    counties = person.counties
    with engine.connect() as connection:
        machines = serials.every(connection, counties=counties)
        known = {one.kiosk: one for one in identities.every(connection, counties=counties)}
        current = identities.current(connection, counties=counties)
        waiting = requests.pending(connection, counties=counties)
        away = absences(connection, waiting)
        outstanding = codes.outstanding(connection, now=now, counties=counties)
        contested = codes.contested(connection, since=now - CONTESTED_FOR, counties=counties)
    by_serial = {machine.listed.serial: machine for machine in machines}
    code_of = {code.serial: code for code in outstanding}
    asking = {request.serial for request in waiting}
    rows = tuple(_row(machine, known, current, code_of, asking) for machine in machines)
    wanted = [row for row in rows if state in ("", row.standing) and _has(row, q)]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.standing] = counts.get(row.standing, 0) + 1
    days = sorted(
        (now - row.certificate.issued_at).days
        for row in rows
        if row.certificate is not None and row.identity is not None and row.identity.state is IdentityState.ACTIVE
    )
    return EnrolmentPage(
        counts=counts,
        total=len(rows),
        waiting=tuple((request, by_serial.get(request.serial)) for request in waiting),
        absences=away,
        shut_out=tuple(row for row in rows if row.identity and row.identity.state is IdentityState.QUARANTINED),
        contested=contested,
        outstanding=outstanding,
        rows=tuple(wanted[:MOST_ROWS]),
        found=len(wanted),
        ages=_ages(days),
        oldest_days=days[-1] if days else 0,
        late=sum(day >= LATE_DAYS for day in days),
    )


def _row(
    machine: Machine,
    known: Mapping[KioskId, Identity],
    current: Mapping[KioskId, Certificate],
    code_of: Mapping[str, Code],
    asking: set[str],
) -> Row:
    becomes = machine.listed.becomes
    found = known.get(becomes) if becomes else None
    identity = found if found is not None and found.serial == machine.listed.serial else None
    if identity is not None and machine.state is not SerialState.LISTED:
        standing = identity.state.value
    else:
        standing = WAITING if machine.listed.serial in asking else machine.state.value
    certificate = current.get(becomes) if becomes and identity else None
    return Row(
        machine=machine,
        standing=standing,
        identity=identity,
        certificate=certificate,
        code=code_of.get(machine.listed.serial),
    )


def _has(row: Row, q: str) -> bool:
    listed = row.machine.listed
    return q.lower() in f"{listed.serial} {listed.county}/{listed.kiosk} {listed.village}".lower()


def _ages(days: list[int]) -> tuple[Bar, ...]:
    """Count certificates by age, three days a bar, over the ninety days one lasts."""
    bins = [0] * (LIFETIME.days // BIN_DAYS)
    for day in days:
        bins[min(max(day, 0) // BIN_DAYS, len(bins) - 1)] += 1
    most = max(bins, default=0)
    renewed = LIFETIME.days * RENEWED_AT
    return tuple(
        Bar(from_day=at * BIN_DAYS, count=count, height=count / most if most else 0.0, is_due=at * BIN_DAYS >= renewed)
        for at, count in enumerate(bins)
    )
