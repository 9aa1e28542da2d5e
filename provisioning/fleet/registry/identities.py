"""Rows of identities and their certificates: who is in, who is shut out, whose certificate counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, insert, or_, select, tuple_, update

from provisioning.fleet.authority import Issued, Revoked
from provisioning.fleet.registry.decision import CertificateKnown, IdentityKnown, IdentityState
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.store.schema import certificate, kiosk_identity
from telemetry.fleet.store.scope import EVERYWHERE, within
from telemetry.wire.topics import KioskId

LONGEST_REASON = 200
HELD_AT_ONCE = 400
"""Named in one question; a database has a bound on what a statement may hold."""
USED_TO = timedelta(hours=1)
"""How exactly it is kept when a certificate was used: not every poll of a repository is a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a kiosk is."""

    kiosk: KioskId
    serial: str
    state: IdentityState
    state_since: datetime
    reason: str
    hardware: str
    enrolled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate as it was issued; ``number`` is its serial number in hexadecimal."""

    number: str
    kiosk: KioskId
    serial: str
    key_fingerprint: str
    pem: str
    issued_at: datetime
    valid_until: datetime
    used_at: datetime | None
    followed_by: str
    revoked_at: datetime | None
    revoked_why: str


def quarantine(connection: Connection, kiosk: KioskId, reason: str, now: datetime) -> bool:
    """Shut a kiosk out until a person decides; part of the caller's transaction, with its line in the audit.

    What it holds no longer counts, here at once, at a broker that reads the list of revoked certificates as soon as that is
    written anew (``revoking``). Also flags every machine that shows this identity: they share it.

    Args:
        connection: The transaction.
        kiosk: Which one.
        reason: What was seen, in a few words; shown at the desk.
        now: Server's clock.

    Returns:
        False when it was shut out already, is retired, or never was let in.
    """
    active = *_is(kiosk_identity, kiosk), kiosk_identity.c.state == IdentityState.ACTIVE.value
    news = {"state": IdentityState.QUARANTINED.value, "state_since": now, "reason": reason[:LONGEST_REASON]}
    if not connection.execute(update(kiosk_identity).where(*active).values(**news)).rowcount:
        return False
    audit.note(connection, None, Act.QUARANTINE, now=now, county=kiosk.county, kiosk=kiosk.kiosk, about="shut out", detail=reason)
    return True


def hold(connection: Connection, kiosks: Iterable[KioskId]) -> None:
    """Keep others from changing these identities until the end of the transaction.

    Before anything else where a transaction shuts out several: taken one after another, each with its line in the audit, whose
    chain has one end, two transactions would wait for each other. Everybody takes them in one order, and the audit after them.
    """
    named = sorted({(one.county, one.kiosk) for one in kiosks})
    for begin in range(0, len(named), HELD_AT_ONCE):
        some = tuple_(kiosk_identity.c.county, kiosk_identity.c.kiosk).in_(named[begin : begin + HELD_AT_ONCE])
        in_order = select(kiosk_identity.c.kiosk).where(some).order_by(kiosk_identity.c.county, kiosk_identity.c.kiosk)
        connection.execute(in_order.with_for_update())


def standing(connection: Connection, kiosk: KioskId) -> Identity | None:
    """Return who a kiosk is; None for one that was never let in."""
    row = connection.execute(select(kiosk_identity).where(*_is(kiosk_identity, kiosk))).mappings().first()
    return None if row is None else _identity(row)


def is_shut_out(connection: Connection, kiosk: KioskId, number: str) -> bool:
    """Whether a certificate of this number, good as it may look, opens nothing: revoked, unknown, or its kiosk is not active."""
    good = certificate.c.number == number, certificate.c.revoked_at.is_(None), *_is(certificate, kiosk)
    is_in = kiosk_identity.c.state == IdentityState.ACTIVE.value
    question = select(certificate.c.number).select_from(certificate.join(kiosk_identity, _SAME)).where(*good, is_in)
    return connection.execute(question).first() is None


def known(identity: Identity | None) -> IdentityKnown | None:
    """Return what a decision needs of an identity."""
    if identity is None:
        return None
    return IdentityKnown(serial=identity.serial, state=identity.state, hardware=identity.hardware)


def let_in(
    connection: Connection, kiosk: KioskId, serial: str, hardware: str, issued: Issued, *, now: datetime
) -> tuple[str, ...]:
    """Write that this machine, with this certificate and no other, is the kiosk.

    Returns:
        Serial numbers of other machines that were it until now.
    """
    before = standing(connection, kiosk)
    values = {
        "serial": serial,
        "state": IdentityState.ACTIVE.value,
        "state_since": now,
        "reason": "",
        "hardware": hardware,
        "enrolled_at": now,
    }
    if before is None:
        connection.execute(insert(kiosk_identity).values(county=kiosk.county, kiosk=kiosk.kiosk, **values))
    else:
        connection.execute(update(kiosk_identity).where(*_is(kiosk_identity, kiosk)).values(**values))
        revoke_all(connection, kiosk, "enrolled_anew", now=now)
    add_certificate(connection, kiosk, serial, issued, now=now)
    return (before.serial,) if before is not None and before.serial != serial else ()


def set_state(connection: Connection, kiosk: KioskId, state: IdentityState, reason: str, *, now: datetime) -> None:
    """Write how an identity stands."""
    news = {"state": state.value, "state_since": now, "reason": reason[:LONGEST_REASON]}
    connection.execute(update(kiosk_identity).where(*_is(kiosk_identity, kiosk)).values(**news))


