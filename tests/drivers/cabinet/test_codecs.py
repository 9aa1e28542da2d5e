"""What passes on the cabinet's wires, with the bytes of the specifications, and whatever else may come."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cabinet.megatec_codec import LineDecoder, StatusDecoder, parse_identity, parse_status
from drivers.cabinet.modbus_codec import (
    Function,
    ModbusExceptionError,
    ResponseDecoder,
    crc16,
    frame,
    inputs,
    request,
    signed_register,
)
from drivers.cabinet.nut_codec import LONGEST_LINE, UpsdSaysError, VariablesDecoder, list_variables, reading_of
from drivers.cabinet.question import AnswerDecoder, NoAnswerError

NUT_LIST = b"""\
VAR ups ups.load "17"
BEGIN LIST VAR ups
VAR ups battery.charge "87"
VAR ups battery.runtime "1420"
VAR ups device.model "Back \\"UPS\\" \\\\ 600"
VAR ups input.voltage "n/a"
VAR ups ups.status "OB DISCHRG LB"
END LIST VAR ups
"""


def test_upsd_is_asked_and_understood_as_the_rfc_says() -> None:
    assert list_variables("ups") == b"LIST VAR ups\n"
    variables = VariablesDecoder("ups").feed(NUT_LIST)
    assert variables is not None
    assert "ups.load" not in variables  # it stood before the beginning of the list
    assert variables["device.model"] == 'Back "UPS" \\ 600'
    reading = reading_of(variables)
    assert (reading.is_on_battery, reading.battery_is_low, reading.charge_percent) == (True, True, 87)
    assert (reading.runtime_s, reading.input_v) == (1420, None)


@pytest.mark.parametrize("word", ["DATA-STALE", "UNKNOWN-UPS", "DRIVER-NOT-CONNECTED", "ACCESS-DENIED"])
def test_what_upsd_refuses_keeps_its_word(word: str) -> None:
    with pytest.raises(UpsdSaysError) as said:
        VariablesDecoder("ups").feed(f"ERR {word}\n".encode())
    assert said.value.word == word


def test_a_list_without_a_status_tells_nothing() -> None:
    with pytest.raises(NoAnswerError, match=r"ups\.status"):
        reading_of({"battery.charge": "100"})


@pytest.mark.parametrize(
    "line", [b"x" * (LONGEST_LINE + 1), b"BEGIN LIST VAR ups\nVAR ups a b\n", b"BEGIN LIST VAR ups\nnonsense\n"]
)
def test_a_list_that_is_none_is_given_up(line: bytes) -> None:
    with pytest.raises(NoAnswerError):
        VariablesDecoder("ups").feed(line)


def test_megatec_is_understood_as_the_manual_shows() -> None:
    reading = parse_status("(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000")
    assert (reading.input_v, reading.load_percent, reading.battery_v, reading.temperature_c) == (208.4, 34, 2.05, 35)
    assert (reading.is_on_battery, reading.has_failed) == (False, True)
    assert parse_status("(000.0 140.0 230.0 112 50.0 10.4 --.- 11001000").is_on_battery
    assert parse_status("(000.0 140.0 230.0 112 50.0 10.4 --.- 11001000").battery_is_low
    assert parse_status("(000.0 140.0 230.0 112 50.0 10.4 --.- 11001000").is_overloaded
    assert parse_identity(f"#{'MAKER':<15} {'MODEL':<10} {'V1.2':<10}").model == "MODEL"


@pytest.mark.parametrize("position", range(1, 46))
def test_a_megatec_line_that_lost_a_character_is_no_answer(position: int) -> None:
    line = "(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000"
    with pytest.raises(NoAnswerError):
        parse_status(line[:position] + line[position + 1 :])


def test_modbus_frames_have_the_bytes_of_the_specification() -> None:
    assert crc16(bytes.fromhex("0207")) == 0x1241  # MODBUS over serial line 1.02, appendix B: 02 07 -> 41 12
    assert request(Function.DISCRETE_INPUTS, unit=1, start=0, count=8) == bytes.fromhex("010200000008 79CC")
    assert request(Function.INPUT_REGISTERS, unit=1, start=0, count=4) == bytes.fromhex("010400000004 F1C9")


def test_modbus_data_is_unpacked() -> None:
    assert inputs(b"\x05\x01", count=9) == (True, False, True, False, False, False, False, False, True)
    assert signed_register(b"\x00\xf5\xff\x6a", 1) == -150


def test_a_modbus_answer_is_found_in_noise_and_byte_by_byte() -> None:
    answer = frame(bytes((1, 2, 1, 0b1)))
    decoder = ResponseDecoder(Function.DISCRETE_INPUTS, unit=1, count=8)
    found = [decoder.feed(bytes((byte,))) for byte in b"\x01\x02\x01\xff\x00" + answer]
    assert found[-1] == b"\x01"
    assert not any(found[:-1])


def test_a_board_that_says_no_is_heard() -> None:
    with pytest.raises(ModbusExceptionError, match="illegal address"):
        ResponseDecoder(Function.INPUT_REGISTERS, unit=1, count=4).feed(frame(bytes((1, 0x84, 2))))


def _decoders() -> tuple[AnswerDecoder[object], ...]:
    return (
        VariablesDecoder("ups"),
        StatusDecoder(),
        LineDecoder("#"),
        ResponseDecoder(Function.DISCRETE_INPUTS, unit=1, count=8),
        ResponseDecoder(Function.INPUT_REGISTERS, unit=1, count=4),
    )


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_whatever_raise_anything_but_that_they_are_no_answer(chunks: list[bytes]) -> None:
    for decoder in _decoders():
        with contextlib.suppress(NoAnswerError, UpsdSaysError):
            for chunk in chunks:
                decoder.feed(chunk)


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(0, len(NUT_LIST)))
def test_no_tear_in_a_list_makes_a_reading_of_another_kind(chunks: list[bytes], at: int) -> None:
    decoder = VariablesDecoder("ups")
    with contextlib.suppress(NoAnswerError, UpsdSaysError):
        for chunk in (NUT_LIST[:at], *chunks, NUT_LIST[at:]):
            if (variables := decoder.feed(chunk)) is not None:
                reading_of(variables)


def test_endless_noise_takes_no_memory() -> None:
    noise = bytes(range(256)).replace(b"\r", b"") * 16
    line, registers = LineDecoder("#"), ResponseDecoder(Function.INPUT_REGISTERS, unit=1, count=4)
    for _ in range(50):
        assert line.feed(noise) is None
        assert registers.feed(noise) is None
    assert max(len(line._line), len(registers._buffer)) < 300
