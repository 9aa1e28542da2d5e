"""The far end of a cable: what a simulated device of any class does with bytes.

A far end is a protocol engine without threads, sockets or a clock of its own. In unit tests it sits on a memory wire;
the rig hosts the same object on a real pty or TCP port. Whoever hosts it hands it the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class GivableFault:
    """A fault that a far end can be made to show.

    Attributes:
        name: As typed, e.g. ``paper-out``.
        title: In Chinese, for the rig's page, e.g. ``缺纸``.
        summary: One sentence on what the device then does.
        options: Option name -> what it means, with unit, default and range.
    """

    name: str
    title: str
    summary: str
    options: Mapping[str, str]


class FarEnd(Protocol):
    """One simulated device. All times are monotonic seconds given by the host."""

    @property
    def name(self) -> str:
        """Its name in the rig, e.g. ``receipt-printer``."""

    @property
    def title(self) -> str:
        """In Chinese, for the rig's page, e.g. ``凭条打印机``."""

    @property
    def baud(self) -> int | None:
        """Line speed at which the host paces bytes both ways, or None where there is no line speed (TCP)."""

    def receive(self, payload: bytes, *, now_s: float) -> None:
        """Take bytes that arrived from the kiosk."""

    def transmit(self, *, now_s: float) -> bytes:
        """Return, and forget, the bytes the device has sent by ``now_s``."""

    def next_due_s(self, *, now_s: float) -> float | None:
        """When ``transmit`` will next have something, or the device will next do something; None when idle."""

    def plug(self, *, now_s: float) -> None:
        """The cable was put in; a device powered over it starts anew."""

    def unplug(self, *, now_s: float) -> None:
        """The cable was pulled, perhaps in the middle of a frame."""

    def givable_faults(self) -> tuple[GivableFault, ...]:
        """Every fault this device can be made to show."""

    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        """Make the device show a fault. ValueError, in words a trainer can act on, for an unknown name or option."""

    def clear(self, fault: str | None, *, now_s: float) -> None:
        """End one fault, or all of them."""

    def holding(self) -> Mapping[str, str]:
        """What the device holds now, Chinese label -> value: paper left, the card on it, active faults."""


class Attended(Protocol):
    """A far end before which a person can lay, hold or put something: a card, a code, a sheet of paper, a face."""

    def samples(self) -> tuple[str, ...]:
        """What can be laid there, e.g. ``resident-1``."""

    def insert(self, sample: str, *, now_s: float) -> None:
        """Lay it there, in place of what lies there. ValueError, in words a trainer can act on, when there is none such."""

    def remove(self, *, now_s: float) -> None:
        """Take away what lies there, if anything does."""


class ServedFarEnd(Protocol):
    """A far end that speaks a network protocol whole (HTTP, IPP, a virtual card) and so serves its port itself.

    The rig treats it as it treats a cable with a far end. Lives on the running loop; may also be ``Attended``.
    """

    @property
    def name(self) -> str:
        """Its name in the rig, e.g. ``camera``."""

    @property
    def title(self) -> str:
        """In Chinese, for the rig's page, e.g. ``摄像头``."""

    @property
    def port(self) -> str:
        """Where it leads, as it stands in ``kiosk.toml``; known once plugged for the first time, and the same for ever."""

    @property
    def is_plugged(self) -> bool:
        """Whether it can be reached at all."""

    @property
    def is_held(self) -> bool:
        """Whether somebody is connected now."""

    async def plug(self) -> None:
        """Begin to serve. Twice is fine. OSError when the port cannot be made."""

    async def unplug(self) -> None:
        """Vanish at once, perhaps in the middle of an answer. Twice is fine."""

    async def dispose(self) -> None:
        """Vanish for good and let go of everything."""

    def givable_faults(self) -> tuple[GivableFault, ...]:
        """Every fault this device can be made to show."""

    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        """Make the device show a fault. ValueError, in words a trainer can act on, for an unknown name or option."""

    def clear(self, fault: str | None, *, now_s: float) -> None:
        """End one fault, or all of them."""

    def holding(self) -> Mapping[str, str]:
        """What the device holds now, Chinese label -> value; under ``故障`` the active faults' titles joined by ``、``."""
