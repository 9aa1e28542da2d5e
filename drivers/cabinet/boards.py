"""Which input of which I/O board is what, as data."""

from dataclasses import dataclass
from enum import StrEnum


class BoardModel(StrEnum):
    """Boards whose register map is known."""

    GENERIC = "generic"
    """Eight inputs from 0, four analogue registers from 0 in tenths of a degree. **Unconfirmed**: a common layout, not yet seen
    on hardware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMap:
    """Where a board keeps what we watch.

    Attributes:
        inputs: How many discrete inputs are read, from 0.
        registers: How many input registers are read, from 0.
        door_input: Number of the input with the door switch.
        temperature_register: Number of the register with the sensor.
        tenths: What one count of the register is worth, in tenths of a degree.
    """

    inputs: int
    registers: int
    door_input: int
    temperature_register: int
    tenths: int = 1


MAPS = {BoardModel.GENERIC: BoardMap(inputs=8, registers=4, door_input=0, temperature_register=0)}
"""Model -> its map."""
