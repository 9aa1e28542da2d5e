"""A kiosk comes back with a certificate that has ended: one transaction from its proof to the answer it gets."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine

from provisioning.fleet.authority import Authority, RequestError, read_request
from provisioning.fleet.registry import answers, identities, requests
from provisioning.fleet.registry.decision import Clone, Refuse, Why
from provisioning.fleet.registry.numbers import Numbers
from provisioning.fleet.registry.requests import Request, State
from provisioning.fleet.registry.return_rule import CameBackAs, decide_return
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials_file import plain_serial
from provisioning.wire.coming_back import AGAIN_S, ComingBack, NumberTold, is_proven_by
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result
from provisioning.wire.identity import Bearer, CertificateError, key_fingerprint, pem_to_der, read_certificate
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)


class Returning:
    """Answers kiosks that were away for too long. Blocking; any thread."""

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
        self._numbers = Numbers(key=secrets.token_bytes(32))

    def tell_number(self, *, now: datetime) -> NumberTold:
        """Return a number for one proof."""
        return NumberTold(number=self._numbers.give(now=now))

    def ask(self, asked: ComingBack, *, address: str, now: datetime) -> EnrolmentTold:
        """Answer a kiosk. It waits for a person, always; a person's word is told to the key that asked first, again and again."""
        try:
            asking = self._read(asked, address=address, now=now)
        except _UnreadError as error:
            log.warning("return refused unread", reason=error.reason.value, address=address)
            return answers.refused(error.reason)
        with self._engine.begin() as connection:
            told = self._answer(connection, asking)
        if told.reason is Refusal.QUARANTINED:
            self._revocations.publish(now=now)
        return told

    def _read(self, asked: ComingBack, *, address: str, now: datetime) -> "_Asking":
        """Read what a stranger says, the cheapest first; no row is touched for what is not of this CA."""
        if not self._numbers.is_good(asked.number, now=now):
            raise _UnreadError(Refusal.STALE_NUMBER)
        try:
            der = pem_to_der(asked.certificate.encode())
            bearer = read_certificate(der)
            key = key_fingerprint(read_request(asked.csr.encode()))
            serial = plain_serial(asked.serial)
        except (CertificateError, RequestError, ValueError) as error:
            raise _UnreadError(Refusal.BAD_REQUEST) from error
        if bearer.kiosk is None or not self._authority.has_issued(der):
            raise _UnreadError(Refusal.NOT_CURRENT)
        return _Asking(
            asked=asked,
            bearer=bearer,
            kiosk=bearer.kiosk,
            serial=serial,
            key=key,
            is_proven=is_proven_by(asked, der),
            address=address,
            now=now,
        )

    def _answer(self, connection: Connection, asking: "_Asking") -> EnrolmentTold:
        if not asking.is_proven:
            return _turn_away(connection, asking, Refusal.WRONG_PROOF)
        if not self._numbers.use(asking.asked.number, now=asking.now):
            return _turn_away(connection, asking, Refusal.STALE_NUMBER)
        shown = identities.hold_certificate(connection, asking.bearer.number)
        earlier = requests.of_code(connection, requests.mark_of(asking.bearer.number))
        if earlier is not None and earlier.state is State.ISSUED and earlier.key_fingerprint == asking.key:
            return answers.told_again(connection, earlier, self._keys())
        decision = decide_return(
            CameBackAs(serial=asking.serial, hardware=asking.asked.hardware, over_for=asking.now - asking.bearer.valid_until),
            identities.known_certificate(connection, shown),
            identities.known(identities.standing(connection, asking.kiosk)),
        )
        if isinstance(decision, Refuse):
            return _turn_away(connection, asking, decision.reason)
        if earlier is None:
            number = _open(connection, asking)
            _note(connection, asking, about="waits", detail=decision.why.value)
        elif earlier.state is State.TURNED_DOWN:
            return answers.refused(Refusal.TURNED_DOWN)  # who said so stands in the audit; it is not written at every question
        elif earlier.key_fingerprint != asking.key:
            return _shut_out(connection, asking, earlier)
        else:
            number = earlier.id
        requests.wait(connection, number, decision.why, now=asking.now)
        return EnrolmentTold(result=Result.PENDING, again_s=AGAIN_S)


class _UnreadError(Exception):
    """What was sent is not looked at any further."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One question as it was read. ``key`` is the fingerprint of the next key, ``is_proven`` whether the last one signed."""

    asked: ComingBack
    bearer: Bearer
    kiosk: KioskId
    serial: str
    key: str
    is_proven: bool
    address: str
    now: datetime


def _open(connection: Connection, asking: _Asking) -> int:
    return requests.open_one(
        connection,
        code_hash=requests.mark_of(asking.bearer.number),
        serial=asking.serial,
        county=asking.kiosk.county,
        kiosk=asking.kiosk.kiosk,
        key_fingerprint=asking.key,
        csr=asking.asked.csr,
        hardware=asking.asked.hardware,
        release=asking.asked.release,
        address=asking.address[:64],
        state=State.PENDING.value,
        asked_at=asking.now,
        heard_at=asking.now,
        shown=asking.bearer.number,
    )


def _shut_out(connection: Connection, asking: _Asking, earlier: Request) -> EnrolmentTold:
    """Two keys that were both signed by the one before: the disk is in two places. A person says which is right."""
    identities.quarantine(connection, asking.kiosk, Clone.TWO_RETURNS.value, asking.now)
    requests.wait(connection, earlier.id, Why.QUARANTINED, now=asking.now)
    log.warning("one identity in two places", why=Clone.TWO_RETURNS.value, address=asking.address)
    return answers.refused(Refusal.QUARANTINED)


def _turn_away(connection: Connection, asking: _Asking, reason: Refusal) -> EnrolmentTold:
    _note(connection, asking, result="refused", about=f"return {reason.value}")
    log.warning("return refused", county=asking.kiosk.county, kiosk=asking.kiosk.kiosk, reason=reason.value)
    return answers.refused(reason)


def _note(connection: Connection, asking: _Asking, *, about: str, detail: str = "", result: audit.Result = "done") -> None:
    """Write down what the machine itself did; nobody of ours is behind it."""
    audit.note(
        connection,
        None,
        Act.ENROL,
        now=asking.now,
        result=result,
        county=asking.kiosk.county,
        kiosk=asking.kiosk.kiosk,
        about=about,
        detail=f"serial {asking.serial}{': ' if detail else ''}{detail}",
        address=asking.address,
    )
