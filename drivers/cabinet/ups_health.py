"""What a power supply's reading amounts to, whatever protocol told it. Pure."""

from dataclasses import dataclass

from drivers.contract.status import Condition, Measurement, Symptom


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsReading:
    """How a power supply is now. None where it does not say.

    Attributes:
        is_on_battery: The mains are gone.
        battery_is_low: It says itself that the battery is nearly empty, or that it is about to switch off.
        battery_is_bad: The battery has to be replaced.
        has_failed: The supply itself is broken, or switched off.
    """

    is_on_battery: bool
    battery_is_low: bool = False
    battery_is_bad: bool = False
    is_overloaded: bool = False
    has_failed: bool = False
    charge_percent: float | None = None
    runtime_s: float | None = None
    input_v: float | None = None
    battery_v: float | None = None
    load_percent: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsLimits:
    """From where on the battery counts as nearly empty even if the supply does not say so."""

    low_charge_percent: float
    low_runtime_s: float


def symptoms_of(reading: UpsReading, limits: UpsLimits) -> tuple[Symptom, ...]:
    """Tell what is wrong. An empty battery on mains is being charged, and is nobody's business."""
    found: list[Symptom] = []
    if reading.is_on_battery:
        left = _left(reading)
        if _is_nearly_empty(reading, limits):
            found.append(Symptom(code="cabinet.battery_low", detail=f"on battery, nearly empty{left}"))
        found.append(Symptom(code="cabinet.mains_lost", detail=f"on battery{left}"))
    if reading.has_failed:
        found.append(Symptom(code="cabinet.ups_failed", detail="the supply reports its own failure, or is switched off"))
    if reading.battery_is_bad:
        found.append(Symptom(code="cabinet.battery_bad", detail="the supply asks for a new battery"))
    if reading.is_overloaded:
        load = "" if reading.load_percent is None else f": {reading.load_percent:.0f} %"
        found.append(Symptom(code="cabinet.overload", detail=f"more is plugged in than it carries{load}"))
    return tuple(found)


def condition_of(symptoms: tuple[Symptom, ...]) -> Condition:
    """READY, or DEGRADED with whatever is wrong; FAILED is said of a device that cannot be asked to do its work."""
    return Condition.DEGRADED if symptoms else Condition.READY


def measurements_of(reading: UpsReading) -> tuple[Measurement, ...]:
    """The numbers for a maintainer."""
    numbers = (
        ("battery", reading.charge_percent, "%"),
        ("runtime", reading.runtime_s, "s"),
        ("input", reading.input_v, "V"),
        ("battery_voltage", reading.battery_v, "V"),
        ("load", reading.load_percent, "%"),
        ("temperature", reading.temperature_c, "°C"),
    )
    return tuple(Measurement(name=name, value=value, unit=unit) for name, value, unit in numbers if value is not None)


def _is_nearly_empty(reading: UpsReading, limits: UpsLimits) -> bool:
    return (
        reading.battery_is_low
        or (reading.charge_percent is not None and reading.charge_percent < limits.low_charge_percent)
        or (reading.runtime_s is not None and reading.runtime_s < limits.low_runtime_s)
    )


def _left(reading: UpsReading) -> str:
    parts = [f"{reading.charge_percent:.0f} %"] if reading.charge_percent is not None else []
    if reading.runtime_s is not None:
        parts.append(f"{reading.runtime_s:.0f} s left")
    return f" ({', '.join(parts)})" if parts else ""
