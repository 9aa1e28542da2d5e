"""A kiosk asks for its next certificate with the one it has; and whether the one it shows still opens anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine

from provisioning.fleet.authority import Authority, RequestError, read_request
from provisioning.fleet.registry import answers, identities
from provisioning.fleet.registry.decision import Quarantine, Refuse, decide_renewal
from provisioning.fleet.registry.identities import Certificate
from provisioning.fleet.registry.revoking import Revocations
from provisioning.wire.enrolment import EnrolmentTold, Machine, Refusal
from provisioning.wire.identity import Bearer, key_fingerprint
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)


class Renewing:
    """Answers kiosks that are in. Blocking; any thread."""

    def __init__(
        self,
        engine: Engine,
        authority: Authority,
        revocations: Revocations,
        *,
        keys: Callable[[], tuple[Ed25519PublicKey, ...]],
    ) -> None:
        """Answer from a store; arguments as of ``Enrolling``."""
        self._engine = engine
        self._authority = authority
        self._revocations = revocations
        self._keys = keys

    def admit(self, bearer: Bearer, *, now: datetime) -> KioskId | None:
        """Return the kiosk whose certificate this is, if it opens anything; the first use of a renewal ends the one before."""
        if bearer.kiosk is None:
            return None
        with self._engine.begin() as connection:
            if identities.is_shut_out(connection, bearer.kiosk, bearer.number):
                return None
            has_ended_another = identities.hear(connection, bearer.kiosk, bearer.number, now=now)
        if has_ended_another:
            self._revocations.publish(now=now)
        return bearer.kiosk

    def ask(self, bearer: Bearer, asked: Machine, *, address: str, now: datetime) -> EnrolmentTold:
        """Answer a kiosk that wants its next certificate; one that asks twice with one key gets the same."""
        if bearer.kiosk is None:
            return answers.refused(Refusal.NOT_CURRENT)
        try:
            key = key_fingerprint(read_request(asked.csr.encode()))
        except RequestError:
            return answers.refused(Refusal.BAD_REQUEST)
        with self._engine.begin() as connection:
            told = self._answer(connection, bearer.kiosk, bearer.number, _Asked(machine=asked, key=key, address=address, now=now))
        self._revocations.publish(now=now)
        return told

    def _answer(self, connection: Connection, kiosk: KioskId, number: str, asked: "_Asked") -> EnrolmentTold:
        shown = identities.hold_certificate(connection, number)
        identity = identities.standing(connection, kiosk)
        certificate = identities.known_certificate(connection, shown)
        decision = decide_renewal(asked.machine.hardware, certificate, identities.known(identity))
        if isinstance(decision, Quarantine):
            identities.quarantine(connection, kiosk, decision.clone.value, asked.now)
            told = {"county": kiosk.county, "kiosk": kiosk.kiosk, "address": asked.address}
            log.warning("one identity in two places", why=decision.clone.value, **told)
            return answers.refused(Refusal.QUARANTINED)
        if isinstance(decision, Refuse) or shown is None:
            reason = decision.reason if isinstance(decision, Refuse) else Refusal.NOT_CURRENT
            _note_refusal(connection, kiosk, reason, asked)
            return answers.refused(reason)
        return self._renew(connection, kiosk, shown, asked)

    def _renew(self, connection: Connection, kiosk: KioskId, shown: Certificate, asked: "_Asked") -> EnrolmentTold:
        heir = identities.find_certificate(connection, shown.followed_by) if shown.followed_by else None
        if heir is not None and heir.revoked_at is None:
            if heir.key_fingerprint == asked.key:
                return answers.issued(heir.pem, kiosk, self._keys())
            identities.revoke(connection, heir.number, "never_used", now=asked.now)
        issued = self._authority.issue(asked.machine.csr.encode(), kiosk, now=asked.now)
        identities.add_certificate(connection, kiosk, shown.serial, issued, now=asked.now)
        identities.follow(connection, shown.number, issued.bearer.number)
        log.info("certificate renewed", county=kiosk.county, kiosk=kiosk.kiosk)
        return answers.issued(issued.pem.decode("ascii"), kiosk, self._keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question, and when and where it came from."""

    machine: Machine
    key: str
    address: str
    now: datetime


def _note_refusal(connection: Connection, kiosk: KioskId, reason: Refusal, asked: _Asked) -> None:
    audit.note(
        connection,
        None,
        Act.ENROL,
        now=asked.now,
        result="refused",
        county=kiosk.county,
        kiosk=kiosk.kiosk,
        about=f"renewal {reason.value}",
        address=asked.address,
    )
