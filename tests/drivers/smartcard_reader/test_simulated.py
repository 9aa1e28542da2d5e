"""The virtual card answers as a card does, and a trainer's words are checked."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smartcard_reader.apdu_codec import SOCIAL_SECURITY, read_item, select_application, select_file
from drivers.smartcard_reader.private_pcsc import LONGEST_SOCKET_NAME, PrivatePcsc, RunningPcsc
from drivers.smartcard_reader.samples import SAMPLES
from drivers.smartcard_reader.simulated import SimulatedSmartcardReader
from drivers.smartcard_reader.virtual_card import KINDS, VirtualCard
from drivers.transport.far_end import Attended, ServedFarEnd
from drivers.transport.fault_menu import GivenFaults


def _card(sample: str = "social-security-1", *faults: str) -> VirtualCard:
    given_faults = GivenFaults(KINDS)
    for fault in faults:
        given_faults.give(fault, {})
    card = VirtualCard(SAMPLES[sample], given_faults)
    card.power(is_on=True)
    return card


def _as_far_end(far_end: ServedFarEnd) -> ServedFarEnd:
    return far_end


def _as_attended(far_end: Attended) -> Attended:
    return far_end


def test_a_card_answers_with_the_bytes_of_the_specification() -> None:
    card = _card()
    assert card.answer(read_item(0x08, length=18)) == bytes.fromhex("6985")
    assert card.answer(select_application(SOCIAL_SECURITY)) == bytes.fromhex("9000")
    assert card.answer(select_file(0xEF07)) == bytes.fromhex("6A82")
    assert card.answer(select_file(0xEF06)) == bytes.fromhex("9000")
    assert card.answer(read_item(0x08, length=18)) == b"\x08\x12440804195803120027\x90\x00"
    assert card.answer(read_item(0x08, length=10)) == bytes.fromhex("6C14")
    assert card.answer(read_item(0x77, length=1)) == bytes.fromhex("6A83")
    assert card.answer(bytes.fromhex("0020000003123456")) == bytes.fromhex("6D00")  # it has no PIN to check


def test_a_card_begins_anew_when_it_is_powered_anew() -> None:
    card = _card()
    card.answer(select_application(SOCIAL_SECURITY))
    card.answer(select_file(0xEF06))
    card.power(is_on=True)
    assert card.answer(read_item(0x08, length=18)) == bytes.fromhex("6985")


@given(st.lists(st.binary(max_size=30), max_size=20), st.sampled_from(sorted(SAMPLES)), st.sampled_from(sorted(KINDS)))
def test_no_command_whatever_crashes_it(commands: list[bytes], sample: str, fault: str) -> None:
    card = _card(sample, fault)
    for command in commands:
        answer = card.answer(command)
        assert answer is None or 1 <= len(answer) <= 60_002


def test_every_fault_has_words_and_can_be_given_and_cleared() -> None:
    far_end = SimulatedSmartcardReader(service=RunningPcsc())
    for fault in _as_far_end(far_end).givable_faults():
        assert fault.title
        assert fault.summary.endswith("。")
        far_end.give(fault.name, {}, now_s=0)
        assert fault.title in far_end.holding()["故障"]
        far_end.clear(fault.name, now_s=0)
        assert far_end.holding()["故障"] == "无"


@pytest.mark.parametrize(
    ("fault", "options", "complaint"),
    [
        ("paper-out", {}, "没有故障 'paper-out'，有这些：silent、mute"),
        ("mute", {"for_s": "3"}, "mute 没有选项 'for_s'，有这些：无"),
        ("slow", {"delay_s": "nan"}, "delay_s 写的是 nan，应该是数，0 到 30"),
        ("pulled-mid-read", {"after_apdus": "many"}, "after_apdus 写的是 'many'，应该是整数，0 到 100"),
    ],
)
def test_a_wrong_fault_or_option_is_answered_in_words(fault: str, options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SimulatedSmartcardReader(service=RunningPcsc()).give(fault, options, now_s=0)


def test_what_lies_in_it_is_told_by_its_name_alone() -> None:
    far_end = SimulatedSmartcardReader(service=RunningPcsc(), slot=1)
    assert far_end.port == "pcsc:Virtual PCD 00 01"
    assert "social-security-1" in _as_attended(far_end).samples()
    far_end.insert("social-security-1", now_s=0)
    assert far_end.holding() == {"卡片": "social-security-1", "故障": "无"}
    far_end.remove(now_s=1)
    assert far_end.holding()["卡片"] == "无卡"
    with pytest.raises(ValueError, match="没有卡 'resident-1'"):
        far_end.insert("resident-1", now_s=2)


async def test_a_folder_whose_name_is_too_long_for_a_socket_is_answered_in_words() -> None:
    if reason := PrivatePcsc.cannot_run_because():
        pytest.skip(reason)
    with pytest.raises(OSError, match="too long"):
        await PrivatePcsc(Path("/var") / ("x" * LONGEST_SOCKET_NAME)).start()
