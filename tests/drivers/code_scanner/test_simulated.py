"""The far end behaves like a scan engine: it obeys frames, lights up, reads what is held there, and forgets without power."""

import re

import pytest

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.samples import SAMPLES
from drivers.code_scanner.simulated import SimulatedScanner
from drivers.transport.far_end import Attended, FarEnd

DONE = gm65_codec.reply(b"\x00")
TRIGGER = bytes.fromhex("7E 00 08 01 00 02 01 AB CD")
ON_COMMAND = gm65_codec.write(0x0000, b"\xd5")


@pytest.fixture
def scanner() -> SimulatedScanner:
    scanner = SimulatedScanner()
    scanner.receive(ON_COMMAND, now_s=0.0)
    assert scanner.transmit(now_s=0.5) == DONE
    return scanner


def test_it_is_a_far_end_before_which_something_can_be_held(scanner: SimulatedScanner) -> None:
    hosted: tuple[FarEnd, Attended] = (scanner, scanner)
    assert hosted[0].baud == 9600
    assert {"phone-identity-1", "phone-payment-1", "receipt-qr"} <= set(hosted[1].samples())


def test_samples_look_like_what_phones_show_and_belong_to_nobody() -> None:
    assert re.fullmatch(r"ZZID1-[0-9a-f]{32}", SAMPLES["phone-identity-1"])
    assert re.fullmatch(r"13[0-9]{16}", SAMPLES["phone-payment-1"])
    assert SAMPLES["phone-identity-1"] != SAMPLES["phone-identity-2"]
    assert SAMPLES["phone-payment-1"] != SAMPLES["phone-payment-2"]


def test_a_code_is_read_only_while_the_light_is_on(scanner: SimulatedScanner) -> None:
    scanner.insert("phone-payment-1", now_s=1.0)
    assert scanner.transmit(now_s=5.0) == b""
    scanner.receive(TRIGGER, now_s=5.0)
    assert scanner.light_is_on
    assert scanner.transmit(now_s=6.0) == DONE + SAMPLES["phone-payment-1"].encode() + b"\r"
    assert not scanner.light_is_on


def test_it_gives_up_by_itself_after_five_seconds(scanner: SimulatedScanner) -> None:
    scanner.receive(TRIGGER, now_s=1.0)
    assert scanner.next_due_s(now_s=1.0) is not None
    scanner.transmit(now_s=5.9)
    assert scanner.light_is_on
    scanner.transmit(now_s=6.1)
    assert not scanner.light_is_on


def test_one_as_delivered_reads_by_its_button_alone() -> None:
    scanner = SimulatedScanner()
    scanner.insert("phone-payment-1", now_s=0.0)
    scanner.receive(TRIGGER, now_s=1.0)
    assert scanner.transmit(now_s=9.0) == DONE


def test_a_setup_code_turns_the_port_off_until_the_power_is_lost(scanner: SimulatedScanner) -> None:
    scanner.insert("setup-code", now_s=1.0)
    scanner.receive(TRIGGER, now_s=1.0)
    assert scanner.transmit(now_s=2.0) == DONE
    assert scanner.holding()["输出"] == "被设置码关了"
    scanner.unplug(now_s=3.0)
    scanner.plug(now_s=4.0)
    assert scanner.holding()["输出"] == "串口"


def test_registers_that_were_not_saved_are_lost_with_the_power(scanner: SimulatedScanner) -> None:
    ask = gm65_codec.read(0x0000, 1)
    for at_s, saved, expected in ((10.0, False, b"\xd4"), (20.0, True, b"\xd5")):
        scanner.receive(ON_COMMAND + (gm65_codec.save() if saved else b""), now_s=at_s)
        scanner.transmit(now_s=at_s + 1)
        scanner.unplug(now_s=at_s + 2)
        scanner.plug(now_s=at_s + 3)
        scanner.receive(ask, now_s=at_s + 4)
        assert scanner.transmit(now_s=at_s + 5) == gm65_codec.reply(expected)


def test_it_hears_nothing_while_it_starts_or_is_unplugged(scanner: SimulatedScanner) -> None:
    scanner.unplug(now_s=1.0)
    scanner.receive(TRIGGER, now_s=2.0)
    scanner.plug(now_s=3.0)
    scanner.receive(TRIGGER, now_s=3.1)
    assert scanner.transmit(now_s=9.0) == b""


def test_what_is_held_there_is_shown_by_name_and_typed_text_by_its_length(scanner: SimulatedScanner) -> None:
    assert scanner.holding()["面前的码"] == "无"
    scanner.insert("phone-payment-1", now_s=1.0)
    assert scanner.holding()["面前的码"] == "phone-payment-1"
    scanner.insert("code:330102199001011234", now_s=1.0)
    assert scanner.holding()["面前的码"] == "自定内容（18 字）"
    scanner.remove(now_s=2.0)
    assert scanner.holding()["面前的码"] == "无"


@pytest.mark.parametrize("sample", ["phone-identity-9", "", "code:"])
def test_an_unknown_sample_is_answered_with_those_there_are(scanner: SimulatedScanner, sample: str) -> None:
    with pytest.raises(ValueError, match="phone-identity-1"):
        scanner.insert(sample, now_s=0.0)


@pytest.mark.parametrize(
    ("fault", "options", "says"),
    [
        ("jam", {}, "没有故障"),
        ("slow", {"gap": "1"}, "gap_s"),
        ("slow", {"gap_s": "much"}, "0 到 2"),
        ("flood", {"bytes": "0"}, "1 到"),
    ],
)
def test_a_mistyped_fault_is_explained(scanner: SimulatedScanner, fault: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        scanner.give(fault, options, now_s=0.0)


@pytest.mark.parametrize("fault", [fault.name for fault in SimulatedScanner().givable_faults() if fault.name != "forgets"])
def test_every_fault_can_be_given_seen_and_cleared(scanner: SimulatedScanner, fault: str) -> None:
    scanner.give(fault, {}, now_s=1.0)
    assert scanner.holding()["故障"] != "无"
    scanner.clear(fault, now_s=1.0)
    assert scanner.holding()["故障"] == "无"
    scanner.insert("phone-identity-1", now_s=2.0)
    scanner.transmit(now_s=2.0)
    scanner.receive(TRIGGER, now_s=2.0)
    assert scanner.transmit(now_s=9.0).endswith(SAMPLES["phone-identity-1"].encode() + b"\r")
