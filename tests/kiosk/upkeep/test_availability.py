from dataclasses import replace
from datetime import UTC, datetime

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.service import Capability, Paper, Service, StepKind
from kiosk.upkeep.availability import Provider, availability
from tests.kiosk.upkeep.scripted_device import CATALOGUE

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PRINTER, READER = DeviceKind.RECEIPT_PRINTER, DeviceKind.ID_CARD_READER
OPENING = (StepKind.GUIDE, StepKind.IDENTIFY, StepKind.CONFIRM, StepKind.SUBMIT)


def service(name: str, *closing: StepKind) -> Service:
    return Service(
        id=name,
        title=name,
        topic="t",
        icon="i",
        lead="",
        bring="",
        result="",
        print_title="",
        minutes=1,
        cost_fen=0,
        steps=(*OPENING, *closing),
    )


ON_PAPER, ON_SCREEN = service("on_paper", StepKind.PRINT), service("on_screen", StepKind.SHOW)


def device(name: str, kind: DeviceKind | None, condition: Condition = Condition.READY, *codes: str) -> Provider:
    symptoms = tuple(Symptom(code=code, detail="") for code in codes)
    return Provider(kind=kind, status=DeviceStatus(device=name, condition=condition, read_at=NOW, symptoms=symptoms))


WELL = (device("p", PRINTER), device("r", READER), device("platform", None))


def fault(of: str, code: str, remedy: Remedy = Remedy.CLERK) -> Fault:
    return Fault(device=of, code=code, severity=Severity.BLOCKING, remedy=remedy, since=NOW, detail="")


def withdrawals(*providers: Provider, faults: tuple[Fault, ...] = ()) -> list[Withdrawal | None]:
    offers = availability(services=(ON_PAPER, ON_SCREEN), faults=faults, providers=providers, catalogue=CATALOGUE)
    assert [offer.service.id for offer in offers] == ["on_paper", "on_screen"]
    return [offer.withdrawal for offer in offers]


def codes(found: list[Withdrawal | None]) -> list[str | None]:
    return [withdrawal.code if withdrawal else None for withdrawal in found]


def test_everything_is_offered_while_everything_is_well() -> None:
    assert withdrawals(*WELL) == [None, None]


def test_paper_out_greys_what_needs_paper_and_nothing_else() -> None:
    found = withdrawals(*WELL, faults=(fault("p", "printer.paper_out"),))
    assert found == [
        Withdrawal(
            capability=Capability.PRINT_RECEIPT,
            device="p",
            code="printer.paper_out",
            short_code="P01",
            reason="打印机缺纸",
            clerk_knows=True,
        ),
        None,
    ]


def test_a_degraded_device_still_serves() -> None:
    low = device("p", PRINTER, Condition.DEGRADED, "printer.paper_low")
    assert withdrawals(low, *WELL[1:], faults=(fault("p", "printer.paper_low"),)) == [None, None]


def test_a_device_in_use_still_serves() -> None:
    assert withdrawals(device("p", PRINTER, Condition.BUSY), *WELL[1:]) == [None, None]


def test_a_device_not_asked_yet_is_preparing_and_never_fine() -> None:
    assert codes(withdrawals(device("p", PRINTER, Condition.UNKNOWN), *WELL[1:])) == ["printer.starting", None]


def test_a_silent_device_is_withdrawn_with_its_own_reason() -> None:
    assert codes(withdrawals(device("p", PRINTER, Condition.UNKNOWN, "printer.silent"), *WELL[1:])) == ["printer.silent", None]


def test_a_device_that_is_gone_is_withdrawn_before_that_has_become_a_fault() -> None:
    assert codes(withdrawals(device("p", PRINTER, Condition.UNREACHABLE), *WELL[1:])) == ["printer.unreachable", None]


def test_a_kiosk_without_a_printer_says_so() -> None:
    assert codes(withdrawals(*WELL[1:])) == ["printer.not_fitted", None]
    assert codes(withdrawals(device("p", PRINTER, Condition.NOT_FITTED), *WELL[1:])) == ["printer.not_fitted", None]


def test_a_failure_of_tomorrow_withdraws_with_neutral_words() -> None:
    found = withdrawals(device("p", PRINTER, Condition.FAILED, "printer.ink_unicorn"), *WELL[1:])
    assert [(w.short_code, w.reason) if w else None for w in found] == [("E00", "机器这里暂时用不了"), None]


