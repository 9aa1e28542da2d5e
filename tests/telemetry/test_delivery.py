"""The window of one life, and the words it is told in."""

from datetime import UTC, datetime

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus, Supply
from telemetry.agent import translate
from telemetry.agent.delivery import PATIENCE_S, WINDOW, Delivery
from telemetry.agent.snapshot import DeviceReading, NamedService, ScreenShown, Snapshot
from telemetry.agent.translate import SelfPortrait, Stamp
from telemetry.wire.codec import decode_up, encode
from telemetry.wire.messages import Birth, Place
from telemetry.wire.topics import Up

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
STAMP = Stamp(life=3, seq=10, at=NOW, clock_trusted=True)


def test_no_more_is_under_way_than_the_window_allows() -> None:
    delivery = Delivery(after=0, now_s=0)
    for seq in range(1, WINDOW + 1):
        delivery.note_sent(seq, now_s=0)
    assert delivery.room == 0
    delivery.note_acked(30, now_s=1)
    assert delivery.room == 30


def test_an_old_ack_changes_nothing() -> None:
    delivery = Delivery(after=10, now_s=0)
    delivery.note_sent(11, now_s=0)
    delivery.note_acked(5, now_s=0)
    assert (delivery.acked, delivery.sent, delivery.room) == (10, 11, WINDOW - 1)


def test_an_ack_from_an_earlier_life_skips_what_is_stored() -> None:
    delivery = Delivery(after=10, now_s=0)
    delivery.note_acked(20, now_s=0)
    assert delivery.sent == 20


def test_a_resync_begins_again_behind_what_the_fleet_has() -> None:
    delivery = Delivery(after=0, now_s=0)
    for seq in (1, 2, 3, 4):
        delivery.note_sent(seq, now_s=0)
    delivery.rewind(2)
    assert (delivery.sent, delivery.room) == (2, WINDOW - 2)
    delivery.rewind(3)
    assert delivery.sent == 2


def test_what_is_never_acknowledged_is_sent_again() -> None:
    delivery = Delivery(after=0, now_s=0)
    delivery.note_sent(1, now_s=100)
    assert not delivery.resend_if_stuck(now_s=100 + PATIENCE_S - 1)
    assert delivery.resend_if_stuck(now_s=100 + PATIENCE_S)
    assert (delivery.sent, delivery.room) == (0, WINDOW)


def _fault(number: int, severity: Severity, detail: str = "") -> Fault:
    return Fault(
        device="receipt-printer", code=f"printer.f{number}", severity=severity, remedy=Remedy.CLERK, since=NOW, detail=detail
    )


def _snapshot(*faults: Fault) -> Snapshot:
    status = DeviceStatus(
        device="receipt-printer",
        condition=Condition.FAILED,
        read_at=NOW,
        supplies=(Supply(name="receipt_paper", remaining=1.0000001, is_low=True),),
        evidence="é" * 5000,
    )
    return Snapshot(
        devices=(DeviceReading(status=status, kind=DeviceKind.RECEIPT_PRINTER, port="tcp:printer:9100"),),
        faults=faults,
        catalogue=tuple(NamedService(id=f"service_{number}" + "x" * 99, title="社" * 99) for number in range(300)),
        services_offered=1,
        services_total=3,
        screen=ScreenShown(page="attract"),
    )


def _birth(snapshot: Snapshot) -> Birth:
    portrait = SelfPortrait(place=Place(site="光明村"), model="m" * 1000, release="0.1.0", heartbeat_s=30)
    message = decode_up(Up.BIRTH, encode(translate.birth(STAMP, portrait, snapshot, shed=0, floor=9)))
    assert isinstance(message, Birth)
    return message


def test_a_device_carries_the_codes_of_its_faults() -> None:
    (device,) = _birth(_snapshot(_fault(1, Severity.BLOCKING))).devices
    assert (device.kind, device.condition, device.faults) == ("receipt_printer", "FAILED", ("printer.f1",))


def test_what_is_too_long_is_cut_and_never_refused() -> None:
    born = _birth(_snapshot(_fault(1, Severity.BLOCKING, detail="x" * 9999)))
    assert len(born.faults[0].detail) == len(born.devices[0].evidence) == len(born.model) == 400
    assert born.devices[0].supplies[0].remaining == 1.0
    assert len(born.catalogue) == 256
    assert {(len(service.id), len(service.title)) for service in born.catalogue} == {(64, 64)}


def test_of_too_many_faults_the_worst_are_told() -> None:
    faults = [_fault(number, Severity.DEGRADED) for number in range(300)] + [_fault(999, Severity.BLOCKING)]
    born = _birth(_snapshot(*faults))
    assert len(born.faults) == 256
    assert born.faults[0].code == "printer.f999"


def test_an_event_with_too_much_in_it_is_cut() -> None:
    told = translate.event(STAMP, "x" * 99, {f"key-{number}-{'k' * 90}": "v" * 999 for number in range(50)})
    assert decode_up(Up.EVENT, encode(told)) == told
    assert len(told.fields) == 32


def test_a_kept_message_is_sent_in_the_life_that_sends_it() -> None:
    kept = encode(translate.event(Stamp(life=0, seq=0, at=NOW, clock_trusted=False), "visit.ended", {"outcome": "完成"}))
    sent = decode_up(Up.EVENT, translate.posted(kept, life=9, seq=77, prev=70, hist=True))
    assert (sent.life, sent.seq, sent.prev, sent.hist, sent.at) == (9, 77, 70, True, NOW)
