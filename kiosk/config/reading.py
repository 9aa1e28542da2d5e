"""Reading ``kiosk.toml``: all of it is good, or there is no start and every complaint is told at once."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from drivers.catalog import create
from drivers.contract.clock import Clock
from kiosk.config.complaint import complaints, is_secret
from kiosk.config.tables import DeviceTable, KioskConfig

PlatformT = TypeVar("PlatformT", bound=BaseModel)


class ConfigError(Exception):
    """The configuration cannot be used. Its text is for an operator: one line a setting, path first."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join([f"{path} cannot be used:", *(f"  {problem}" for problem in problems)]))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting in force.

    Attributes:
        value: As text; a secret is ``***``.
        origin: ``built-in`` or ``local`` (the file).
    """

    path: str
    value: str
    origin: str


def load_config(path: Path, *, platform: type[PlatformT], clock: Clock) -> KioskConfig[PlatformT]:
    """Read the file, strictly, the settings of every driver included.

    Args:
        path: The file, usually ``kiosk.toml``.
        platform: What the platform's client can be told.
        clock: Handed to the drivers that are built, and thrown away, to check their settings.

    Raises:
        ConfigError: It cannot be read, a key is unknown or missing, or a value is out of range.
    """
    given = _read_toml(path)
    model = KioskConfig[platform]  # type: ignore[valid-type]  # the class is only known when we are called
    try:
        # As JSON, so that strictness is about types and not about lists being no tuples.
        config: KioskConfig[PlatformT] = model.model_validate_json(json.dumps(given, default=str))
    except ValidationError as error:
        raise ConfigError(path, complaints(error, model=model, given=given)) from None
    problems = tuple(_problems_of_devices(config.device, clock))
    if problems:
        raise ConfigError(path, problems)
    return config


def effective(config: KioskConfig[PlatformT], path: Path) -> tuple[Setting, ...]:
    """Every setting in force and where it came from, fit for the log."""
    return tuple(_settings("", config.model_dump(mode="json"), _read_toml(path)))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path, (f"cannot be read: {error.strerror}",)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(path, (f"is not UTF-8 text: byte {error.start}",)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (f"is not TOML: {error}",)) from None


def _problems_of_devices(devices: tuple[DeviceTable, ...], clock: Clock) -> Iterator[str]:
    seen: set[str] = set()
    for device in devices:
        if device.name in seen:
            yield f"device[{device.name}].name: is used twice; every device has a name of its own"
        seen.add(device.name)
        try:
            create(device.driver, name=device.name, port=device.port, settings=device.settings, clock=clock)
        except ValueError as error:
            for complaint in str(error).split("; settings."):
                is_cut = not complaint.startswith(("driver", "port", "settings"))
                yield f"device[{device.name}].{'settings.' if is_cut else ''}{complaint}"


def _settings(path: str, value: object, given: object) -> Iterator[Setting]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            below = given.get(key) if isinstance(given, Mapping) else None
            yield from _settings(f"{path}.{key}" if path else str(key), each, below)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, each in enumerate(value):
            below = given[number] if isinstance(given, list) and number < len(given) else None
            yield from _settings(f"{path}[{each.get('name', number + 1)}]", each, below)
    else:
        text = "***" if is_secret(path, value) else json.dumps(value, ensure_ascii=False)
        yield Setting(path=path, value=text, origin="built-in" if given is None else "local")