def test_without_the_platform_nothing_can_be_handed_in() -> None:
    offline = device("platform", None, Condition.UNREACHABLE, "platform.offline")
    found = withdrawals(*WELL[:2], offline, faults=(fault("platform", "platform.offline", Remedy.WAIT),))
    assert codes(found) == ["platform.offline", "platform.offline"]
    assert not any(withdrawal.clerk_knows for withdrawal in found if withdrawal)


def test_the_platform_is_being_called_before_its_first_answer() -> None:
    assert codes(withdrawals(*WELL[:2], device("platform", None, Condition.UNKNOWN))) == ["platform.starting"] * 2


def test_a_second_printer_stands_in_for_the_first() -> None:
    found = withdrawals(*WELL, device("p2", PRINTER), faults=(fault("p", "printer.paper_out"),))
    assert found == [None, None]


def test_both_printers_out_of_paper_is_out_of_paper() -> None:
    both = (fault("p", "printer.paper_out"), fault("p2", "printer.paper_out"))
    assert codes(withdrawals(*WELL, device("p2", PRINTER), faults=both)) == ["printer.paper_out", None]


def test_the_first_thing_a_service_needs_is_named_first() -> None:
    both = (fault("p", "printer.paper_out"), fault("r", "reader.unreachable"))
    assert codes(withdrawals(*WELL, faults=both)) == ["reader.unreachable", "reader.unreachable"]


def test_of_several_faults_the_most_telling_one_is_named() -> None:
    both = (fault("p", "printer.offline", Remedy.RESET), fault("p", "printer.paper_out"))
    assert codes(withdrawals(*WELL, faults=both)) == ["printer.paper_out", None]


def test_a_screen_that_does_not_draw_offers_nothing() -> None:
    found = withdrawals(*WELL, faults=(fault("display", "display.not_drawing", Remedy.TECHNICIAN),))
    assert codes(found) == ["display.not_drawing"] * 2


def test_a_fault_handed_to_a_technician_is_no_longer_the_clerks() -> None:
    found = withdrawals(*WELL, faults=(fault("p", "printer.paper_out", Remedy.TECHNICIAN),))
    assert found[0] is not None
    assert not found[0].clerk_knows


ID_CARD, SOCIAL_CARD, PHONE = Capability.READ_ID_CARD, Capability.READ_SOCIAL_SECURITY_CARD, Capability.READ_PHONE_CODE
FACE, RECEIPT, SCREEN = Capability.TAKE_FACE, Capability.PRINT_RECEIPT, Capability.SHOW_ON_SCREEN
SLOT, SCANNER, CAMERA = DeviceKind.SMARTCARD_READER, DeviceKind.CODE_SCANNER, DeviceKind.CAMERA
ANY_CARD = replace(ON_PAPER, id="any_card", stand_ins={ID_CARD: (SOCIAL_CARD, PHONE), RECEIPT: (SCREEN,)})
ALL_CARDS = (*WELL, device("s", SLOT), device("q", SCANNER))


def offer_of(of: Service, *providers: Provider, faults: tuple[Fault, ...] = ()) -> Offer:
    return availability(services=(of,), faults=faults, providers=providers, catalogue=CATALOGUE)[0]


def test_with_everything_well_nothing_is_substituted_and_every_way_is_named() -> None:
    offer = offer_of(ANY_CARD, *ALL_CARDS)
    assert (offer.withdrawal, offer.substitutions) == (None, ())
    assert offer.ways == {ID_CARD: (ID_CARD, SOCIAL_CARD, PHONE), RECEIPT: (RECEIPT, SCREEN)}
    assert offer.way(ID_CARD) is ID_CARD


def test_without_the_id_card_reader_the_social_security_card_stands_in_and_says_why() -> None:
    offer = offer_of(ANY_CARD, *ALL_CARDS, faults=(fault("r", "reader.unreachable"),))
    assert offer.withdrawal is None
    assert [(each.needed, each.by, each.because.code) for each in offer.substitutions] == [
        (ID_CARD, SOCIAL_CARD, "reader.unreachable")
    ]
    assert offer.ways[ID_CARD] == (SOCIAL_CARD, PHONE)
    assert offer.way(ID_CARD) is SOCIAL_CARD


