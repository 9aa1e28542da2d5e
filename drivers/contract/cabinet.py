"""What the parts of the cabinet are: devices that serve no step of a visit, and whose trouble ends all of them.

Power, door, temperature, clock, disk and network path are ``Device`` s like any other: they have a status with symptoms and
measurements, and nothing else.
"""

from typing import Protocol

from drivers.contract.device import Device


class CabinetPart(Device, Protocol):
    """A part of the cabinet that is watched."""
