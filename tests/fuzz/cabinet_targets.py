"""Hostile power supplies and boards: Megatec lines, upsd's text, Modbus frames."""

import math
from collections.abc import Iterable

from drivers.cabinet import megatec_codec, modbus_codec, nut_codec
from drivers.cabinet.modbus_codec import Function, ModbusExceptionError, ResponseDecoder
from drivers.cabinet.nut_codec import UpsdSaysError, VariablesDecoder
from drivers.cabinet.question import NoAnswerError
from drivers.cabinet.simulated_board import SimulatedBoard
from drivers.cabinet.simulated_line import AnsweringFarEnd
from drivers.cabinet.simulated_ups import SimulatedMegatecUps, SimulatedNutUps
from drivers.cabinet.ups_health import UpsLimits, UpsReading, condition_of, measurements_of, symptoms_of
from tests.fuzz.corpus import said_by
from tests.fuzz.target import Target, allowed, chunks, text_of

LIMITS = UpsLimits(low_charge_percent=20, low_runtime_s=300)
INPUTS, REGISTERS = 8, 4


def _told(make: type[AnsweringFarEnd], questions: Iterable[bytes]) -> tuple[bytes, ...]:
    """What a supply tells well, and with each of its faults."""
    asked = tuple(questions)
    found = list(said_by(make(name="far-end"), asked))  # type: ignore[call-arg]  # each of the three has a name and no more
    for fault in make(name="far-end").givable_faults():  # type: ignore[call-arg]  # as above
        far_end = make(name="far-end")  # type: ignore[call-arg]  # as above
        far_end.give(fault.name, {}, now_s=0)
        found += said_by(far_end, asked)
    return tuple(found)


def _understand(reading: UpsReading) -> None:
    assert condition_of(symptoms_of(reading, LIMITS))
    assert all(math.isfinite(each.value) for each in measurements_of(reading))


def _feed_megatec(payload: bytes) -> None:
    decoder = megatec_codec.StatusDecoder()
    with allowed(NoAnswerError):
        for chunk in chunks(payload):
            reading = decoder.feed(chunk)
            if reading is not None:
                _understand(reading)
    line = text_of(payload)
    with allowed(NoAnswerError):
        _understand(megatec_codec.parse_status(line))
    with allowed(NoAnswerError):
        megatec_codec.parse_identity(line)


def _feed_nut(payload: bytes) -> None:
    decoder = VariablesDecoder("ups")
    with allowed(NoAnswerError, UpsdSaysError):
        for chunk in chunks(payload):
            variables = decoder.feed(chunk)
            if variables is not None:
                _understand(nut_codec.reading_of(variables))
    with allowed(NoAnswerError):
        _understand(nut_codec.reading_of({"ups.status": "OL", "battery.charge": text_of(payload), "ups.load": text_of(payload)}))


def _feed_modbus(payload: bytes) -> None:
    for function, count in ((Function.DISCRETE_INPUTS, INPUTS), (Function.INPUT_REGISTERS, REGISTERS)):
        for whole in (payload, modbus_codec.frame(payload[:300])):
            decoder = ResponseDecoder(function, unit=1, count=count)
            with allowed(ModbusExceptionError):
                for chunk in chunks(whole):
                    data = decoder.feed(chunk)
                    if data is not None and function is Function.DISCRETE_INPUTS:
                        modbus_codec.inputs(data, count=count)
                    elif data is not None:
                        assert -32768 <= modbus_codec.signed_register(data, 0) <= 32767


def targets() -> tuple[Target, ...]:
    """Every part of the cabinet that is asked over a line."""
    board = (modbus_codec.request(function, unit=1, start=0, count=INPUTS) for function in Function)
    return (
        Target(
            name="Megatec",
            modules=("drivers/cabinet/megatec_codec",),
            corpus=_told(SimulatedMegatecUps, (megatec_codec.STATUS, megatec_codec.WHO)),
            feed=_feed_megatec,
        ),
        Target(
            name="NUT",
            modules=("drivers/cabinet/nut_codec",),
            corpus=_told(SimulatedNutUps, (nut_codec.list_variables("ups"), b"VER\n")),
            feed=_feed_nut,
        ),
        Target(name="Modbus", modules=("drivers/cabinet/modbus_codec",), corpus=_told(SimulatedBoard, board), feed=_feed_modbus),
    )
