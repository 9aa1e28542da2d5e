"""Reading ``kiosk.toml`` and the bureau's settings over it: all of it is good, or every complaint is told at once."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from drivers.catalog import create
from drivers.contract.clock import Clock
from kiosk.config.complaint import complaints, is_secret
from kiosk.config.overlay import by_name, laid_over, own_settings_in
from kiosk.config.tables import DeviceTable, KioskConfig
from provisioning.wire.layering import DEVICES, Tree

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
        origin: ``built-in``, ``local`` (the file) or ``fleet`` (the bureau's document).
    """

    path: str
    value: str
    origin: str


NO_DOCUMENT: Tree = MappingProxyType({})


def load_config(path: Path, *, platform: type[PlatformT], clock: Clock, fleet: Tree = NO_DOCUMENT) -> KioskConfig[PlatformT]:
    """Read the file, strictly, the settings of every driver included.

    Args:
        path: The file, usually ``kiosk.toml``.
        platform: What the platform's client can be told.
        clock: Handed to the drivers that are built, and thrown away, to check their settings.
        fleet: The bureau's settings, laid over the file.

    Raises:
        ConfigError: It cannot be read, a key is unknown or missing, or a value is out of range.
    """
    given = _read_toml(path)
    if fleet:
        if own := tuple(dict.fromkeys(own_settings_in(fleet))):
            raise ConfigError(path, own)
        given = laid_over(given, fleet)
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


def effective(config: KioskConfig[PlatformT], path: Path, *, fleet: Tree = NO_DOCUMENT) -> tuple[Setting, ...]:
    """Every setting in force and where it came from, fit for the log."""
    return tuple(_settings("", config.model_dump(mode="json"), _read_toml(path), fleet))


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


def _settings(path: str, value: object, given: object, fleet: object) -> Iterator[Setting]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            name = f"{path}.{key}" if path else str(key)
            yield from _settings(name, each, _below(given, key), _below(fleet, key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        named = by_name(given) if path == DEVICES else None
        for number, each in enumerate(value):
            name = each.get("name", number + 1)
            mine, wanted = _below(named, name), _below(fleet, name)
            here = {"name": name, **mine} if isinstance(mine, Mapping) else mine
            there = {"name": name, **wanted} if mine is None and isinstance(wanted, Mapping) else wanted
            yield from _settings(f"{path}[{name}]", each, here, there)
    else:
        text = "***" if is_secret(path, value) else json.dumps(value, ensure_ascii=False)
        origin = "built-in" if given is None else "local"
        yield Setting(path=path, value=text, origin=origin if fleet is None else "fleet")


def _below(tree: object, key: object) -> object:
    return tree.get(key) if isinstance(tree, Mapping) else None
