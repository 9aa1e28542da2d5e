"""What becomes of a request to be let in, or to be let in further: a pure function of what was asked and what is known.

Whoever does not know a code learns nothing: everything else is looked at only once the code is right. A code is used up by the
first key that is shown with it, whatever becomes of the request; the same key may ask again for ever, and gets the same answer.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provisioning.wire.enrolment import Refusal
from telemetry.wire.topics import KioskId


class SerialState(StrEnum):
    """Where a machine of the list is in its life."""

    LISTED = "listed"
    ENROLLED = "enrolled"
    RETIRED = "retired"


class IdentityState(StrEnum):
    """Whether a kiosk's certificates count."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class Why(StrEnum):
    """What a request waits for: the question a person has to answer."""

    UNNAMED = "unnamed"
    """The list does not say which kiosk this machine is."""
    AGAIN = "again"
    """The machine was let in before: its disk was replaced, or somebody pretends so."""
    OTHER_BOARD = "other_board"
    """The machine was let in before, with another board: a repair, or a second machine with its number."""
    OTHER_MACHINE = "other_machine"
    """Another machine is this kiosk: an exchange, which ends the other."""
    QUARANTINED = "quarantined"
    """The kiosk was shut out: whoever lets this machine in says that it is the right one, and ends every other."""
    CAME_BACK = "came_back"
    """The kiosk was away for longer than its certificate lasts, and has shown that it still has its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBy:
    """The machine that asks. ``hardware`` is empty where its board does not say."""

    serial: str
    key: str
    hardware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeKnown:
    """The code that was shown, as the bureau made it. ``used_by_key`` is empty until it is used."""

    serial: str
    expires_at: datetime
    is_withdrawn: bool
    used_by_key: str
    is_turned_down: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialKnown:
    """The machine in the bureau's list. ``kiosk`` is None while nobody has said which one it is."""

    state: SerialState
    county: str
    kiosk: KioskId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityKnown:
    """Who that kiosk is so far."""

    serial: str
    state: IdentityState
    hardware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Let it in."""

    kiosk: KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Ask a person."""

    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Do not let it in. ``is_alarming``: somebody should look at it."""

    reason: Refusal
    is_alarming: bool = False


def decide(
    asked: AskedBy, code: CodeKnown | None, serial: SerialKnown | None, identity: IdentityKnown | None, *, now: datetime
) -> Issue | Wait | Refuse:
    """Decide on a request to be let in that has not been decided yet.

    Args:
        asked: Who asks.
        code: The code that was shown; None when there is none such.
        serial: The machine in the list; None when it is not in it.
        identity: Who the kiosk is that this machine is to be; None for nobody yet.
        now: Server's clock.
    """
    if code is None:
        return Refuse(reason=Refusal.WRONG_CODE)
    if (refusal := _of_code(asked, code, serial, now)) is not None:
        return refusal
    if serial is None:
        return Refuse(reason=Refusal.UNKNOWN_SERIAL)
    if serial.state is SerialState.RETIRED:
        return Refuse(reason=Refusal.RETIRED, is_alarming=True)
    if serial.kiosk is None:
        return Wait(why=Why.UNNAMED)
    if identity is None or identity.state is IdentityState.RETIRED:
        return Issue(kiosk=serial.kiosk)
    return Wait(why=_why(asked, identity))


def _of_code(asked: AskedBy, code: CodeKnown, serial: SerialKnown | None, now: datetime) -> Refuse | None:
    if code.serial != asked.serial:
        reason = Refusal.UNKNOWN_SERIAL if serial is None else Refusal.WRONG_SERIAL
        return Refuse(reason=reason, is_alarming=True)
    if code.used_by_key and code.used_by_key != asked.key:
        return Refuse(reason=Refusal.USED, is_alarming=True)
    if code.is_turned_down:
        return Refuse(reason=Refusal.TURNED_DOWN)
    if code.is_withdrawn or (not code.used_by_key and now >= code.expires_at):
        return Refuse(reason=Refusal.EXPIRED)
    return None


def _why(asked: AskedBy, identity: IdentityKnown) -> Why:
    if identity.state is IdentityState.QUARANTINED:
        return Why.QUARANTINED
    if identity.serial != asked.serial:
        return Why.OTHER_MACHINE
    if identity.hardware and asked.hardware and identity.hardware != asked.hardware:
        return Why.OTHER_BOARD
    return Why.AGAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateKnown:
    """The certificate a kiosk shows when it asks for the next one.

    Attributes:
        is_revoked: It no longer counts.
        is_followed_and_used: Its renewal has been heard of already: who still shows this one is somebody else.
    """

    is_revoked: bool
    is_followed_and_used: bool


class Clone(StrEnum):
    """What says that one identity is in two places."""

    OLD_CERTIFICATE = "an old certificate was shown after its renewal had been used"
    OTHER_BOARD = "another board asked for the next certificate"
    TWO_RETURNS = "two came back with one certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Shut this kiosk out, whichever of the two asks: a person decides which one it is."""

    clone: Clone


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Issue the next certificate."""


def refused_as(state: IdentityState) -> Refuse | None:
    """Return the refusal of whoever is out, whatever it shows; None for a kiosk that is in."""
    if state is IdentityState.RETIRED:
        return Refuse(reason=Refusal.RETIRED)
    if state is IdentityState.QUARANTINED:
        return Refuse(reason=Refusal.QUARANTINED)
    return None


def decide_renewal(
    hardware: str, certificate: CertificateKnown | None, identity: IdentityKnown | None
) -> Renew | Refuse | Quarantine:
    """Decide on a request for the next certificate, made with one the CA issued.

    Args:
        hardware: Fingerprint of the board that asks; empty where it does not say.
        certificate: The one shown; None when nobody here knows of it.
        identity: Of the kiosk it names.
    """
    if certificate is None or identity is None:
        return Refuse(reason=Refusal.NOT_CURRENT, is_alarming=True)
    if (out := refused_as(identity.state)) is not None:
        return out
    if certificate.is_followed_and_used:
        return Quarantine(clone=Clone.OLD_CERTIFICATE)
    if certificate.is_revoked:
        return Refuse(reason=Refusal.NOT_CURRENT)
    if identity.hardware and hardware and identity.hardware != hardware:
        return Quarantine(clone=Clone.OTHER_BOARD)
    return Renew()
