"""A machine asks to be let in: one transaction from the code it shows to the answer it gets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine

from provisioning.fleet.authority import Authority, RequestError, read_request
from provisioning.fleet.registry import answers, codes, identities, requests, serials
from provisioning.fleet.registry.codes import Code
from provisioning.fleet.registry.decision import AskedBy, Issue, Refuse, SerialState, Wait, decide
from provisioning.fleet.registry.requests import State
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials import Machine
from provisioning.fleet.registry.serials_file import plain_serial
from provisioning.wire.enrolment import (
    PENDING_AGAIN_S,
    AuthorityTold,
    EnrolmentAsked,
    EnrolmentTold,
    Refusal,
    Result,
    hash_of,
)
from provisioning.wire.identity import key_fingerprint
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

BY_LIST = "list"
"""Who let a machine in that the bureau's list names with its kiosk."""


class Enrolling:
    """Answers machines. Blocking; any thread."""

    def __init__(
        self,
        engine: Engine,
        authority: Authority,
        revocations: Revocations,
        *,
        keys: Callable[[], tuple[Ed25519PublicKey, ...]],
    ) -> None:
        """Answer from a store.

        Args:
            engine: The fleet's database.
            authority: Issues what is decided.
            revocations: Told when an exchange ended another certificate.
            keys: The keys kiosks are to trust for what the service signs.
        """
        self._engine = engine
        self._authority = authority
        self._revocations = revocations
        self._keys = keys

    def tell_authority(self, hint: str) -> AuthorityTold | None:
        """Return the CA with its proof for whoever shows a code's hint; None without such a code, or for one of another CA."""
        with self._engine.connect() as connection:
            code = codes.of_hint(connection, hint)
        if code is None or code.authority != self._authority.fingerprint:
            return None
        return AuthorityTold(authority=self._authority.pem.decode("ascii"), proof=code.proof)

    def ask(self, asked: EnrolmentAsked, *, address: str, now: datetime) -> EnrolmentTold:
        """Answer a machine; the same question gets the same answer until a person has decided otherwise."""
        serial = plain_serial(asked.serial)
        with self._engine.begin() as connection:
            code = codes.hold(connection, hash_of(asked.code), now=now)
            machine = serials.find(connection, serial)
            asking = _Asking(asked=asked, serial=serial, code=code, machine=machine, address=address, now=now)
            told = self._answer(connection, asking)
        if told.result is Result.ISSUED:
            self._revocations.publish(now=now)
        return told

    def _answer(self, connection: Connection, asking: "_Asking") -> EnrolmentTold:
        code, machine = asking.code, asking.machine
        try:
            key = key_fingerprint(read_request(asking.asked.csr.encode())) if code is not None else ""
        except RequestError:
            return answers.refused(Refusal.BAD_REQUEST)
        earlier = None if code is None else requests.of_code(connection, code.code_hash)
        if (
            earlier is not None
            and earlier.state is State.ISSUED
            and (earlier.key_fingerprint, earlier.serial) == (key, asking.serial)
        ):
            return answers.told_again(connection, earlier, self._keys())
        kiosk = None if machine is None else machine.listed.becomes
        identity = None if kiosk is None else identities.standing(connection, kiosk)
        decision = decide(
            AskedBy(serial=asking.serial, key=key, hardware=asking.asked.hardware),
            codes.known(connection, code),
            serials.known(machine),
            identities.known(identity),
            now=asking.now,
        )
        if isinstance(decision, Refuse) or code is None or machine is None:
            return _turn_away(connection, asking, decision.reason if isinstance(decision, Refuse) else Refusal.WRONG_CODE)
        if earlier is None:
            codes.use(connection, code.code_hash, key, now=asking.now)
            number = _open(connection, asking, code, machine, key)
            if isinstance(decision, Wait):
                _note(connection, asking, about="waits", detail=decision.why.value)
        else:
            number = earlier.id
        match decision:
            case Wait(why=why):
                requests.wait(connection, number, why, now=asking.now)
                return EnrolmentTold(result=Result.PENDING, again_s=PENDING_AGAIN_S)
            case Issue(kiosk=becomes):
                return self._let_in(connection, asking, number, becomes)

    def _let_in(self, connection: Connection, asking: "_Asking", number: int, kiosk: KioskId) -> EnrolmentTold:
        now, asked = asking.now, asking.asked
        issued = self._authority.issue(asked.csr.encode(), kiosk, now=now)
        identities.let_in(connection, kiosk, asking.serial, asked.hardware, issued, now=now)
        serials.become(connection, asking.serial, SerialState.ENROLLED, now=now)
        named = {"certificate": issued.bearer.number, "county": kiosk.county, "kiosk": kiosk.kiosk}
        requests.settle(connection, number, State.ISSUED, by=BY_LIST, now=now, **named)
        _note(connection, asking, about="let in")
        return answers.issued(issued.pem.decode("ascii"), kiosk, self._keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One question with what was found for it."""

    asked: EnrolmentAsked
    serial: str
    code: Code | None
    machine: Machine | None
    address: str
    now: datetime


def _open(connection: Connection, asking: _Asking, code: Code, machine: Machine, key: str) -> int:
    return requests.open_one(
        connection,
        code_hash=code.code_hash,
        serial=machine.listed.serial,
        county=machine.listed.county,
        kiosk=machine.listed.kiosk,
        key_fingerprint=key,
        csr=asking.asked.csr,
        hardware=asking.asked.hardware,
        release=asking.asked.release,
        address=asking.address[:64],
        state=State.PENDING.value,
        asked_at=asking.now,
        heard_at=asking.now,
    )


def _turn_away(connection: Connection, asking: _Asking, reason: Refusal) -> EnrolmentTold:
    if asking.code is not None and reason is Refusal.USED:
        codes.contest(connection, asking.code.code_hash, now=asking.now)
    _note(connection, asking, result="refused", about=reason.value)
    log.warning("enrolment refused", serial=asking.serial, reason=reason.value, address=asking.address)
    return answers.refused(reason)


def _note(connection: Connection, asking: _Asking, *, about: str, detail: str = "", result: audit.Result = "done") -> None:
    """Write down what the machine itself did; nobody of ours is behind it."""
    listed = None if asking.machine is None else asking.machine.listed
    audit.note(
        connection,
        None,
        Act.ENROL,
        now=asking.now,
        result=result,
        county="" if listed is None else listed.county,
        kiosk="" if listed is None else listed.kiosk,
        about=about,
        detail=f"serial {asking.serial}{': ' if detail else ''}{detail}",
        address=asking.address,
    )
