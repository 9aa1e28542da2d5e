"""The catalogue of drivers: which class drives what the configuration calls ``receipt_printer/escpos``.

A new driver is one file in its class's room and one line here. Modules are named by string and imported only when a
kiosk has such a device, so that a kiosk without a camera never loads one.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from pydantic import BaseModel, ValidationError

from drivers.contract.camera import FaceComparer
from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind


class Over(StrEnum):
    """How a driver reaches its device; the value is the keyword under which it is handed the way there."""

    WIRE = "wire"
    """A byte stream: ``serial:`` or ``tcp:``."""
    SLOT = "slot"
    """A smart-card reader of PC/SC: ``pcsc:``."""
    FRAMES = "frames"
    """Pictures that keep coming: ``v4l2:`` or ``http:``."""
    IPP = "ipp"
    """An IPP printer: ``ipp:``."""
    MACHINE = "machine"
    """This machine itself: ``machine:``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLine:
    """Where a driver is found. Its class is made by keyword with ``name``, the way there (``over``), ``settings``, ``clock``."""

    module: str
    driver: str
    settings: str
    over: Over = Over.WIRE


_WAYS: Mapping[Over, tuple[str, str]] = MappingProxyType(
    {
        Over.WIRE: ("drivers.transport.port_url", "wire_for"),
        Over.SLOT: ("drivers.transport.pcsc", "slot_for"),
        Over.FRAMES: ("drivers.transport.frames", "frames_for"),
        Over.IPP: ("drivers.transport.ipp", "ipp_for"),
        Over.MACHINE: ("drivers.transport.machine", "machine_for"),
    }
)
"""The function that makes the way from the words of a port; called with the port and, by keyword, ``device`` and ``clock``."""


CATALOG: Mapping[str, CatalogLine] = MappingProxyType(
    {
        "id_card_reader/sam": CatalogLine(module="drivers.id_card_reader.sam", driver="SamReader", settings="SamSettings"),
        "receipt_printer/escpos": CatalogLine(
            module="drivers.receipt_printer.escpos", driver="EscPosPrinter", settings="EscPosSettings"
        ),
        "camera/face": CatalogLine(
            module="drivers.camera.face_camera", driver="FaceCamera", settings="CameraSettings", over=Over.FRAMES
        ),
        "document_scanner/overhead": CatalogLine(
            module="drivers.document_scanner.overhead", driver="OverheadScanner", settings="OverheadSettings", over=Over.FRAMES
        ),
        "document_printer/ipp": CatalogLine(
            module="drivers.document_printer.ipp", driver="IppPrinter", settings="IppSettings", over=Over.IPP
        ),
        "smartcard_reader/social_security": CatalogLine(
            module="drivers.smartcard_reader.social_security",
            driver="SocialSecurityReader",
            settings="SocialSecuritySettings",
            over=Over.SLOT,
        ),
        "code_scanner/serial_engine": CatalogLine(
            module="drivers.code_scanner.serial_engine", driver="SerialEngine", settings="SerialEngineSettings"
        ),
        "cabinet/ups_nut": CatalogLine(module="drivers.cabinet.ups_nut", driver="NutUps", settings="NutUpsSettings"),
        "cabinet/ups_megatec": CatalogLine(
            module="drivers.cabinet.ups_megatec", driver="MegatecUps", settings="MegatecUpsSettings"
        ),
        "cabinet/board": CatalogLine(module="drivers.cabinet.board", driver="Board", settings="BoardSettings"),
        "cabinet/machine": CatalogLine(
            module="drivers.cabinet.machine", driver="MachineWatch", settings="MachineSettings", over=Over.MACHINE
        ),
        "cabinet/network": CatalogLine(
            module="drivers.cabinet.network", driver="NetworkWatch", settings="NetworkSettings", over=Over.MACHINE
        ),
    }
)


class _DriverClass(Protocol):
    def __call__(self, *, name: str, settings: BaseModel, clock: Clock, **way: object) -> Device: ...


class _WayMaker(Protocol):
    def __call__(self, port: str, *, device: str, clock: Clock) -> object: ...


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
        port: Where it is, as the maker of its way (``_WAYS``) reads it.
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
    maker_module, maker = _WAYS[line.over]
    way_for = cast("_WayMaker", getattr(importlib.import_module(maker_module), maker))  # as above
    return driver_class(name=name, settings=checked, clock=clock, **{line.over.value: way_for(port, device=name, clock=clock)})


def face_comparer(*, detector: Path | None, recogniser: Path | None, same_person_from: float) -> FaceComparer | None:
    """Make the comparison of faces on this machine; None when no model is configured.

    Raises:
        ValueError: Only one of the two is configured, or a file is no such model; the message names it.
    """
    if detector is None and recogniser is None:
        return None
    module = importlib.import_module("drivers.camera.comparison")  # as a driver's: nobody else loads what compares faces
    settings = cast("type[BaseModel]", module.ComparisonSettings)
    chosen = _checked(settings, {"detector": detector, "recogniser": recogniser, "same_person_from": same_person_from})
    return cast("FaceComparer | None", module.comparer_for(chosen))


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
