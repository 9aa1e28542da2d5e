import importlib
import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers.catalog import CATALOG, Over, create, face_comparer, kind_of
from drivers.contract.device import DeviceKind
from tests.fakes.clock import FakeClock

PORTS = {
    Over.WIRE: "serial:/dev/ttyUSB0",
    Over.SLOT: "pcsc:ACR39U",
    Over.FRAMES: "v4l2:/dev/video0",
    Over.IPP: "ipp://127.0.0.1:631/ipp/print",
    Over.MACHINE: "machine:/",
}
"""A port of each way, as it would stand in a configuration."""


@pytest.mark.parametrize("driver", CATALOG)
def test_every_line_leads_to_a_driver_and_its_settings(driver: str) -> None:
    line = CATALOG[driver]
    module = importlib.import_module(line.module)
    settings = getattr(module, line.settings)
    assert issubclass(settings, BaseModel)
    assert settings.model_config.get("extra") == "forbid"
    assert settings.model_config.get("frozen") is True
    settings()  # every setting has a default
    parameters = inspect.signature(getattr(module, line.driver)).parameters
    assert list(parameters) == ["name", line.over.value, "settings", "clock"]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters.values())


@pytest.mark.parametrize("driver", CATALOG)
def test_every_line_makes_a_device_of_its_kind(driver: str) -> None:
    device = create(driver, name="a-device", port=PORTS[CATALOG[driver].over], settings={}, clock=FakeClock())
    assert (device.name, device.kind) == ("a-device", kind_of(driver))


@pytest.mark.parametrize("driver", CATALOG)
def test_every_number_in_settings_has_bounds(driver: str) -> None:
    line = CATALOG[driver]
    settings = getattr(importlib.import_module(line.module), line.settings)
    for name, shape in settings.model_json_schema()["properties"].items():
        if shape.get("type") in ("number", "integer") and "enum" not in shape:
            assert {"minimum", "exclusiveMinimum"} & set(shape), name
            assert {"maximum", "exclusiveMaximum"} & set(shape), name


def test_the_kind_is_the_room() -> None:
    assert kind_of("id_card_reader/sam") is DeviceKind.ID_CARD_READER
    assert kind_of("receipt_printer/escpos") is DeviceKind.RECEIPT_PRINTER


def test_an_unknown_driver_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="id_card_reader/sam, receipt_printer/escpos"):
        kind_of("id_card_reader/other")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"retrys": 3}, r"settings\.retrys: unknown key; allowed are: dialect, poll_interval_s"),
        ({"retries": 9}, r"settings\.retries: .*\(allowed: 0 to 3\)"),
        ({"poll_interval_s": 0.01}, r"settings\.poll_interval_s: .*\(allowed: 0\.2 to 0\.3\)"),
        ({"dialect": "klingon"}, r"settings\.dialect: .*'standard' or 'vendor-00'"),
        ({"retries": 9, "nonsense": 1}, r"settings\.retries: .*settings\.nonsense: unknown key"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        create("id_card_reader/sam", name="r", port="serial:/dev/ttyUSB0", settings=settings, clock=FakeClock())


def test_no_models_no_comparison_of_faces_on_this_machine() -> None:
    assert face_comparer(detector=None, recogniser=None, same_person_from=0.4) is None


def test_one_model_without_the_other_is_refused_by_name(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"recogniser is not configured"):
        face_comparer(detector=model, recogniser=None, same_person_from=0.4)
    with pytest.raises(ValueError, match=r"settings\.detector"):
        face_comparer(detector=tmp_path / "missing.onnx", recogniser=model, same_person_from=0.4)
