"""What a person does about who belongs to the bureau: one transaction each, with its line in the audit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from provisioning.fleet.authority import Authority
from provisioning.fleet.registry import codes, identities, requests, serials
from provisioning.fleet.registry.decision import IdentityState, SerialState, Why
from provisioning.fleet.registry.identities import Identity
from provisioning.fleet.registry.requests import Request, State
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials import Machine
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.wire.topics import KioskId


class NotNowError(Exception):
    """It cannot be done as things are. ``why`` is a word for the page, the message says it whole."""

    def __init__(self, why: str, said: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whose act it is, and where it came from."""

    person: Person
    address: str = ""


class RegistryActs:
    """The acts. Blocking; any thread. Whether somebody may is asked before."""

    def __init__(self, engine: Engine, authority: Authority, revocations: Revocations) -> None:
        self._engine = engine
        self._authority = authority
        self._revocations = revocations

    @property
    def authority_until(self) -> datetime:
        """When the CA runs out."""
        return self._authority.certificate.not_valid_after_utc

    def make_code(self, who: Who, serial: str, *, now: datetime, lasts: timedelta = codes.LASTS) -> str:
        """Make a machine's one-time code and return it, this once; an unused one before it is withdrawn.

        Raises:
            NotNowError: The machine is not in the list, or retired.
        """
        with self._engine.begin() as connection:
            machine = _machine(connection, serial)
            if machine.state is SerialState.RETIRED:
                raise NotNowError("retired", f"{serial} is retired; readmit it first")
            known = (self._authority.fingerprint, self._authority.der)
            code = codes.make(connection, serial, authority=known, by=who.person.name, now=now, lasts=lasts)
            self._note(connection, who, Act.ENROL, machine, now=now, about="code made")
            return code

    def withdraw_code(self, who: Who, serial: str, *, now: datetime) -> None:
        """Make a machine's unused code worth nothing.

        Raises:
            NotNowError: There is none.
        """
        with self._engine.begin() as connection:
            machine = _machine(connection, serial)
            if not codes.withdraw(connection, serial, now=now):
                raise NotNowError("no_code", f"{serial} has no code that could still be used")
            self._note(connection, who, Act.ENROL, machine, now=now, about="code withdrawn")

    def approve(self, who: Who, number: int, kiosk: KioskId | None = None, *, now: datetime) -> KioskId:
        """Let in who waits; every other certificate of that kiosk ends. The machine hears of it when it next asks.

        Args:
            who: Who decides.
            number: Of the request.
            kiosk: Which one it becomes; None for the one the list says.
            now: Server's clock.

        Raises:
            NotNowError: Nobody waits under this number, nobody has said which kiosk it becomes, that one is another machine,
                or the certificate it came back with was followed or revoked meanwhile.
        """
        with self._engine.begin() as connection:
            request = _waiting(connection, number)
            machine = _machine(connection, request.serial)
            becomes = kiosk or machine.listed.becomes
            if becomes is None:
                raise NotNowError("unnamed", f"say which kiosk {request.serial} becomes")
            self._check_name(connection, request, machine, becomes)
            _check_shown(connection, request)
            issued = self._authority.issue(request.csr.encode(), becomes, now=now)
            if not requests.settle(
                connection,
                number,
                State.ISSUED,
                by=who.person.name,
                now=now,
                certificate=issued.bearer.number,
                county=becomes.county,
                kiosk=becomes.kiosk,
            ):
                raise NotNowError("decided", "somebody else has just decided")
            for other in identities.let_in(connection, becomes, request.serial, request.hardware, issued, now=now):
                serials.become(connection, other, SerialState.RETIRED, now=now)
            serials.name(connection, request.serial, becomes)
            serials.become(connection, request.serial, SerialState.ENROLLED, now=now)
            self._note(
                connection,
                who,
                Act.ENROL,
                machine,
                now=now,
                about="approved a return" if request.shown else "approved",
                kiosk=becomes,
            )
        self._revocations.publish(now=now)
        return becomes

    def turn_down(self, who: Who, number: int, *, now: datetime) -> None:
        """Refuse who waits; its code is used up, and a kiosk that came back needs one.

        Raises:
            NotNowError: Nobody waits under this number.
        """
        with self._engine.begin() as connection:
            request = _waiting(connection, number)
            if not requests.settle(connection, number, State.TURNED_DOWN, by=who.person.name, now=now):
                raise NotNowError("decided", "somebody else has just decided")
            self._note(connection, who, Act.ENROL, _machine(connection, request.serial), now=now, about="turned down")

    def shut_out(self, who: Who, kiosk: KioskId, reason: str, *, now: datetime) -> None:
        """Shut a kiosk out: nothing it holds opens anything until somebody lets it in again.

        Raises:
            NotNowError: It is not in.
        """
        with self._engine.begin() as connection:
            if _identity(connection, kiosk).state is not IdentityState.ACTIVE:
                raise NotNowError("not_in", f"{kiosk.county}/{kiosk.kiosk} is not in")
            identities.set_state(connection, kiosk, IdentityState.QUARANTINED, reason, now=now)
            self._note_kiosk(connection, who, Act.QUARANTINE, kiosk, now=now, about="shut out", detail=reason)
        self._revocations.publish(now=now)

    def readmit(self, who: Who, kiosk: KioskId, *, now: datetime) -> None:
        """Let a kiosk that was shut out in again, with the certificate it has; or let a retired one's machine have a code again.

        Raises:
            NotNowError: It is neither.
        """
        with self._engine.begin() as connection:
            identity = _identity(connection, kiosk)
            match identity.state:
                case IdentityState.ACTIVE:
                    raise NotNowError("is_in", f"{kiosk.county}/{kiosk.kiosk} is in")
                case IdentityState.QUARANTINED:
                    identities.set_state(connection, kiosk, IdentityState.ACTIVE, "", now=now)
                case IdentityState.RETIRED:
                    serials.become(connection, identity.serial, SerialState.LISTED, now=now)
            self._note_kiosk(connection, who, Act.QUARANTINE, kiosk, now=now, about="let in again")
        self._revocations.publish(now=now)

    def retire(self, who: Who, kiosk: KioskId, reason: str, *, now: datetime) -> int:
        """Give a kiosk up: its certificates are revoked, its machine is let in no more. Returns how many certificates ended.

        Raises:
            NotNowError: It was never let in, or is retired.
        """
        with self._engine.begin() as connection:
            identity = _identity(connection, kiosk)
            if identity.state is IdentityState.RETIRED:
                raise NotNowError("retired", f"{kiosk.county}/{kiosk.kiosk} is retired")
            ended = identities.revoke_all(connection, kiosk, "retired", now=now)
            identities.set_state(connection, kiosk, IdentityState.RETIRED, reason, now=now)
            serials.become(connection, identity.serial, SerialState.RETIRED, now=now)
            codes.withdraw(connection, identity.serial, now=now)
            self._note_kiosk(connection, who, Act.RETIRE, kiosk, now=now, about=f"{ended} certificates ended", detail=reason)
        self._revocations.publish(now=now)
        return ended

    def _check_name(self, connection: Connection, request: Request, machine: Machine, becomes: KioskId) -> None:
        holder = serials.serial_of(connection, becomes)
        identity = identities.standing(connection, becomes)
        is_free = holder in (None, request.serial) or (identity is not None and identity.state is IdentityState.RETIRED)
        if not is_free and (request.why not in (Why.OTHER_MACHINE, Why.QUARANTINED) or becomes != machine.listed.becomes):
            raise NotNowError("name_taken", f"{becomes.county}/{becomes.kiosk} is {holder}; retire that one first")

    def _note(
        self,
        connection: Connection,
        who: Who,
        act: Act,
        machine: Machine,
        *,
        now: datetime,
        about: str,
        kiosk: KioskId | None = None,
    ) -> None:
        audit.note(
            connection,
            who.person,
            act,
            now=now,
            county=kiosk.county if kiosk else machine.listed.county,
            kiosk=kiosk.kiosk if kiosk else machine.listed.kiosk,
            about=about,
            detail=f"serial {machine.listed.serial}",
            address=who.address,
        )

    def _note_kiosk(
        self,
        connection: Connection,
        who: Who,
        act: Act,
        kiosk: KioskId,
        *,
        now: datetime,
        about: str,
        detail: str = "",
    ) -> None:
        audit.note(
            connection,
            who.person,
            act,
            now=now,
            county=kiosk.county,
            kiosk=kiosk.kiosk,
            about=about,
            detail=detail,
            address=who.address,
        )


def _machine(connection: Connection, serial: str) -> Machine:
    machine = serials.find(connection, serial)
    if machine is None:
        raise NotNowError("unknown_serial", f"{serial} is not in the list; import it first")
    return machine


def _identity(connection: Connection, kiosk: KioskId) -> Identity:
    identity = identities.standing(connection, kiosk)
    if identity is None:
        raise NotNowError("never_in", f"{kiosk.county}/{kiosk.kiosk} was never let in")
    return identity


def _waiting(connection: Connection, number: int) -> Request:
    request = requests.find(connection, number)
    if request is None or request.state is not State.PENDING:
        raise NotNowError("decided", f"nobody waits under number {number}")
    return request


def _check_shown(connection: Connection, request: Request) -> None:
    """A wish of last week must not end the certificate that a code has brought the kiosk since."""
    if not request.shown:
        return
    shown = identities.known_certificate(connection, identities.hold_certificate(connection, request.shown))
    if shown is None or shown.is_revoked or shown.is_followed_and_used:
        raise NotNowError("overtaken", f"{request.serial} was let in otherwise, or given up, since it came back; refuse it")
