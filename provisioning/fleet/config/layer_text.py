"""A layer as text that people write: TOML, with ``remove`` for what it takes away ``lock`` for what no lower layer sets."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import JsonValue

from provisioning.wire.layering import Tree, leaves

REMOVE, LOCK = "remove", "lock"
BARE = re.compile(r"[A-Za-z0-9_-]+")
LARGEST = 60_000
"""Characters; a document must still fit on the wire."""


class LayerTextError(Exception):
    """The text is no layer; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerText:
    """What a text says."""

    settings: Tree
    locked: tuple[str, ...]


def read(text: str) -> LayerText:
    """Read a layer.

    Raises:
        LayerTextError: It is no TOML, or ``remove`` and ``lock`` are no lists of paths.
    """
    if len(text) > LARGEST:
        raise LayerTextError(f"{len(text)} characters, at most {LARGEST}")
    try:
        tree = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayerTextError(f"is not TOML: {error}") from None
    removed, locked = (_paths(tree.pop(key, []), key) for key in (REMOVE, LOCK))
    settings = _as_json(tree)
    for path in removed:
        _remove(settings, path)
    return LayerText(settings=settings, locked=locked)


def write(settings: Tree, locked: tuple[str, ...] = ()) -> str:
    """Return the text of a layer; what ``read`` makes of it is the same again."""
    removed = [path for path, value in leaves(settings) if value is None]
    lines = [f"{key} = {_value(list(paths))}" for key, paths in ((REMOVE, removed), (LOCK, locked)) if paths]
    return "\n".join([*lines, *_table(settings, ())]).strip() + "\n" if lines or settings else ""


def shown(value: JsonValue) -> str:
    """One value as it stands in the text; what is taken away as ``-``."""
    return "-" if value is None else _value(value)


def _paths(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip(".") for each in value):
        raise LayerTextError(f'{key}: must be a list of paths, e.g. ["device.old-scanner"]')
    return tuple(dict.fromkeys(value))


def _as_json(value: object) -> dict[str, JsonValue]:
    """As JSON has it: a time of TOML is text."""
    table: dict[str, JsonValue] = json.loads(json.dumps(value, default=_moment, allow_nan=True))
    return table


def _moment(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _remove(settings: dict[str, JsonValue], path: str) -> None:
    here = settings
    *above, last = path.split(".")
    for key in above:
        below = here.setdefault(key, {})
        if not isinstance(below, dict):
            raise LayerTextError(f"{REMOVE}: {path} lies below {key}, which is set to a value")
        here = below
    if here.get(last) is not None:
        raise LayerTextError(f"{REMOVE}: {path} is set in the same layer")
    here[last] = None


def _table(tree: Tree, above: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in tree.items() if value is not None and not isinstance(value, dict)}
    tables = {key: value for key, value in tree.items() if isinstance(value, dict)}
    if above and (plain or not tables):
        yield ""
        yield f"[{'.'.join(map(_key, above))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, below in tables.items():
        if below and all(value is None for _, value in leaves(below)):
            continue  # all of it stands in remove
        yield from _table(below, (*above, key))


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: JsonValue) -> str:
    # What JSON writes of words, numbers, truth and lists of them is TOML too; U+007F is not.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