def test_the_next_stand_in_is_taken_when_the_first_is_gone_too() -> None:
    no_slot = (*WELL, device("q", SCANNER))
    assert offer_of(ANY_CARD, *no_slot, faults=(fault("r", "reader.unreachable"),)).way(ID_CARD) is PHONE


def test_with_no_way_left_the_usual_one_says_why_and_nothing_is_half_offered() -> None:
    offer = offer_of(ANY_CARD, *WELL, faults=(fault("r", "reader.unreachable"), fault("p", "printer.paper_out")))
    assert offer.withdrawal is not None
    assert offer.withdrawal.code == "reader.unreachable"
    assert (offer.substitutions, dict(offer.ways)) == ((), {})


def test_a_code_on_the_screen_stands_in_for_paper() -> None:
    offer = offer_of(ANY_CARD, *ALL_CARDS, faults=(fault("p", "printer.paper_out"),))
    assert offer.way(RECEIPT) is SCREEN


def test_a_dark_screen_lets_nothing_stand_in() -> None:
    dark = fault("display", "display.not_drawing", Remedy.TECHNICIAN)
    offer = offer_of(ANY_CARD, *ALL_CARDS, faults=(dark,))
    assert offer.withdrawal is not None
    assert offer.withdrawal.code == "display.not_drawing"


def test_a_disk_that_takes_no_records_withdraws_what_cannot_be_taken_back() -> None:
    guide = replace(ON_SCREEN, id="guide", steps=(StepKind.GUIDE, StepKind.SHOW))
    full = (fault("core", "core.storage_failed", Remedy.TECHNICIAN),)
    withdrawal = offer_of(ANY_CARD, *ALL_CARDS, faults=full).withdrawal
    assert withdrawal is not None
    assert (withdrawal.capability, withdrawal.code) == (Capability.KEEP_RECORDS, "core.storage_failed")
    assert offer_of(guide, *ALL_CARDS, faults=full).withdrawal is None


def test_a_fault_of_a_part_of_the_cabinet_withdraws_for_everyone() -> None:
    part = device("ups", DeviceKind.CABINET, Condition.FAILED)
    found = offer_of(ANY_CARD, *ALL_CARDS, part, faults=(fault("ups", "core.storage_failed", Remedy.TECHNICIAN),))
    assert found.withdrawal is not None
    assert found.withdrawal.device == "ups"


def test_a_part_of_the_cabinet_that_is_away_withdraws_nothing() -> None:
    part = device("ups", DeviceKind.CABINET, Condition.UNREACHABLE)
    assert offer_of(ANY_CARD, *ALL_CARDS, part).withdrawal is None


def test_a_swapped_device_alone_stops_serving_until_it_is_accepted() -> None:
    offer = offer_of(ANY_CARD, *ALL_CARDS, faults=(fault("r", "core.device_swapped", Remedy.TECHNICIAN),))
    assert offer.withdrawal is None
    assert [(each.needed, each.by) for each in offer.substitutions] == [(ID_CARD, SOCIAL_CARD)]


WITH_FACE = replace(ON_PAPER, id="face", steps=(*OPENING[:3], StepKind.FACE, StepKind.SUBMIT, StepKind.PRINT))


def test_a_face_that_may_be_left_out_withdraws_nothing_and_is_no_way() -> None:
    assert offer_of(WITH_FACE, *ALL_CARDS, device("c", CAMERA)).ways == {FACE: (FACE,)}
    offer = offer_of(WITH_FACE, *ALL_CARDS)
    assert (offer.withdrawal, offer.substitutions, dict(offer.ways)) == (None, (), {FACE: ()})


def test_a_service_that_insists_on_a_face_takes_the_phones_code_instead() -> None:
    strict = replace(WITH_FACE, without_face=False)
    assert offer_of(strict, *ALL_CARDS).way(FACE) is PHONE
    withdrawal = offer_of(strict, *WELL).withdrawal
    assert withdrawal is not None
    assert withdrawal.capability is FACE


def test_a_document_needs_the_document_printer() -> None:
    offer = offer_of(replace(ON_PAPER, paper=Paper.DOCUMENT), *WELL)
    assert offer.withdrawal is not None
    assert offer.withdrawal.capability is Capability.PRINT_DOCUMENT


def test_safe_mode_offers_nothing_at_all() -> None:
    safe = (fault("core", "core.safe_mode", Remedy.TECHNICIAN),)
    assert {w.code for w in withdrawals(*WELL, faults=safe) if w} == {"core.safe_mode"}
