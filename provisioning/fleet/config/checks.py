"""Checks: whether a layer may say what it says, by the kiosk's own types. Pure, but for reading the schema once."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from provisioning.fleet.config.layers import PLACE, Kind, LayerKey, breaches
from provisioning.wire.layering import Tree, at, covers, leaves

SCHEMA = Path(__file__).with_name("kiosk_settings.json")
MOST_PROBLEMS = 20


def problems_of(settings: Tree, locked: tuple[str, ...], *, key: LayerKey, above: Mapping[str, Kind]) -> tuple[str, ...]:
    """Return what is wrong with a layer, each with its path, in words to act on; empty when nothing is.

    Args:
        settings: What it sets.
        locked: What it locks.
        key: Which layer.
        above: What the layers above it lock, with who does.
    """
    found = [_problem(error) for error in _validator().iter_errors(dict(settings))]
    found += [f"{path}: is locked by the {kind} layer; it is changed there" for path, kind in breaches(settings, above).items()]
    if key.kind is not Kind.KIOSK:
        found += [
            f"{place}: where a kiosk stands is set by its own layer alone"
            for place in PLACE
            if any(
                covers(path, place) or covers(place, path) for path, value in leaves(settings) if path != "kiosk" or value is None
            )
        ]
    found += [f"lock: {path}: this layer does not set it" for path in locked if at(settings, path) is None]
    return tuple(dict.fromkeys(found))[:MOST_PROBLEMS]


def known_paths() -> frozenset[str]:
    """Every path the kiosk knows, devices apart: their names are free."""
    tables = _schema()["properties"]
    return frozenset(f"{table}.{key}" for table, about in tables.items() for key in about.get("properties", {}))


def built_in(path: str) -> object:
    """What a kiosk uses where nobody says anything; None where it has no default, or is not known."""
    table, _, key = path.partition(".")
    about = _schema()["properties"].get(table, {}).get("properties", {}).get(key, {})
    return about.get("default")


def _problem(error: jsonschema_rs.ValidationError) -> str:
    deepest = _innermost(error) or error
    path = ".".join(str(part) for part in deepest.instance_path) or "the layer"
    if isinstance(deepest.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return f"{path}: no kiosk knows {', '.join(deepest.kind.unexpected)}, or it is the kiosk's own"
    return f"{path}: {deepest.message[:160]}"


def _innermost(error: jsonschema_rs.ValidationError) -> Any:  # noqa: ANN401  # the library's kinds have no types of their own
    """Of "either this or null" the complaint about this."""
    context = getattr(error.kind, "context", None)
    branches = [branch for branch in context or () if branch]
    if not branches:
        return None
    first = branches[0][0]
    return _innermost(first) or first


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    return schema


@cache
def _validator() -> Any:  # noqa: ANN401  # the library's validators of each draft share no type
    return jsonschema_rs.validator_for(_schema(), validate_formats=True)
