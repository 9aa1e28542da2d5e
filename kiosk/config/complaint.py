"""Complaints: what is wrong with a setting, in words an operator can act on. The library's own words stay behind."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

SECRET_WORDS = ("token", "password", "secret", "pin", "key", "credential")

_MUST_BE = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text in quotes",
    "path_type": "a path in quotes",
    "url_type": "an address in quotes",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

Location = Sequence[int | str]


def complaints(error: ValidationError, *, model: type[BaseModel], given: Mapping[str, Any]) -> tuple[str, ...]:
    """One line for every setting that cannot be used: its path, what is wrong with it, what is allowed."""
    schema = model.model_json_schema()
    found = error.errors(include_url=False)
    return tuple(f"{path_of(each['loc'], given)}: {_problem(dict(each), schema)}" for each in found)


def path_of(location: Location, given: Mapping[str, Any]) -> str:
    """The path of a setting as one would look for it, e.g. ``display.width_px`` or ``device[receipt-printer].port``."""
    words: list[str] = []
    here: Any = given
    for part in location:
        here = _step(here, part)
        if isinstance(part, int):
            name = here.get("name") if isinstance(here, Mapping) else None
            words[-1] += f"[{name}]" if isinstance(name, str) else f"[no. {part + 1}]"
        else:
            words.append(part)
    return ".".join(words) or "the file"


def shown(path: str, value: object) -> str:
    """A value as it may be shown: secrets as ``***``, long ones cut."""
    if is_secret(path, value):
        return "***"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def is_secret(path: str, value: object) -> bool:
    """Whether a setting is not to be shown. The name of a file is no secret, what stands in it is."""
    last = path.rpartition(".")[2].lower()
    if last.endswith(("_file", "_dir")):
        return False
    has_user = isinstance(value, str) and "://" in value and "@" in value
    return has_user or any(word in last.split("_") for word in SECRET_WORDS)


def _problem(error: dict[str, Any], schema: dict[str, Any]) -> str:
    kind, location = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(location, schema)
    about = _schema_at(location, schema)
    allowed = _allowed(about)
    if kind == "missing":
        return f"is missing{'; allowed: ' + allowed if allowed else ''}"
    value = shown(".".join(map(str, location)), error["input"])
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}, is {value}{'; allowed: ' + allowed if allowed else ''}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if allowed:
        return f"is {value}; allowed: {allowed}"
    said = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    return f"is {value}; {said[:1].lower()}{said[1:]}"


def _unknown_key(location: Location, schema: dict[str, Any]) -> str:
    known = list(_schema_at(location[:-1], schema).get("properties", {}))
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    meant = f", perhaps {close[0]} was meant" if close else ""
    return f"unknown key{meant}; known here: {', '.join(known) or 'none'}"


def _allowed(about: dict[str, Any]) -> str:
    if "enum" in about:
        return ", ".join(map(str, about["enum"]))
    if "description" in about and "pattern" in about:
        return str(about["description"])
    for lowest, highest, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
    ):
        if lowest in about or highest in about:
            bounds = (about.get(lowest), about.get(highest))
            return _range(*bounds) + unit
    return ""


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def _schema_at(location: Location, schema: dict[str, Any]) -> dict[str, Any]:
    about = schema
    for part in location:
        about = _resolved(about, schema)
        about = about.get("items", {}) if isinstance(part, int) else about.get("properties", {}).get(part, {})
    return _resolved(about, schema)


def _resolved(about: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = about.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else about


def _step(here: Any, part: int | str) -> Any:  # noqa: ANN401  # a file's tree holds anything
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None
