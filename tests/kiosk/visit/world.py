"""The people, papers and machines of the visit's tests. Everything synthetic."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted, Document, DocumentRow
from kiosk.services.catalogue import load_services
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.service import Capability
from kiosk.visit.effect import Effect
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

PROOF, PENSION, STATEMENT = load_services()

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


def a_person(*, name: str = "李小珍", number: str = "440804196803051234", valid_to: date | None = date(2036, 1, 1)) -> IdCard:
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


def offers(*, withdrawn: Withdrawal | None = None) -> tuple[Offer, ...]:
    return tuple(
        Offer(service=service, withdrawal=withdrawn if withdrawn and withdrawn.capability in service.needs() else None)
        for service in (PROOF, PENSION, STATEMENT)
    )


def all_well() -> OffersChanged:
    return OffersChanged(offers=offers(), reader_ready=True, printer_ready=True)


def no_paper() -> OffersChanged:
    return OffersChanged(offers=offers(withdrawn=PAPER_OUT), reader_ready=True, printer_ready=False)


def no_reader() -> OffersChanged:
    return OffersChanged(offers=offers(withdrawn=READER_GONE), reader_ready=False, printer_ready=True)


def after(visit: Visit, *events: Event) -> Visit:
    for event in events:
        visit, _ = advance(visit, event)
    return visit


def effects_of(visit: Visit, event: Event) -> tuple[Effect, ...]:
    return advance(visit, event)[1]


def ready() -> Visit:
    return after(AT_REST, all_well())


def guided(service: str = PROOF.id) -> Visit:
    return after(ready(), Started(), ServiceChosen(service=service))


def waiting_for_card(service: str = PROOF.id) -> Visit:
    return after(guided(service), Proceeded())


def found(visit: Visit) -> Visit:
    assert isinstance(visit.stage, Reading)
    return after(visit, CardFound(job=visit.stage.job))


def card_event(visit: Visit, *, person: IdCard | None = None, today: date | None = date(2026, 11, 22)) -> CardRead:
    assert isinstance(visit.stage, Reading)
    return CardRead(job=visit.stage.job, person=person or a_person(), seed=SEED, today=today)


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
