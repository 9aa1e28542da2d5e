"""The devices of one simulated kiosk as they stand: faults, conditions, supplies, and what can be offered with them."""

from dataclasses import dataclass, replace
from datetime import datetime

from telemetry.simulation.happening import Fault, Level
from telemetry.simulation.services import SERVICES
from telemetry.simulation.wear import MAINS_LOST
from telemetry.wire.messages import DeviceState, FaultState, MeasurementState, Services, SupplyState

BLOCKING = "BLOCKING"
TEMPERATURE = MeasurementState(name="temperature", value=31.5, unit="°C")
MAINS = MeasurementState(name="input", value=229.0, unit="V")
NO_MAINS = MeasurementState(name="input", value=0.0, unit="V")
"""What a UPS measures before it; a service can tell a cut line from a cut supply by the last it heard."""

DEVICES: tuple[tuple[str, str, str], ...] = (
    ("id-card-reader", "id_card_reader", "tty:usb-1.1"),
    ("smartcard-reader", "smartcard_reader", "usb-1.2"),
    ("receipt-printer", "receipt_printer", "tty:usb-1.3"),
    ("document-printer", "document_printer", "ipp://printer"),
    ("camera", "camera", "usb-1.4"),
    ("code-scanner", "code_scanner", "tty:usb-2.1"),
    ("document-scanner", "document_scanner", "usb-2.2"),
    ("ups", "cabinet", "tty:usb-2.3"),
    ("board", "cabinet", "tty:usb-2.4"),
    ("machine", "cabinet", "local"),
    ("network", "cabinet", "eth0"),
    ("display", "display", ""),
    ("platform", "platform", ""),
)
"""Device, its kind on the wire, its port. The last five are parts of every machine; the ups is fitted where the site has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFault:
    """A fault that stands, with ``since`` as this kiosk's clock had it."""

    fault: Fault
    since: datetime
    remedy: str

    @property
    def state(self) -> FaultState:
        """As it is told."""
        fault = self.fault
        return FaultState(
            device=fault.device,
            code=fault.code,
            severity=fault.severity,
            remedy=self.remedy,
            since=self.since,
            detail="simulated",
        )


class Cabinet:
    """What is true of one kiosk now. ``version`` grows with every change, so that what was said of it can be kept."""

    def __init__(self, *, has_ups: bool, vendor: str) -> None:
        self._devices = tuple(device for device in DEVICES if has_ups or device[0] != "ups")
        self._model = f"{vendor}-2"
        self._faults: dict[int, OpenFault] = {}
        self._levels: dict[tuple[str, str], Level] = {}
        self.version = 0

    @property
    def faults(self) -> tuple[FaultState, ...]:
        """Every open fault, in the order they began."""
        return tuple(standing.state for standing in self._faults.values())

    @property
    def services(self) -> Services:
        """How much can be offered."""
        blocked = [standing.fault.device for standing in self._faults.values() if standing.fault.severity == BLOCKING]
        offered = sum(not any(service.is_hindered_by(device) for device in blocked) for service in SERVICES)
        return Services(offered=offered, total=len(SERVICES))

    def condition(self, device: str) -> str:
        """Return a device's condition in one word."""
        standing = [one.fault for one in self._faults.values() if one.fault.device == device]
        if any(fault.code.endswith(".unreachable") for fault in standing):
            return "UNREACHABLE"
        if any(fault.severity == BLOCKING for fault in standing):
            return "FAILED"
        return "DEGRADED" if standing else "READY"

    def begin(self, fault: Fault, *, since: datetime) -> FaultState:
        """Raise a fault; returns it as it is told."""
        return self._put(OpenFault(fault=fault, since=since, remedy=fault.remedy))

    def escalate(self, fault: Fault) -> FaultState | None:
        """Ask for a technician; returns the fault as it is told, or None when it is over."""
        standing = self._faults.get(fault.number)
        return None if standing is None else self._put(replace(standing, remedy="TECHNICIAN"))

    def end(self, fault: Fault) -> FaultState | None:
        """Clear a fault; returns it as it was, or None when it never stood."""
        standing = self._faults.pop(fault.number, None)
        self.version += 1
        return None if standing is None else standing.state

    def set_level(self, level: Level) -> None:
        """Note how much of a supply is left."""
        self._levels[level.device, level.supply] = level
        self.version += 1

    def devices(self, *, read_at: datetime) -> tuple[DeviceState, ...]:
        """Return every device as it is told."""
        return tuple(self._state(name, kind, port, read_at) for name, kind, port in self._devices)

    def device(self, name: str, *, read_at: datetime) -> DeviceState:
        """Return one device as it is told."""
        kind, port = next((kind, port) for device, kind, port in self._devices if device == name)
        return self._state(name, kind, port, read_at)

    def _put(self, standing: OpenFault) -> FaultState:
        self._faults[standing.fault.number] = standing
        self.version += 1
        return standing.state

    def _state(self, name: str, kind: str, port: str, read_at: datetime) -> DeviceState:
        levels = [level for (device, _), level in self._levels.items() if device == name]
        return DeviceState(
            device=name,
            kind=kind,
            condition=self.condition(name),
            read_at=read_at,
            faults=tuple(standing.fault.code for standing in self._faults.values() if standing.fault.device == name),
            supplies=tuple(
                SupplyState(name=level.supply, remaining=level.remaining, low=level.is_low, days_left=level.days_left)
                for level in levels
            ),
            measurements=self._measured(name),
            model=self._model,
            port=port,
        )

    def _measured(self, name: str) -> tuple[MeasurementState, ...]:
        standing = {one.fault.code for one in self._faults.values() if one.fault.device == name}
        if name == "board":
            return (TEMPERATURE,)
        if name != "ups" or any(code.endswith(".unreachable") for code in standing):
            return ()
        return (NO_MAINS if MAINS_LOST[1] in standing else MAINS,)
