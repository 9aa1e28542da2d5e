"""What whoever a certificate names may say and hear. Pure; everything that is not allowed is refused."""

from provisioning.wire.identity import CertificateError, kiosk_of, subject_of
from telemetry.wire.topics import ROOT, Down, KioskId, Up, fleet_state, parse

_OURS = f"{ROOT.partition('/')[0]}/"
"""Where every topic of ours begins, in every version."""


def may_say(kiosk: KioskId | None, topic: str) -> bool:
    """Return whether a kiosk may publish on a topic, its will included; None is the service, which may on all of ours."""
    if kiosk is None:
        return topic.startswith(_OURS)
    return isinstance(_own(kiosk, topic), Up)


def may_hear(kiosk: KioskId | None, topic_filter: str) -> bool:
    """Return whether a kiosk may subscribe to a filter, or be handed a message on a topic; None is the service."""
    if kiosk is None:
        return topic_filter.startswith(_OURS)
    return topic_filter == fleet_state(kiosk.county) or isinstance(_own(kiosk, topic_filter), Down)


def may_be_called(kiosk: KioskId | None, client_id: str) -> bool:
    """Return whether a bearer may connect by a name: who takes another's name takes its session.

    A kiosk is called as its certificate calls it, the service as it likes, but never like a kiosk.
    """
    return client_id == subject_of(kiosk) if kiosk is not None else bool(client_id) and "/" not in client_id


def called(client_id: str) -> KioskId | None:
    """Return who has a name that ``may_be_called`` has let pass: a kiosk, or None for the service.

    Raises:
        CertificateError: It has let no such name pass.
    """
    if not client_id:
        raise CertificateError("nobody is called nothing")
    return kiosk_of(client_id) if "/" in client_id else None


def _own(kiosk: KioskId, topic: str) -> Up | Down | None:
    try:
        named, kind = parse(topic)
    except ValueError:
        return None
    return kind if named == kiosk else None
