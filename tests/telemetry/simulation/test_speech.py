"""What a simulated kiosk says is what the fleet reads: births, deaths, heartbeats kept and new, clocks that are wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from telemetry.simulation.cabinet import Cabinet
from telemetry.simulation.county import district
from telemetry.simulation.happening import Fault, Level
from telemetry.simulation.outbox import Outbox
from telemetry.simulation.speech import Speech
from telemetry.wire.codec import decode_up
from telemetry.wire.messages import Birth, Death, Heartbeat
from telemetry.wire.topics import Up

PAPER_OUT = Fault(
    number=1,
    kiosk="SIM-00001",
    device="receipt-printer",
    code="printer.paper_out",
    severity="BLOCKING",
    remedy="CLERK",
    begin_s=0,
    end_s=60,
    ended_by="clerk",
)


class Told:
    def __init__(self, *, has_ups: bool = True) -> None:
        self.cabinet = Cabinet(has_ups=has_ups, vendor="甲")
        self.outbox = Outbox(first=100)
        self.speech = Speech(district("trial", 1)[0], self.cabinet, heartbeat_s=0.4)

    def heartbeat(self) -> Heartbeat:
        beat = decode_up(Up.HB, self.speech.heartbeat(life=3, outbox=self.outbox))
        assert isinstance(beat, Heartbeat)
        return beat

    def birth(self) -> Birth:
        birth = decode_up(Up.BIRTH, self.speech.birth(life=3, outbox=self.outbox))
        assert isinstance(birth, Birth)
        return birth


def test_a_birth_tells_everything() -> None:
    told = Told()
    since = told.speech.now()
    told.cabinet.begin(PAPER_OUT, since=since)
    birth = told.birth()
    assert (birth.life, birth.seq, birth.floor, birth.heartbeat_s) == (3, 100, 100, 0.4)
    assert [(fault.code, fault.since) for fault in birth.faults] == [("printer.paper_out", since)]
    assert (birth.services.offered, birth.services.total) == (4, 7)
    assert {device.device: device.condition for device in birth.devices}["receipt-printer"] == "FAILED"


def test_a_kept_heartbeat_is_as_new_as_one_just_written() -> None:
    told = Told()
    first, second = told.heartbeat(), told.heartbeat()
    assert first.at < second.at <= datetime.now(UTC)
    assert {device.read_at for device in second.devices} == {second.at}
    assert second.model_copy(update={"at": first.at, "devices": first.devices}) == first


def test_a_heartbeat_tells_what_has_changed() -> None:
    told = Told(has_ups=False)
    told.heartbeat()
    told.cabinet.begin(PAPER_OUT, since=told.speech.now())
    level = Level(kiosk="SIM-00001", device="receipt-printer", supply="receipt_paper", remaining=0.0, is_low=True, days_left=0.0)
    told.cabinet.set_level(level)
    printer = next(device for device in told.heartbeat().devices if device.device == "receipt-printer")
    assert printer.faults == ("printer.paper_out",)
    assert [supply.remaining for supply in printer.supplies] == [0.0]
    told.cabinet.end(PAPER_OUT)
    assert told.heartbeat().services.offered == 7


def test_an_escalated_fault_keeps_its_since_and_asks_for_another() -> None:
    told = Told()
    since = told.speech.now()
    told.cabinet.begin(PAPER_OUT, since=since)
    state = told.cabinet.escalate(PAPER_OUT)
    assert state is not None
    assert (state.since, state.remedy) == (since, "TECHNICIAN")
    assert told.cabinet.escalate(replace(PAPER_OUT, number=2)) is None


def test_a_clock_that_was_reset_begins_in_1970_and_says_that_it_is_not_trusted() -> None:
    told = Told()
    told.heartbeat()
    told.speech.set_clock(skew_s=0, is_trusted=False, is_reset=True)
    beat = told.heartbeat()
    assert (beat.at.year, beat.clock_trusted) == (1970, False)
    told.speech.set_clock(skew_s=0, is_trusted=True, is_reset=False)
    assert abs(told.heartbeat().at - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_will_says_which_life_was_lost() -> None:
    told = Told()
    death = decode_up(Up.DEATH, told.speech.death("lost", life=7, outbox=told.outbox))
    assert isinstance(death, Death)
    assert (death.life, death.reason) == (7, "lost")


def test_a_ups_measures_the_mains_until_they_are_gone() -> None:
    told = Told()
    lost = replace(PAPER_OUT, device="ups", code="cabinet.mains_lost", severity="DEGRADED")

    def volts() -> list[float]:
        return [number.value for device in told.heartbeat().devices if device.device == "ups" for number in device.measurements]

    assert volts() == [229.0]
    told.cabinet.begin(lost, since=told.speech.now())
    assert volts() == [0.0]
    told.cabinet.end(lost)
    assert volts() == [229.0]
    assert not [device for device in Told(has_ups=False).heartbeat().devices if device.device == "ups"]
