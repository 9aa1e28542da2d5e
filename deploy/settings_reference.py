"""Writes ``docs/fleet-settings.md``: every key of fleet.toml with what it may be, read off the very types that check it.

``python -m deploy.settings_reference``
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from telemetry.fleet.section import Section
from telemetry.fleet.settings import FleetSettings

REFERENCE = Path(__file__).parents[1] / "docs/fleet-settings.md"
HEAD = """\
# fleet.toml, key by key

Written by `make manual` from the types that read the file. An unknown key, a value out of its bounds, or text where a number
belongs means no start, and every complaint is told at once. A file without any of these keys serves: embedded broker, SQLite,
sign-in required. Paths are relative to the file's own folder.
"""


def main() -> None:
    """Write it anew."""
    REFERENCE.write_text(reference(), encoding="utf-8")


def reference() -> str:
    """Return the whole document."""
    parts = [HEAD]
    for name, field in FleetSettings.model_fields.items():
        parts.extend(_section(f"[{name}]", _model_of(field)))
    return "\n".join(parts)


def _section(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## `{title}`\n"
    yield f"{_first_paragraph(model)}\n"
    schema, told = model.model_json_schema(), _docstrings(model)
    yield "| key | allowed | unless given | |"
    yield "|---|---|---|---|"
    below: list[tuple[str, type[BaseModel]]] = []
    for key, field in model.model_fields.items():
        below += [(key, table) for table in _models_in(field.annotation)]
        shape = _allowed(schema["properties"][key], schema.get("$defs", {}))
        yield f"| `{key}` | {shape} | {_default(field)} | {told.get(key, '')} |"
    yield ""
    for key, table in below:
        path = title.strip("[]")
        is_list = schema["properties"][key].get("type") == "array"
        yield from _section(f"[[{path}.{key}]]" if is_list else f"[{path}.{key}.NAME]", table)


def _model_of(field: FieldInfo) -> type[BaseModel]:
    annotation = field.annotation
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"a section of fleet.toml is a {annotation!r}")
    return annotation


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def _allowed(shape: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """Say what a value may be, in words."""
    if reference_to := shape.get("$ref"):
        return _allowed(named[str(reference_to).rsplit("/", 1)[-1]], named)
    if choices := shape.get("enum"):
        return " or ".join(f"`{choice}`" for choice in choices)
    if options := shape.get("anyOf"):
        return " or ".join(_allowed(option, named) for option in options if option.get("type") != "null")
    match shape.get("type"):
        case "integer" | "number" as kind:
            word = "whole number" if kind == "integer" else "number"
            least, most = shape.get("minimum"), shape.get("maximum")
            return word if least is None or most is None else f"{word}, {_number(least)} to {_number(most)}"
        case "boolean":
            return "`true` or `false`"
        case "array":
            return f"list: {_allowed(shape.get('items', {}), named)}"
        case "object" if "properties" in shape:
            return "table, below"
        case "object":
            return f"by name: {_allowed(shape.get('additionalProperties', {}), named)}"
        case "string" if shape.get("format") == "date":
            return "date"
        case _:
            return "text"


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ({}, [], (), ""):
        return "–"
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _first_paragraph(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")


def _docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the sentence below each field, as it stands in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    told: dict[str, str] = {}
    for before, after in pairwise(body):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            sentence = " ".join(str(after.value.value).split())
            told[before.target.id] = sentence.replace("``", "`").replace("|", "\\|")
    return told


if __name__ == "__main__":
    main()
