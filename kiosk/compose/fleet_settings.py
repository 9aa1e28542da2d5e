"""What the bureau may set, written for the fleet service as JSON Schema from the kiosk's own types, drivers' settings included.

``python -m kiosk.compose.fleet_settings`` writes it; a test fails while it is not up to date.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from drivers.catalog import CATALOG
from kiosk.config import KioskConfig
from kiosk.config.overlay import OWN
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import load_services
from provisioning.wire.layering import DEVICES

HOUSE = Path(__file__).parents[2]
FILE = Path("provisioning/fleet/config/kiosk_settings.json")

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""A time of day here; JSON Schema's own wants a zone with it."""
NULL = {"type": "null"}
"""Takes away what lies below."""
SILENT = ("title", "description", "required", "$defs")
"""Words of a schema that say nothing a layer is held to: a layer may leave anything out."""


def settings_schema() -> dict[str, Any]:
    """Return the schema of one layer: every key optional, null allowed, what is the kiosk's own left out."""
    known = [service.id for service in load_services()]
    whole = KioskConfig[PlatformSettings].model_json_schema()
    tables: dict[str, Any] = _plain(whole, whole["$defs"])["properties"]
    device = tables.pop(DEVICES)["items"]["properties"]
    tables = {key: _there(table) for key, table in tables.items()}
    name = device.pop("name")
    for path in OWN:
        table, _, key = path.partition(".")
        del tables[table]["properties"][key]
    tables = {key: table for key, table in tables.items() if table.get("properties", True)}
    tables["services"]["properties"]["offered"] = {
        "type": "array",
        "items": {"enum": known},
        "minItems": 1,
        "maxItems": 64,
        "uniqueItems": True,
    }
    own_hours = tables["hours"]["properties"]["of_service"]["patternProperties"]
    [lines] = own_hours.values()
    own_hours.clear()
    own_hours[f"^({'|'.join(known)})$"] = lines
    tables[DEVICES] = {
        "type": "object",
        "propertyNames": {"pattern": name["pattern"]},
        "maxProperties": 64,
        "additionalProperties": _or_null(
            _table({"driver": {"enum": sorted(CATALOG)}, "port": device["port"], "settings": {"type": "object"}})
            | {"allOf": [_when(driver) for driver in sorted(CATALOG)]}
        ),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the bureau may set on a kiosk",
        "description": "Written from the kiosk's types by python -m kiosk.compose.fleet_settings. Change it there.",
        **_table({key: _closed(table) for key, table in tables.items()}),
    }


def text() -> str:
    """The file."""
    return json.dumps(settings_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _when(driver: str) -> dict[str, Any]:
    line = CATALOG[driver]
    whole = getattr(importlib.import_module(line.module), line.settings).model_json_schema()
    settings = _closed(_plain(whole, whole.get("$defs", {})))
    is_it = {"properties": {"driver": {"const": driver}}, "required": ["driver"]}
    return {"if": is_it, "then": {"properties": {"settings": settings}}}


def _plain(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401  # a schema holds anything
    """The schema with its references put in, without what a layer is not held to."""
    if isinstance(schema, list):
        return [_plain(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        referred = definitions[schema["$ref"].rpartition("/")[2]]
        return _plain(referred | {key: value for key, value in schema.items() if key != "$ref"}, definitions)
    if schema.get("format") == "time":
        return {"type": "string", "pattern": TIME, **({"default": schema["default"]} if "default" in schema else {})}
    kept = {key: value for key, value in schema.items() if key not in SILENT}
    return {
        key: {name: _plain(each, definitions) for name, each in value.items()}
        if key == "properties"
        else _plain(value, definitions)
        for key, value in kept.items()
    }


def _there(table: dict[str, Any]) -> dict[str, Any]:
    """A table that may be left out, as it is where it is there."""
    either: list[dict[str, Any]] = table.get("anyOf", [table])
    return next(each for each in either if each.get("type") == "object")


def _closed(table: dict[str, Any]) -> dict[str, Any]:
    if "patternProperties" in table:
        [(pattern, each)] = table["patternProperties"].items()
        named = {"type": "object", "propertyNames": {"pattern": pattern}, "maxProperties": table["maxProperties"]}
        return named | {"additionalProperties": _or_null(_closed(each))}
    if table.get("type") != "object" or "properties" not in table:
        return table
    return _table({key: _or_null(_closed(value)) for key, value in table["properties"].items()})


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, NULL], **({"default": schema["default"]} if "default" in schema else {})}


if __name__ == "__main__":
    (HOUSE / FILE).write_text(text(), encoding="utf-8")
