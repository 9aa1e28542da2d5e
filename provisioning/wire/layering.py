"""Layering: how one tree of settings lies over another. Pure, and one rule for bureau and kiosk.

Tables merge key by key; everything else, a list too, is replaced whole. Devices are a table by name, so that one of them can be
changed without repeating the rest. Null takes away what lies below, down to the kiosk's own file.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pydantic import JsonValue

Tree: TypeAlias = Mapping[str, JsonValue]
"""Settings as a file or a document holds them."""

DEVICES = "device"
"""The table whose keys are names of devices; in ``kiosk.toml`` it is a list."""


def overlaid(below: Tree, above: Tree) -> dict[str, JsonValue]:
    """Return both, ``above`` winning. A null of ``above`` stays, to take away what lies further below."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, dict) and isinstance(under, dict):
            merged[key] = overlaid(under, value)
        elif isinstance(value, dict):
            merged[key] = overlaid({}, value)
        else:
            merged[key] = value
    return merged


def without_nulls(tree: Tree) -> dict[str, JsonValue]:
    """Return what is left once every null has taken away its key."""
    return {key: without_nulls(value) if isinstance(value, dict) else value for key, value in tree.items() if value is not None}


def leaves(tree: Tree, above: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Every setting with its path, e.g. ``display.width_px``; an empty table is one, for it says that there is such a thing."""
    for key, value in tree.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, dict) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def at(tree: Tree, path: str) -> JsonValue:
    """Return what stands at a path, None when nothing does."""
    here: JsonValue = dict(tree)
    for key in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(key)
    return here


def covers(path: str, other: str) -> bool:
    """Say whether a path is another one, or above it: ``device.scanner`` covers ``device.scanner.port``."""
    return other == path or other.startswith(f"{path}.")
