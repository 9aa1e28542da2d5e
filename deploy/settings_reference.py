"""Writes ``docs/fleet-settings.md`` and ``docs/kiosk-settings.md``: every key, read off the very types that check it.

``python -m deploy.settings_reference``
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deploy.settings_tables import models_in, section
from drivers.catalog import CATALOG
from kiosk.config import KioskConfig
from kiosk.config.overlay import OWN
from kiosk.gateway.settings import PlatformSettings
from provisioning.wire.layering import DEVICES
from telemetry.fleet.settings import FleetSettings

DOCS = Path(__file__).parents[1] / "docs"
FLEET_HEAD = """\
# fleet.toml, key by key

Written by `make manual` from the types that read the file. An unknown key, a value out of its bounds, or text where a number
belongs means no start, and every complaint is told at once. A file without any of these keys serves: embedded broker, SQLite,
sign-in required. Paths are relative to the file's own folder.
"""
KIOSK_HEAD = """\
# kiosk.toml, key by key

Written by `make manual` from the types that read the file. An unknown key, a value out of its bounds, or text where a number
belongs means no start, and every complaint is told at once; `zhizhu-kiosk discover` prints the `[[device]]` lines to paste.

The bureau may set every one of these in its layers, too, and what it sets goes before the file. In a layer the devices are a
table by name (`device.receipt-printer.port`), and null takes away what lies below. A document is tried when nobody is at the
screen, and a kiosk that does not work under it goes back by itself. The kiosk's own are, and no document sets them:

{own}
"""


def main() -> None:
    """Write both anew."""
    for path, written in REFERENCES.items():
        path.write_text(written(), encoding="utf-8")


def fleet_reference() -> str:
    """Return all of fleet.toml."""
    parts = [FLEET_HEAD]
    for name, field in FleetSettings.model_fields.items():
        parts.extend(section(f"[{name}]", _table_of(field)))
    return "\n".join(parts)


def kiosk_reference() -> str:
    """Return all of kiosk.toml, and what each driver can be told."""
    parts = [KIOSK_HEAD.format(own="\n".join(f"- `{path}`" for path in OWN))]
    for name, field in KioskConfig[PlatformSettings].model_fields.items():
        parts.extend(section(_title(name, field), _table_of(field)))
    for driver in sorted(CATALOG):
        parts.extend(_driver(driver))
    return "\n".join(parts)


REFERENCES: Mapping[Path, Callable[[], str]] = {
    DOCS / "fleet-settings.md": fleet_reference,
    DOCS / "kiosk-settings.md": kiosk_reference,
}
"""Each document, and what writes it."""


def _driver(driver: str) -> Iterator[str]:
    line = CATALOG[driver]
    settings: type[BaseModel] = getattr(importlib.import_module(line.module), line.settings)
    yield from section(f"[device.settings] of {driver}", settings)


def _title(name: str, field: FieldInfo) -> str:
    if name == DEVICES:
        return f"[[{name}]]"
    return f"[{name}.NAME]" if field.default_factory is dict else f"[{name}]"


def _table_of(field: FieldInfo) -> type[BaseModel]:
    [table] = models_in(field.annotation)
    return table


if __name__ == "__main__":
    main()
