"""Modbus RTU, as far as a watching board needs it: reading discrete inputs (02) and input registers (04).

``unit | function | data | CRC``, the CRC-16 with the low byte first (MODBUS over serial line 1.02, 2.5.1.2 and appendix B).
"""

from enum import IntEnum

from typing_extensions import override

from drivers.cabinet.question import AnswerDecoder, NoAnswerError

MOST_INPUTS = 2000
MOST_REGISTERS = 125
"""MODBUS application protocol 1.1b3, 6.2 and 6.4."""


class Function(IntEnum):
    """What a board is asked for."""

    DISCRETE_INPUTS = 0x02
    INPUT_REGISTERS = 0x04


EXCEPTIONS = {1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "the device failed", 6: "the device is busy"}
"""Exception code -> in words (application protocol, 7)."""


class ModbusExceptionError(NoAnswerError):
    """The board understood and said no."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the board answered exception {code:02X} ({EXCEPTIONS.get(code, 'unknown')})")
        self.code = code


def crc16(payload: bytes) -> int:
    """The check of a frame: polynomial A001, beginning with FFFF."""
    crc = 0xFFFF
    for byte in payload:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def frame(payload: bytes) -> bytes:
    """Add the check."""
    return payload + crc16(payload).to_bytes(2, "little")


def request(function: Function, *, unit: int, start: int, count: int) -> bytes:
    """Ask for ``count`` inputs or registers from ``start``, counted from 0."""
    return frame(bytes((unit, function)) + start.to_bytes(2, "big") + count.to_bytes(2, "big"))


class ResponseDecoder(AnswerDecoder[bytes]):
    """Waits for the answer to one request and returns its data. Noise before it is skipped byte by byte."""

    def __init__(self, function: Function, *, unit: int, count: int) -> None:
        length = (count + 7) // 8 if function is Function.DISCRETE_INPUTS else count * 2
        self._good = bytes((unit, function, length))
        self._bad = bytes((unit, function | 0x80))
        self._good_length = 3 + length + 2
        self._buffer = bytearray()

    @override
    def feed(self, chunk: bytes) -> bytes | None:
        self._buffer += chunk
        while len(self._buffer) >= 5:
            if self._buffer.startswith(self._good):
                if len(self._buffer) < self._good_length:
                    return None
                whole = bytes(self._buffer[: self._good_length])
                if frame(whole[:-2]) == whole:
                    return whole[3:-2]
            elif self._buffer.startswith(self._bad) and frame(bytes(self._buffer[:3])) == self._buffer[:5]:
                raise ModbusExceptionError(self._buffer[2])
            del self._buffer[0]
        return None


def inputs(data: bytes, *, count: int) -> tuple[bool, ...]:
    """Unpack discrete inputs: eight in a byte, the first in the lowest bit."""
    return tuple(bool(data[n // 8] >> n % 8 & 1) for n in range(count))


def signed_register(data: bytes, index: int) -> int:
    """One register as a signed number."""
    return int.from_bytes(data[2 * index : 2 * index + 2], "big", signed=True)
