"""Reading the service files, strictly: an unknown key, a missing one or an impossible order of steps stops the start."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.services.service import Capability, Paper, Service, StepKind
from kiosk.services.topics import TOPICS

SHIPPED = Path(__file__).parent
"""The folder of the services that come with the product."""

OPENING = (StepKind.GUIDE, StepKind.IDENTIFY, StepKind.CONFIRM)
"""How every matter begins: nothing is handed in for a person who was not told, read and asked."""

ON_THE_WAY = (StepKind.FACE, StepKind.SCAN, StepKind.PAY)
"""What a matter may ask for before it is handed in: any of these, in this order; money is taken last."""

CLOSING = (StepKind.SHOW, StepKind.PRINT, StepKind.RATE)
"""How a matter may end: any of these, in this order."""

STAND_INS: Mapping[Capability, frozenset[Capability]] = {
    Capability.READ_ID_CARD: frozenset({Capability.READ_SOCIAL_SECURITY_CARD, Capability.READ_PHONE_CODE}),
    Capability.TAKE_FACE: frozenset({Capability.READ_PHONE_CODE}),
    Capability.PRINT_RECEIPT: frozenset({Capability.PRINT_DOCUMENT, Capability.SHOW_ON_SCREEN}),
    Capability.PRINT_DOCUMENT: frozenset({Capability.PRINT_RECEIPT, Capability.SHOW_ON_SCREEN}),
}
"""What may take the place of what: another way to say who one is, another proof, another paper."""


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
    paper: str = "print_receipt"
    stand_ins: dict[str, list[str]] = Field(default_factory=dict)
    without_face: bool = True
    scan_hint: str = Field(default="", max_length=12)
    may_continue_print: bool = False


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
    service = Service(
        **read.model_dump(exclude={"steps", "paper", "stand_ins"}),
        steps=steps,
        paper=_paper(path, read.paper),
        stand_ins=_stand_ins(path, read.stand_ins),
    )
    _check_sense(path, service)
    return service


def _steps(path: Path, words: list[str]) -> tuple[StepKind, ...]:
    for place, word in enumerate(words):
        if word not in set(StepKind):
            raise ServiceFileError(f"{path.name}: steps.{place}: {word!r} is no step; allowed are {', '.join(StepKind)}")
    steps = tuple(StepKind(word) for word in words)
    if steps[: len(OPENING)] != OPENING:
        raise ServiceFileError(f"{path.name}: steps: must begin with {', '.join(OPENING)}")
    rest = steps[len(OPENING) :]
    if StepKind.SUBMIT not in rest:
        raise ServiceFileError(f"{path.name}: steps: must hand in: {StepKind.SUBMIT} is missing")
    place = rest.index(StepKind.SUBMIT)
    between, closing = rest[:place], rest[place + 1 :]
    if between != tuple(step for step in ON_THE_WAY if step in between):
        raise ServiceFileError(
            f"{path.name}: steps: before {StepKind.SUBMIT} may stand {', '.join(ON_THE_WAY)}, each at most once and in this order"
        )
    if closing != tuple(step for step in CLOSING if step in closing):
        raise ServiceFileError(f"{path.name}: steps: may end with {', '.join(CLOSING)}, each at most once and in this order")
    return steps


def _paper(path: Path, word: str) -> Paper:
    if word not in set(Paper):
        raise ServiceFileError(f"{path.name}: paper: {word!r} is no paper; allowed are {', '.join(Paper)}")
    return Paper(word)


def _stand_ins(path: Path, words: Mapping[str, list[str]]) -> dict[Capability, tuple[Capability, ...]]:
    stand_ins: dict[Capability, tuple[Capability, ...]] = {}
    for needed, others in words.items():
        if needed not in set(STAND_INS):
            raise ServiceFileError(
                f"{path.name}: stand_ins.{needed}: nothing can take its place; allowed are {', '.join(STAND_INS)}"
            )
        allowed = STAND_INS[Capability(needed)]
        for place, other in enumerate(others):
            if other not in set(allowed):
                raise ServiceFileError(
                    f"{path.name}: stand_ins.{needed}.{place}: {other!r} cannot take its place;"
                    f" allowed are {', '.join(sorted(allowed))}"
                )
        if not others or len(set(others)) != len(others):
            raise ServiceFileError(f"{path.name}: stand_ins.{needed}: each at most once, and at least one")
        stand_ins[Capability(needed)] = tuple(Capability(other) for other in others)
    return stand_ins


def _check_sense(path: Path, service: Service) -> None:
    """What each key alone cannot say wrong, and two together can."""
    steps = service.steps
    wrong = {
        "print_title: a service that prints needs a headline, 1 to 18 characters": (
            StepKind.PRINT in steps and not service.print_title
        ),
        "cost_fen: a service that takes money costs something, and one that costs something takes it": (
            (StepKind.PAY in steps) != (service.cost_fen > 0)
        ),
        "scan_hint: a service with a scan step says what is to be laid there, 1 to 12 characters": (
            StepKind.SCAN in steps and not service.scan_hint
        ),
        "may_continue_print: only a document of several pages can be continued": (
            service.may_continue_print and service.paper is not Paper.DOCUMENT
        ),
        "paper: a service without a print step has none but the default": (
            StepKind.PRINT not in steps and service.paper is not Paper.RECEIPT
        ),
    }
    for complaint, is_wrong in wrong.items():
        if is_wrong:
            raise ServiceFileError(f"{path.name}: {complaint}")
    for needed in service.stand_ins:
        if needed not in service.needs():
            raise ServiceFileError(f"{path.name}: stand_ins.{needed}: no step of this service needs it")


def _in_words(path: Path, location: tuple[int | str, ...], message: str) -> str:
    return f"{path.name}: {'.'.join(str(part) for part in location)}: {message}"
