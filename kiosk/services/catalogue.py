"""Reading the service files, strictly: an unknown key, a missing one or an impossible order of steps stops the start."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.services.service import Service, StepKind
from kiosk.services.topics import TOPICS

SHIPPED = Path(__file__).parent
"""The folder of the services that come with the product."""

OPENING = (StepKind.GUIDE, StepKind.IDENTIFY, StepKind.CONFIRM, StepKind.SUBMIT)
"""How every matter begins: nothing is handed in for a person who was not told, read and asked."""

CLOSING = (StepKind.SHOW, StepKind.PRINT, StepKind.RATE)
"""How a matter may end: any of these, in this order."""


class ServiceFileError(ValueError):
    """A service file cannot be used. The message names the file, the key's path and what was expected."""


class _ServiceFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")
    title: str = Field(min_length=1, max_length=18)
    topic: str = Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")
    icon: str = Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")
    lead: str = Field(min_length=1, max_length=18)
    bring: str = Field(min_length=1, max_length=18)
    result: str = Field(min_length=1, max_length=18)
    print_title: str = Field(max_length=18)
    minutes: int = Field(ge=1, le=120)
    cost_fen: int = Field(ge=0, le=10_000_000)
    steps: list[str] = Field(min_length=1)


def load_services(folder: Path = SHIPPED) -> tuple[Service, ...]:
    """Read every ``*.toml`` in ``folder``; the number at the head of a file's name is its place in the catalogue.

    Raises:
        ServiceFileError: A file is not TOML, has an unknown, missing or out-of-range key, or an id occurs twice.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ServiceFileError(f"{folder}: no service file (*.toml) found")
    return _each_once((path, _load(path)) for path in files)


def _each_once(loaded: Iterable[tuple[Path, Service]]) -> tuple[Service, ...]:
    seen: dict[str, tuple[Path, Service]] = {}
    for path, service in loaded:
        if service.id in seen:
            raise ServiceFileError(f"{path.name}: id: {service.id!r} is already taken by {seen[service.id][0].name}")
        seen[service.id] = (path, service)
    return tuple(service for _, service in seen.values())


def _load(path: Path) -> Service:
    try:
        read = _ServiceFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ServiceFileError(f"{path.name}: cannot be read as TOML: {error}") from error
    except ValidationError as error:
        raise ServiceFileError(
            "; ".join(_in_words(path, problem["loc"], problem["msg"]) for problem in error.errors())
        ) from error
    if read.topic not in TOPICS:
        raise ServiceFileError(f"{path.name}: topic: {read.topic!r} is no topic; allowed are {', '.join(TOPICS)}")
    steps = _steps(path, read.steps)
    if StepKind.PRINT in steps and not read.print_title:
        raise ServiceFileError(f"{path.name}: print_title: a service that prints needs a headline, 1 to 18 characters")
    return Service(**read.model_dump(exclude={"steps"}), steps=steps)


def _steps(path: Path, words: list[str]) -> tuple[StepKind, ...]:
    for place, word in enumerate(words):
        if word not in set(StepKind):
            raise ServiceFileError(f"{path.name}: steps.{place}: {word!r} is no step; allowed are {', '.join(StepKind)}")
    steps = tuple(StepKind(word) for word in words)
    opening, closing = steps[: len(OPENING)], steps[len(OPENING) :]
    if opening != OPENING:
        raise ServiceFileError(f"{path.name}: steps: must begin with {', '.join(OPENING)}")
    if closing != tuple(step for step in CLOSING if step in closing):
        raise ServiceFileError(f"{path.name}: steps: may end with {', '.join(CLOSING)}, each at most once and in this order")
    return steps


def _in_words(path: Path, location: tuple[int | str, ...], message: str) -> str:
    return f"{path.name}: {'.'.join(str(part) for part in location)}: {message}"
