"""The bench: every simulated device of one kiosk, what lies before it, and the paper that came out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.rig.cable import Cable
from drivers.rig.papers import Papers
from drivers.rig.sheets import Sheets
from drivers.transport.far_end import Attended, GivableFault, ServedFarEnd

TO_COME = "（待发生）"
"""Behind a fault that was given and begins later."""


class NoSuchDeviceError(LookupError):
    """No device of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultNow:
    """A fault that can be given, and whether it is."""

    fault: GivableFault
    is_given: bool


class Bench:
    """All devices. What is asked of them happens at once; the loop carries the consequences."""

    def __init__(
        self,
        devices: Iterable[ServedFarEnd],
        *,
        attended: Mapping[str, Attended],
        papers: Papers,
        sheets: Sheets,
        environment: Mapping[str, str],
    ) -> None:
        """Take the devices.

        Args:
            devices: In the order they are shown.
            attended: By device name, those before which something can be laid.
            papers: Where the receipts that came out are kept.
            sheets: Where the A4 sheets that came out are kept.
            environment: What a kiosk must find in its environment to reach some of them.
        """
        self.devices: Mapping[str, ServedFarEnd] = {device.name: device for device in devices}
        self.papers = papers
        self.sheets = sheets
        self.environment = environment
        self._attended = attended
        self._laid: dict[str, str] = {}

    async def plug_all(self) -> None:
        """Put every plug in. OSError when a port cannot be made."""
        for device in self.devices.values():
            await device.plug()

    async def dispose(self) -> None:
        """Pull every plug for good."""
        for device in self.devices.values():
            await device.dispose()

    def device(self, name: str) -> ServedFarEnd:
        """A device.

        Raises:
            NoSuchDeviceError: There is none of that name.
        """
        if name not in self.devices:
            message = f"没有设备 {name!r}；有：{'、'.join(self.devices)} (no such device)"
            raise NoSuchDeviceError(message)
        return self.devices[name]

    def samples(self, name: str) -> tuple[str, ...]:
        """What can be laid before a device; empty when nothing can."""
        attended = self._attended.get(name)
        return attended.samples() if attended else ()

    def laid(self, name: str) -> str | None:
        """What was laid before a device and not taken away since."""
        return self._laid.get(name)

    def lay(self, name: str, sample: str, *, now_s: float) -> None:
        """Lay a sample before a device, in place of what lies there. ValueError when it takes none, or not this one."""
        self._attendable(name).insert(sample, now_s=now_s)
        self._laid[name] = sample
        self._wake(name)

    def take_away(self, name: str, *, now_s: float) -> None:
        """Take away what lies before a device, if anything does. ValueError when nothing ever can."""
        self._attendable(name).remove(now_s=now_s)
        self._laid.pop(name, None)
        self._wake(name)

    def place_of(self, sample: str) -> str:
        """The device before which a sample belongs. ValueError, with what there is, when it belongs nowhere."""
        for name, attended in self._attended.items():
            if sample in attended.samples():
                return name
        there_are = "、".join(each for attended in self._attended.values() for each in attended.samples())
        message = f"没有样品 {sample!r}；有：{there_are} (no such sample)"
        raise ValueError(message)

    def _attendable(self, name: str) -> Attended:
        self.device(name)
        if name not in self._attended:
            message = f"{name} 前面放不了东西；可以的有：{'、'.join(self._attended)} (nothing can be laid there)"
            raise ValueError(message)
        return self._attended[name]

    def _wake(self, name: str) -> None:
        device = self.devices[name]
        if isinstance(device, Cable):
            device.wake()


def faults_now(device: ServedFarEnd) -> tuple[FaultNow, ...]:
    """Every fault of a device and whether it is given: a device holds its faults by name or title."""
    held = {word.removesuffix(TO_COME) for word in device.holding().get("故障", "").split("、")}
    return tuple(
        FaultNow(fault=fault, is_given=not held.isdisjoint({fault.name, fault.title})) for fault in device.givable_faults()
    )
