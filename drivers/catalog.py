"""The catalogue of drivers: which class drives what the configuration calls ``receipt_printer/escpos``.

A new driver is one file in its class's room and one line here. Modules are named by string and imported only when a
kiosk has such a device, so that a kiosk without a camera never loads one.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

from pydantic import BaseModel, ValidationError

from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind
from drivers.transport.port_url import wire_for
from drivers.transport.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLine:
    """Where a driver is found. Its class is made with ``name``, ``wire``, ``settings`` and ``clock``, all by keyword."""

    module: str
    driver: str
    settings: str


CATALOG: Mapping[str, CatalogLine] = MappingProxyType(
    {
        "id_card_reader/sam": CatalogLine(module="drivers.id_card_reader.sam", driver="SamReader", settings="SamSettings"),
        "receipt_printer/escpos": CatalogLine(
            module="drivers.receipt_printer.escpos", driver="EscPosPrinter", settings="EscPosSettings"
        ),
    }
)


class _DriverClass(Protocol):
    def __call__(self, *, name: str, wire: Wire, settings: BaseModel, clock: Clock) -> Device: ...


def kind_of(driver: str) -> DeviceKind:
    """Tell the device class of a driver, which is the room it lives in.

    Raises:
        ValueError: The catalogue has no such driver.
    """
    _line(driver)
    return DeviceKind(driver.partition("/")[0])


def create(driver: str, *, name: str, port: str, settings: Mapping[str, object], clock: Clock) -> Device:
    """Build a device from its lines in the configuration. Opens nothing and touches no hardware.

    Args:
        driver: As in the catalogue, e.g. ``id_card_reader/sam``.
        name: Its name in this kiosk, e.g. ``id-card-reader``.
        port: Where it is, as ``drivers.transport.port_url`` reads it.
        settings: The driver's own settings; every one has a default.
        clock: The kiosk's clock.

    Raises:
        ValueError: Unknown driver, port or key, or a value out of range; the message names the key and what is allowed.
    """
    line = _line(driver)
    module = importlib.import_module(line.module)
    # Strings lead here, so types are lost; tests/drivers/test_catalog.py holds every line to this shape.
    settings_class = cast("type[BaseModel]", getattr(module, line.settings))
    driver_class = cast("_DriverClass", getattr(module, line.driver))
    checked = _checked(settings_class, settings)
    return driver_class(name=name, wire=wire_for(port, device=name, clock=clock), settings=checked, clock=clock)


def _line(driver: str) -> CatalogLine:
    try:
        return CATALOG[driver]
    except KeyError:
        raise ValueError(f"driver: there is no {driver!r}; there are: {', '.join(CATALOG)}") from None


def _checked(settings_class: type[BaseModel], settings: Mapping[str, object]) -> BaseModel:
    try:
        return settings_class.model_validate(dict(settings))
    except ValidationError as error:
        complaints = [_complaint(settings_class, problem["loc"], problem["msg"]) for problem in error.errors()]
        raise ValueError("; ".join(complaints)) from None


def _complaint(settings_class: type[BaseModel], where: tuple[int | str, ...], message: str) -> str:
    path = ".".join(("settings", *(str(part) for part in where)))
    properties = cast("dict[str, dict[str, object]]", settings_class.model_json_schema().get("properties", {}))
    known = properties.get(str(where[0])) if where else None
    if known is None:
        return f"{path}: unknown key; allowed are: {', '.join(properties) or 'none'}"
    lowest, highest = (
        next((known[word] for word in words if word in known), None)
        for words in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
    )
    allowed = f" (allowed: {lowest} to {highest})" if lowest is not None and highest is not None else ""
    return f"{path}: {message}{allowed}"
