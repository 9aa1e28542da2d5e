from datetime import UTC, datetime

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.services.offer import Withdrawal
from kiosk.services.service import Capability, Service, StepKind
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
