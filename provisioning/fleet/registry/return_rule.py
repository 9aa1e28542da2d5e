"""What becomes of a kiosk that comes back with a certificate that has ended: a pure function. At best it waits for a person.

Looked at only once the proof is right: whoever has no key of ours learns nothing of how a kiosk stands.
"""

from dataclasses import dataclass
from datetime import timedelta

from provisioning.fleet.registry.decision import CertificateKnown, IdentityKnown, Refuse, Wait, Why, refused_as
from provisioning.wire.enrolment import Refusal

LONGEST_OVER = timedelta(days=365)
"""A disk that turns up later than that has had other owners; a code, made by somebody who has seen the machine, is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBackAs:
    """What the kiosk says it is, its ``hardware`` empty where its board does not say; and how long ago its certificate ended."""

    serial: str
    hardware: str
    over_for: timedelta


def decide_return(asked: CameBackAs, certificate: CertificateKnown | None, identity: IdentityKnown | None) -> Wait | Refuse:
    """Decide on a kiosk that has proven to hold the key of a certificate of ours.

    A board that was told when the kiosk was let in must be told again: here, unlike at a renewal, leaving it out is no excuse.

    Args:
        asked: Who comes back.
        certificate: The one shown; None when nobody here knows of it.
        identity: Of the kiosk it names.
    """
    if certificate is None or identity is None:
        return Refuse(reason=Refusal.NOT_CURRENT, is_alarming=True)
    if (out := refused_as(identity.state)) is not None:
        return out
    if certificate.is_followed_and_used or certificate.is_revoked:
        return Refuse(reason=Refusal.NOT_CURRENT, is_alarming=True)
    if asked.serial != identity.serial or (identity.hardware and asked.hardware != identity.hardware):
        return Refuse(reason=Refusal.OTHER_MACHINE, is_alarming=True)
    if asked.over_for < timedelta(0):
        return Refuse(reason=Refusal.NOT_OVER)
    if asked.over_for > LONGEST_OVER:
        return Refuse(reason=Refusal.OVER_TOO_LONG)
    return Wait(why=Why.CAME_BACK)
