"""The far end of an I/O board: a door switch and a temperature sensor behind Modbus RTU."""

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from drivers.cabinet.modbus_codec import MOST_INPUTS, MOST_REGISTERS, Function, frame
from drivers.cabinet.simulated_line import AnsweringFarEnd
from drivers.transport.fault_menu import TIMES, Kind, Option

USUAL_C = 24.5

REQUEST_LENGTH = 8
"""unit, function, start, count, CRC."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "door-open": Kind(title="柜门打开", summary="柜门开着。"),
        "hot": Kind(
            title="柜内过热",
            summary="柜里太热。",
            options={"celsius": Option(meaning="柜内摄氏度", default=68.0, least=-40, most=125, is_whole=False)},
        ),
        "cold": Kind(
            title="柜内过冷",
            summary="柜里太冷。",
            options={"celsius": Option(meaning="柜内摄氏度", default=-15.0, least=-40, most=125, is_whole=False)},
        ),
        "sensor-broken": Kind(title="温度探头断线", summary="温度读出来是负三千多度。"),
        "wrong-crc": Kind(title="校验错误", summary="应答的校验是坏的，像线接触不良。", options={"times": TIMES}),
        "refuses": Kind(title="拒绝读取", summary="答异常码 02：没有这个地址。", options={"times": TIMES}),
    }
)
"""Fault name -> what it is."""


class SimulatedBoard(AnsweringFarEnd):
    """A board with eight inputs and four registers; the first of each is in use."""

    def __init__(self, *, name: str = "cabinet-board", baud: int = 9600, unit: int = 1) -> None:
        """Make a board in a closed cabinet at 24.5 °C."""
        super().__init__(name=name, title="柜体传感板", baud=baud, kinds=KINDS)
        self._unit = unit

    @override
    def holding(self) -> Mapping[str, str]:
        door = "开" if "door-open" in self._faults else "关"
        return {"柜门": door, "温度": f"{self._tenths() / 10:.1f} °C", "故障": self._faults.titles()}

    @override
    def _questions(self, incoming: bytearray) -> list[bytes]:
        found: list[bytes] = []
        while len(incoming) >= REQUEST_LENGTH:
            candidate = bytes(incoming[:REQUEST_LENGTH])
            if frame(candidate[:-2]) == candidate:
                found.append(candidate[:-2])
                del incoming[:REQUEST_LENGTH]
            else:
                del incoming[0]
        return found

    @override
    def _answer(self, question: bytes) -> bytes:
        unit, function = question[0], question[1]
        start, count = int.from_bytes(question[2:4], "big"), int.from_bytes(question[4:6], "big")
        if unit != self._unit:
            return b""  # it is for another board on the line
        if self._faults.counted("refuses"):
            return frame(bytes((unit, function | 0x80, 2)))
        match function:
            case Function.DISCRETE_INPUTS if 1 <= count <= MOST_INPUTS:
                bits = sum(1 << n - start for n in self._inputs_on() if start <= n < start + count)
                data = bits.to_bytes((count + 7) // 8, "little")
            case Function.INPUT_REGISTERS if 1 <= count <= MOST_REGISTERS:
                values = (self._tenths() if n == 0 else 0 for n in range(start, start + count))
                data = b"".join(value.to_bytes(2, "big", signed=True) for value in values)
            case Function.DISCRETE_INPUTS | Function.INPUT_REGISTERS:
                return frame(bytes((unit, function | 0x80, 3)))
            case _:
                return frame(bytes((unit, function | 0x80, 1)))
        answer = frame(bytes((unit, function, len(data))) + data)
        return answer[:-1] + bytes((answer[-1] ^ 0xFF,)) if self._faults.counted("wrong-crc") else answer

    def _inputs_on(self) -> tuple[int, ...]:
        return (0,) if "door-open" in self._faults else ()

    def _tenths(self) -> int:
        if "sensor-broken" in self._faults:
            return -0x8000
        for fault in ("hot", "cold"):
            if fault in self._faults:
                return round(self._faults.option(fault, "celsius") * 10)
        return round(USUAL_C * 10)
