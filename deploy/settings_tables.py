"""Tables of settings: every key of a type with what it may be and what it means, as Markdown, read off the type itself."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
"""One key in the Attributes of a docstring, with its further lines."""

_TITLE = re.compile(r"^(One )?`\[+.*?\]+`: ")
"""A table's name at the head of what it says: in the document it is the heading."""


def section(title: str, model: type[BaseModel]) -> Iterator[str]:
    """Yield the lines about one table and, after them, those about the tables within it.

    Args:
        title: As it stands in the file, e.g. ``[kiosk]``.
        model: Its type.
    """
    yield f"## `{title}`\n"
    yield f"{first_paragraph(model)}\n"
    schema, told = model.model_json_schema(), _sentences(model)
    keys = model.model_fields
    below: list[tuple[str, type[BaseModel]]] = []
    if keys:
        yield "| key | allowed | unless given | |"
        yield "|---|---|---|---|"
    for key, field in keys.items():
        below += [(key, table) for table in models_in(field.annotation)]
        shape = _allowed(schema["properties"][key], schema.get("$defs", {}))
        yield f"| `{key}` | {shape} | {_default(field)} | {told.get(key, '')} |"
    yield ""
    for key, table in below:
        path = title.strip("[]")
        is_list = schema["properties"][key].get("type") == "array"
        yield from section(f"[[{path}.{key}]]" if is_list else f"[{path}.{key}.NAME]", table)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the tables a key holds, however deep they lie in its type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from models_in(inner)


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
        case "object" if shape.get("additionalProperties") is True:
            return "table"
        case "object":
            one: Mapping[str, Any] = shape.get("additionalProperties") or next(
                iter(shape.get("patternProperties", {}).values()), {}
            )
            return f"by name: {_allowed(one, named)}"
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


def first_paragraph(model: type[BaseModel]) -> str:
    """Return what a type says of itself first, on one line."""
    said = inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    told = _TITLE.sub("", said)
    return told[:1].upper() + told[1:]


def _sentences(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what is said of each field: below it, in its description, or among the attributes of its class."""
    told = {key: field.description for key, field in model.model_fields.items() if field.description}
    told |= dict(_ATTRIBUTE.findall(inspect.cleandoc(model.__doc__ or "")))
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for before, after in pairwise(body):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            told[before.target.id] = str(after.value.value)
    return {key: " ".join(sentence.split()).replace("``", "`").replace("|", "\\|") for key, sentence in told.items()}
