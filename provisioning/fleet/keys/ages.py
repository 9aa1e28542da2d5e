"""How old the service's keys and certificates are, when they end, and what somebody has to do about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from sqlalchemy import Engine, and_, func, select

from provisioning.fleet.authority.authority import CERTIFICATE
from provisioning.fleet.authority.own import CLIENT, SERVER
from provisioning.fleet.releases.repository import Repository
from provisioning.fleet.signing import AUTHORITY, FILE, SigningKey
from telemetry.fleet.store.schema import audit_anchor, certificate, key_document, kiosk, kiosk_key
from telemetry.wire.topics import KioskId

OLD_SIGNING_KEY = timedelta(days=365)
"""A key that has signed for a year is turned, so that everybody knows that it can be."""
SOON = timedelta(days=30)
SOON_KIOSK = timedelta(days=20)
"""A kiosk renews at two thirds of ninety days; one with less than this left has not, and somebody should look why."""
MOST_CERTIFICATES = 200


class Todo(StrEnum):
    """What somebody has to do."""

    NOTHING = "nothing"
    BY_ITSELF = "by_itself"
    """It is renewed by the service."""
    TURN = "turn"
    SIGN = "sign"
    """The officials must sign anew."""
    REPLACE = "replace"
    LOOK = "look"
    """It should have been renewed by itself and was not."""
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """One key or certificate of the service."""

    what: str
    id: str
    since: datetime | None
    ends_at: datetime | None
    todo: Todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A kiosk's certificate that ends soon."""

    kiosk: KioskId
    site: str
    number: str
    issued_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Who believes the present signing key, of those that have said whom they believe."""

    followed: int
    behind: int


def read(engine: Engine, folder: Path, *, now: datetime) -> tuple[Age, ...]:
    """Return them all, what is asked for most first.

    Args:
        engine: The fleet's database.
        folder: The state folder.
        now: Server's clock.

    Raises:
        SigningKeyError: The signing key cannot be read.
    """
    authority = folder / AUTHORITY
    ages = [_signing(engine, authority, now)]
    for what, file in (("ca", CERTIFICATE), ("server", f"{SERVER}.pem"), ("client", f"{CLIENT}.pem")):
        if (one := _certificate(what, authority / file, now)) is not None:
            ages.append(one)
    for role, ends_at in Repository(folder / "repository", authority=authority).expiries().items():
        is_online = role.endswith(("timestamp", "snapshot"))
        ages.append(Age(what=f"tuf {role}", id="", since=None, ends_at=ends_at, todo=_of_role(ends_at, now, is_online=is_online)))
    with engine.connect() as connection:
        last = connection.execute(select(func.max(audit_anchor.c.id))).scalar_one()
        at = connection.execute(select(audit_anchor.c.at).where(audit_anchor.c.id == last)).scalar_one_or_none() if last else None
    ages.append(Age(what="audit anchor", id="", since=at, ends_at=None, todo=Todo.BY_ITSELF))
    return tuple(ages)


def following(engine: Engine, key: str) -> Following:
    """Return who believes the present key."""
    question = select(kiosk_key.c.key == key, func.count()).group_by(kiosk_key.c.key == key)
    with engine.connect() as connection:
        counted = {bool(row[0]): int(row[1]) for row in connection.execute(question)}
    return Following(followed=counted.get(True, 0), behind=counted.get(False, 0))


def ending(engine: Engine, *, now: datetime) -> tuple[Ending, ...]:
    """Return kiosks' certificates that end soon and were not renewed, the soonest first."""
    question = (
        select(certificate, kiosk.c.site)
        .select_from(
            certificate.outerjoin(kiosk, and_(kiosk.c.county == certificate.c.county, kiosk.c.kiosk == certificate.c.kiosk))
        )
        .where(
            certificate.c.revoked_at.is_(None),
            certificate.c.followed_by == "",
            certificate.c.valid_until > now - SOON,
            certificate.c.valid_until < now + SOON_KIOSK,
        )
        .order_by(certificate.c.valid_until)
        .limit(MOST_CERTIFICATES)
    )
    with engine.connect() as connection:
        return tuple(
            Ending(
                kiosk=KioskId(county=row.county, kiosk=row.kiosk),
                site=row.site or "",
                number=row.number,
                issued_at=row.issued_at,
                valid_until=row.valid_until,
            )
            for row in connection.execute(question)
        )


def _signing(engine: Engine, authority: Path, now: datetime) -> Age:
    key = SigningKey.open(authority)
    with engine.connect() as connection:
        since = connection.execute(select(key_document.c.made_at).where(key_document.c.new_key == key.id)).scalar_one_or_none()
    since = since or datetime.fromtimestamp((authority / FILE).stat().st_mtime, UTC)
    todo = Todo.TURN if now - since >= OLD_SIGNING_KEY else Todo.NOTHING
    return Age(what="signing", id=key.id, since=since, ends_at=None, todo=todo)


def _certificate(what: str, path: Path, now: datetime) -> Age | None:
    try:
        read_from = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    since, ends_at = read_from.not_valid_before_utc, read_from.not_valid_after_utc
    if now >= ends_at:
        todo = Todo.OVER
    elif what == "ca":
        todo = Todo.REPLACE if ends_at - now < 12 * SOON else Todo.NOTHING
    else:
        todo = Todo.LOOK if ends_at - now < SOON / 3 else Todo.BY_ITSELF
    return Age(what=what, id=f"{read_from.serial_number:x}", since=since, ends_at=ends_at, todo=todo)


def _of_role(ends_at: datetime, now: datetime, *, is_online: bool) -> Todo:
    if now >= ends_at:
        return Todo.OVER
    if is_online:
        return Todo.BY_ITSELF
    return Todo.SIGN if ends_at - now < SOON else Todo.NOTHING
