"""The people, papers and machines of the visit's tests. Everything synthetic."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.smartcard_reader import SocialSecurityCard
from kiosk.gateway.platform import Accepted, Document, DocumentRow, KnownBy, Person
from kiosk.services.catalogue import load_services
from kiosk.services.offer import Offer, Substitution, Withdrawal
from kiosk.services.service import Capability, Service
from kiosk.visit.effect import Effect, LookForCards
from kiosk.visit.event import (
    CardFound,
    CardRead,
    Event,
    OffersChanged,
    PlatformAnswered,
    PrintBegan,
    PrintSettled,
    Proceeded,
    ServiceChosen,
    Started,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import AT_REST, PreparingPrint, Printing, Reading, Submitting, Visit
from kiosk.visit.place import Place

SHIPPED = {service.id: service for service in load_services()}
PROOF, PENSION, STATEMENT = (replace(service, stand_ins={}) for service in list(SHIPPED.values())[:3])
"""Three matters as a machine with an ID-card reader and a receipt printer alone offers them: nothing stands in for anything."""

QUALIFICATION, CERTIFICATE, PAYMENT, PAPERS = (
    SHIPPED[name]
    for name in ("pension_qualification", "insurance_certificate", "medical_insurance_payment", "reimbursement_papers")
)
FULL_PROOF = SHIPPED[PROOF.id]

FEW = frozenset(
    {
        Capability.READ_ID_CARD,
        Capability.PRINT_RECEIPT,
        Capability.SHOW_ON_SCREEN,
        Capability.REACH_PLATFORM,
        Capability.KEEP_RECORDS,
    }
)
"""What the small machine can do."""

ALL = frozenset(Capability)

PLACE = Place(
    name="光明村",
    address="坡头区南三镇光明村",
    clerk_phone="0759-0000001",
    help_phone="12345",
    elsewhere="镇便民中心",
    elsewhere_km=2.3,
    elsewhere_hours="8:30 到 17:30",
    zone=timezone(timedelta(hours=8)),
    receipt_note="演示数据，不作凭证",
)

PAPER_OUT = Withdrawal(
    capability=Capability.PRINT_RECEIPT,
    device="receipt-printer",
    code="printer.paper_out",
    short_code="P01",
    reason="打印机缺纸",
    clerk_knows=True,
)
READER_GONE = Withdrawal(
    capability=Capability.READ_ID_CARD,
    device="id-card-reader",
    code="id_card_reader.unreachable",
    short_code="R02",
    reason="读卡的地方没接好",
    clerk_knows=False,
)
OFFLINE = Withdrawal(
    capability=Capability.REACH_PLATFORM,
    device="platform",
    code="platform.unreachable",
    short_code="N01",
    reason="网络断了",
    clerk_knows=False,
)

SEED = "5eed" * 8


def a_card(
    *,
    name: str = "李小珍",
    number: str = "440804196803051234",
    valid_to: date | None = date(2036, 1, 1),
    picture: bytes = b"",
) -> IdCard:
    return IdCard(
        layout=CardLayout.RESIDENT,
        name=name,
        sex="女",
        nation="汉",
        birth=date(1968, 3, 5),
        address="广东省湛江市坡头区南三镇光明村12号",
        number=number,
        authority="湛江市公安局坡头分局",
        valid_from=date(2016, 1, 1),
        valid_to=valid_to,
        photo=b"",
        picture=picture,
    )


def a_person(
    *,
    name: str = "李小珍",
    number: str = "440804196803051234",
    valid_to: date | None = date(2036, 1, 1),
    known_by: KnownBy = KnownBy.ID_CARD,
) -> Person:
    return Person(known_by=known_by, name=name, number=number, address="广东省湛江市坡头区南三镇光明村12号", valid_to=valid_to)


def a_chip(*, name: str = "李小珍") -> SocialSecurityCard:
    return SocialSecurityCard(
        region="440800",
        card_number="D44080123",
        name=name,
        number="440804196803051234",
        sex="女",
        nation="汉",
        birth=None,
        valid_to=None,
    )


def a_document() -> Document:
    return Document(
        number="SB20261122-000123",
        title="社保参保证明",
        rows=(DocumentRow(label="姓名", value="李小珍"), DocumentRow(label="险种", value="城乡居民基本养老保险")),
        issuer="湛江市社会保险基金管理局",
        issued_at=datetime(2026, 11, 22, 2, 25, tzinfo=UTC),
        verify_url="http://127.0.0.1:8080/v/abc",
    )


def sealed(*, number: str = "PZ20261122-000001", pages: int = 3) -> Document:
    """A document with sheets, as the certificate has them."""
    return replace(a_document(), number=number, sheets=b"%PDF-1.7 synthetic", pages=pages)


def offers(*, withdrawn: Withdrawal | None = None) -> tuple[Offer, ...]:
    return tuple(
        Offer(service=service, withdrawal=withdrawn if withdrawn and withdrawn.capability in service.needs() else None)
        for service in (PROOF, PENSION, STATEMENT)
    )


def can(*ready: Capability, services: tuple[Service, ...] = ()) -> OffersChanged:
    """A machine that can do just this: what stands in does, and the rest is withdrawn for want of the first thing missing."""
    return OffersChanged(
        offers=tuple(_offer(service, frozenset(ready)) for service in services or tuple(SHIPPED.values())), ready=frozenset(ready)
    )


def cannot(*missing: Capability, services: tuple[Service, ...] = ()) -> OffersChanged:
    """A machine with everything that can do all but this."""
    return can(*(ALL - set(missing)), services=services)


def _offer(service: Service, ready: frozenset[Capability]) -> Offer:
    ways = {need: tuple(way for way in (need, *service.stand_ins.get(need, ())) if way in ready) for need in service.stand_ins}
    for need in service.needs():
        may_be_left_out = need is Capability.TAKE_FACE and service.without_face
        if need not in ready and not ways.get(need) and not may_be_left_out:
            return Offer(service=service, withdrawal=_missing(need))
    instead = tuple(
        Substitution(needed=need, by=working[0], because=_missing(need))
        for need, working in ways.items()
        if need not in ready and working
    )
    return Offer(service=service, withdrawal=None, substitutions=instead, ways=ways)


def _missing(need: Capability) -> Withdrawal:
    known = {each.capability: each for each in (PAPER_OUT, READER_GONE, OFFLINE)}
    return known.get(need) or replace(READER_GONE, capability=need, device=need.value, reason="这里坏了", short_code="X01")


def all_well() -> OffersChanged:
    return OffersChanged(offers=offers(), ready=FEW)


def no_paper() -> OffersChanged:
    return OffersChanged(offers=offers(withdrawn=PAPER_OUT), ready=FEW - {Capability.PRINT_RECEIPT})


def no_reader() -> OffersChanged:
    return OffersChanged(offers=offers(withdrawn=READER_GONE), ready=FEW - {Capability.READ_ID_CARD})


def offline() -> OffersChanged:
    return OffersChanged(offers=offers(withdrawn=OFFLINE), ready=FEW - {Capability.REACH_PLATFORM})


def after(visit: Visit, *events: Event) -> Visit:
    for event in events:
        visit, _ = advance(visit, event)
    return visit


def effects_of(visit: Visit, event: Event) -> tuple[Effect, ...]:
    """What is asked for, but for the looks at the readers, which have tests of their own."""
    return but_looks(advance(visit, event)[1])


def but_looks(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return tuple(effect for effect in effects if not isinstance(effect, LookForCards))


def ready() -> Visit:
    return after(AT_REST, all_well())


def guided(service: str = PROOF.id) -> Visit:
    return after(ready(), Started(), ServiceChosen(service=service))


def waiting_for_card(service: str = PROOF.id) -> Visit:
    return after(guided(service), Proceeded())


def found(visit: Visit) -> Visit:
    assert isinstance(visit.stage, Reading)
    return after(visit, CardFound(job=visit.stage.job))


def card_event(visit: Visit, *, person: Person | None = None, today: date | None = date(2026, 11, 22)) -> CardRead:
    assert isinstance(visit.stage, Reading)
    return CardRead(job=visit.stage.job, person=person or a_person(), seed=SEED, today=today)


def everything() -> Visit:
    """The idle page of a machine with every device."""
    return after(AT_REST, cannot())


def identified(service: Service, *, event: OffersChanged | None = None) -> Visit:
    """是您本人吗, on a machine with every device."""
    visit = after(everything(), event or cannot(), Started(), ServiceChosen(service=service.id), Proceeded())
    return after(visit, card_event(visit))


def confirming(service: str = PROOF.id) -> Visit:
    visit = waiting_for_card(service)
    return after(visit, card_event(visit))


def submitting(service: str = PROOF.id) -> Visit:
    return after(confirming(service), Proceeded())


def accepted(visit: Visit) -> PlatformAnswered:
    return answered(visit, Accepted(document=a_document()))


def answered(visit: Visit, answer: object) -> PlatformAnswered:
    job = getattr(visit.stage, "job")  # noqa: B009  submitting or asking again
    return PlatformAnswered(job=job, answer=answer)  # type: ignore[arg-type]  # tests hand in what the machine takes


def showing() -> Visit:
    visit = submitting(PENSION.id)
    assert isinstance(visit.stage, Submitting)
    return after(visit, accepted(visit))


def preparing() -> Visit:
    visit = submitting()
    return after(visit, accepted(visit))


def printing() -> Visit:
    return began(preparing())


def began(visit: Visit) -> Visit:
    assert isinstance(visit.stage, PreparingPrint)
    return after(visit, PrintBegan(job=visit.stage.job))


def settled(visit: Visit, outcome: PrintOutcome, *, is_cut: bool = True) -> Visit:
    assert isinstance(visit.stage, Printing)
    return after(visit, PrintSettled(job=visit.stage.job, outcome=outcome, is_cut=is_cut))


def taking() -> Visit:
    return settled(printing(), PrintOutcome.DONE)


def big_letters(visit: Visit) -> Visit:
    return replace(visit, settings=replace(visit.settings, text_size=3))
