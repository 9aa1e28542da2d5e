"""Ways: which of the ways a service allows for something work now, the usual one first."""

from kiosk.gateway.platform import Document, FaceSeen, KnownBy
from kiosk.services.offer import Withdrawal
from kiosk.services.service import Capability, Paper, Service
from kiosk.visit.model import FaceWay, Submission, Visit

READS = {
    Capability.READ_ID_CARD: KnownBy.ID_CARD,
    Capability.READ_SOCIAL_SECURITY_CARD: KnownBy.SOCIAL_SECURITY_CARD,
    Capability.READ_PHONE_CODE: KnownBy.PHONE_CODE,
}
"""What it takes to learn who somebody is, and how she is then known."""

HOLDS_CARDS = (KnownBy.ID_CARD, KnownBy.SOCIAL_SECURITY_CARD)
"""The ways in which a card can be left behind."""


def ways_now(visit: Visit, service: Service, needed: Capability) -> tuple[Capability, ...]:
    """Everything that serves for ``needed`` now, the usual way first; empty when nothing does."""
    offer = visit.offer_of(service)
    if offer is not None and needed in offer.ways:
        return offer.ways[needed]
    allowed = (needed, *service.stand_ins.get(needed, ()))
    return tuple(way for way in dict.fromkeys(allowed) if way in visit.ready)


def identify_ways(visit: Visit, service: Service) -> tuple[KnownBy, ...]:
    """Every way in which she can say now who she is."""
    return tuple(READS[way] for way in ways_now(visit, service, Capability.READ_ID_CARD) if way in READS)


def face_ways(visit: Visit, submission: Submission) -> tuple[FaceWay, ...]:
    """Every way on without her face. Her phone proves nothing more when it was her phone that told who she is."""
    ways: list[FaceWay] = []
    if Capability.READ_PHONE_CODE in visit.ready and submission.identified.person.known_by is not KnownBy.PHONE_CODE:
        ways.append(FaceWay.PHONE_CODE)
    if submission.service.without_face:
        ways.append(FaceWay.WITHOUT_FACE)
    return tuple(ways)


def print_ways(visit: Visit, service: Service, document: Document) -> tuple[Capability, ...]:
    """Every way in which this document can be given to her now: a certificate needs its sealed sheets, a code an address."""
    possible = {
        Capability.PRINT_RECEIPT: True,
        Capability.PRINT_DOCUMENT: bool(document.sheets) or service.paper is Paper.RECEIPT,
        Capability.SHOW_ON_SCREEN: bool(document.verify_url),
    }
    return tuple(way for way in ways_now(visit, service, service.paper.capability) if possible.get(way, False))


def works(visit: Visit, capability: Capability) -> bool:
    """Whether the machine can do this now."""
    return capability in visit.ready


def paper_works(visit: Visit, paper: Paper) -> bool:
    """Whether the printer for this paper works now."""
    return paper.capability in visit.ready


def withdrawal_of(visit: Visit, capability: Capability) -> Withdrawal | None:
    """Why this capability is missing, as far as the offers tell."""
    for offer in visit.offers:
        if offer.withdrawal is not None and offer.withdrawal.capability is capability:
            return offer.withdrawal
        for substitution in offer.substitutions:
            if substitution.needed is capability:
                return substitution.because
    return None


def face_seen_by(way: FaceWay) -> FaceSeen:
    """What the platform is told of a face that was not compared."""
    return FaceSeen.BY_PHONE if way is FaceWay.PHONE_CODE else FaceSeen.NOT_SHOWN


def capability_of(way: KnownBy) -> Capability:
    """What the machine must be able to do for this way."""
    return next(capability for capability, known_by in READS.items() if known_by is way)