def add_certificate(connection: Connection, kiosk: KioskId, serial: str, issued: Issued, *, now: datetime) -> None:
    """Write down a certificate that was issued."""
    connection.execute(
        insert(certificate).values(
            number=issued.bearer.number,
            county=kiosk.county,
            kiosk=kiosk.kiosk,
            serial=serial,
            key_fingerprint=issued.bearer.key_fingerprint,
            pem=issued.pem.decode("ascii"),
            issued_at=now,
            valid_until=issued.bearer.valid_until,
        )
    )


def find_certificate(connection: Connection, number: str) -> Certificate | None:
    """Return the certificate of a number."""
    row = connection.execute(select(certificate).where(certificate.c.number == number)).mappings().first()
    return None if row is None else _certificate(row)


def hold_certificate(connection: Connection, number: str) -> Certificate | None:
    """Return the certificate of a number, held until the transaction ends: of two who show it the second waits here."""
    mine = certificate.c.number == number
    connection.execute(update(certificate).where(mine).values(followed_by=certificate.c.followed_by))
    return find_certificate(connection, number)


def known_certificate(connection: Connection, shown: Certificate | None) -> CertificateKnown | None:
    """Return what a decision needs of a certificate."""
    if shown is None:
        return None
    heir = find_certificate(connection, shown.followed_by) if shown.followed_by else None
    return CertificateKnown(
        is_revoked=shown.revoked_at is not None, is_followed_and_used=heir is not None and heir.used_at is not None
    )


def follow(connection: Connection, number: str, by: str) -> None:
    """Write which certificate is the renewal of another."""
    connection.execute(update(certificate).where(certificate.c.number == number).values(followed_by=by))


def hear(connection: Connection, kiosk: KioskId, number: str, *, now: datetime) -> bool:
    """Write that a certificate was used; whose heir is heard of has had its time. Returns whether any was revoked by this."""
    stale = or_(certificate.c.used_at.is_(None), certificate.c.used_at < now - USED_TO)
    mine = certificate.c.number == number
    if not connection.execute(update(certificate).where(mine, stale).values(used_at=now)).rowcount:
        return False
    followed = and_(certificate.c.followed_by == number, certificate.c.revoked_at.is_(None), *_is(certificate, kiosk))
    over = {"revoked_at": now, "revoked_why": "renewed"}
    return connection.execute(update(certificate).where(followed).values(**over)).rowcount > 0


def revoke(connection: Connection, number: str, why: str, *, now: datetime) -> None:
    """Make one certificate worth nothing."""
    mine = certificate.c.number == number, certificate.c.revoked_at.is_(None)
    connection.execute(update(certificate).where(*mine).values(revoked_at=now, revoked_why=why))


def revoke_all(connection: Connection, kiosk: KioskId, why: str, *, now: datetime) -> int:
    """Make every certificate of a kiosk worth nothing; returns how many counted until now."""
    mine = *_is(certificate, kiosk), certificate.c.revoked_at.is_(None)
    return connection.execute(update(certificate).where(*mine).values(revoked_at=now, revoked_why=why)).rowcount


def all_revoked(connection: Connection, *, now: datetime) -> tuple[Revoked, ...]:
    """Return every certificate that has not ended by itself and does not count, those of kiosks that are shut out with them."""
    shut_out = kiosk_identity.c.state == IdentityState.QUARANTINED.value
    rows = connection.execute(
        select(certificate.c.number, certificate.c.revoked_at, kiosk_identity.c.state_since)
        .select_from(certificate.outerjoin(kiosk_identity, _SAME))
        .where(certificate.c.valid_until > now, or_(certificate.c.revoked_at.is_not(None), shut_out))
        .order_by(certificate.c.number)
    )
    return tuple(Revoked(number=number, at=revoked_at or since) for number, revoked_at, since in rows)


def every(connection: Connection, *, counties: frozenset[str] = EVERYWHERE) -> tuple[Identity, ...]:
    """Return every identity, by county and kiosk."""
    chosen = select(kiosk_identity).where(within(kiosk_identity.c.county, counties))
    rows = connection.execute(chosen.order_by(kiosk_identity.c.county, kiosk_identity.c.kiosk)).mappings()
    return tuple(_identity(row) for row in rows)


def current(connection: Connection, *, counties: frozenset[str] = EVERYWHERE) -> Mapping[KioskId, Certificate]:
    """Return each kiosk's newest certificate that was not revoked."""
    chosen = select(certificate).where(within(certificate.c.county, counties), certificate.c.revoked_at.is_(None))
    rows = connection.execute(chosen.order_by(certificate.c.issued_at)).mappings()
    return {one.kiosk: one for one in (_certificate(row) for row in rows)}


def of_kiosk(connection: Connection, kiosk: KioskId) -> tuple[Certificate, ...]:
    """Return every certificate of a kiosk, newest first."""
    chosen: Select[Any] = select(certificate).where(*_is(certificate, kiosk)).order_by(certificate.c.issued_at.desc())
    return tuple(_certificate(row) for row in connection.execute(chosen).mappings())


_SAME = and_(certificate.c.county == kiosk_identity.c.county, certificate.c.kiosk == kiosk_identity.c.kiosk)


def _is(table: Any, kiosk: KioskId) -> tuple[Any, Any]:  # noqa: ANN401  any table with a kiosk's two columns
    return table.c.county == kiosk.county, table.c.kiosk == kiosk.kiosk


def _split(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row of SQLAlchemy
    values = dict(row)
    return values | {"kiosk": KioskId(county=values.pop("county"), kiosk=values["kiosk"])}


def _identity(row: Any) -> Identity:  # noqa: ANN401  a row of SQLAlchemy
    values = _split(row)
    return Identity(**values | {"state": IdentityState(values["state"])})


def _certificate(row: Any) -> Certificate:  # noqa: ANN401  a row of SQLAlchemy
    return Certificate(**_split(row))
