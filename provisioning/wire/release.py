"""A release: which wheels it is made of, what it needs of the machine, and whether it may follow the one that runs. Pure.

The manifest and every wheel are targets of a TUF repository (``provisioning.fleet.releases``); what is said here is believed
because of the signatures there. Data may go forward and back: a release that leaves data the running one could not read is
refused, since the way back must always be open.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

MAX_MANIFEST_BYTES = 131_072
MAX_WHEELS = 200
MAX_WHEEL_BYTES = 400_000_000
MAX_RELEASE_BYTES = 1_000_000_000
"""Of all wheels as they travel: a night at 300 kbit/s carries about this."""
MAX_UNPACKED_BYTES = 3_000_000_000
MAX_FILES = 60_000
"""Of one unpacked release. The product with everything it needs has 5,800."""

MANIFESTS = "releases"
WHEELS = "wheels"
"""Folders of the targets. A wheel's name belongs to one content for ever, so releases share the wheels they have in common."""


class ReleaseError(Exception):
    """A manifest is not to be used; the message says why."""


def _wheel_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._]*-[A-Za-z0-9][A-Za-z0-9._+!]*(-[A-Za-z0-9_.]+){3,4}\.whl", name):
        raise ValueError("is not the name of a wheel")
    return name


Version = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){1,3}$", max_length=28)]
"""Numbers and dots, e.g. ``2026.11.3``."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
WheelName = Annotated[str, Field(max_length=200), AfterValidator(_wheel_name)]
DataSchema = Annotated[int, Field(ge=1, le=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Wheel(_Strict):
    """One wheel. ``unpacked_bytes`` and ``files`` bound what may come out of it."""

    name: WheelName
    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=MAX_WHEEL_BYTES)]
    unpacked_bytes: Annotated[int, Field(ge=0, le=MAX_UNPACKED_BYTES)]
    files: Annotated[int, Field(ge=1, le=MAX_FILES)]


class DataVersions(_Strict):
    """Which versions of the data on a kiosk's disk a release reads, and which it leaves behind."""

    reads_from: DataSchema
    reads_to: DataSchema
    leaves: DataSchema


class Release(_Strict):
    """The manifest.

    Attributes:
        python: Version of the interpreter the wheels are for, e.g. ``3.11``.
        launcher: The oldest launcher that can start it.
        built_at: No kiosk's clock can rightly be before it.
        note: For the bureau, in its language.
    """

    v: Literal[1] = 1
    version: Version
    python: Annotated[str, StringConstraints(pattern=r"^3\.[1-9][0-9]?$")]
    wheels: Annotated[tuple[Wheel, ...], Field(min_length=1, max_length=MAX_WHEELS, strict=False)]
    data: DataVersions
    launcher: Annotated[int, Field(ge=1, le=1000)]
    built_at: Annotated[AwareDatetime, Field(strict=False)]
    note: Annotated[str, Field(max_length=400)] = ""

    @property
    def bytes(self) -> int:
        """What travels, if nothing of it is there already."""
        return sum(wheel.bytes for wheel in self.wheels)

    @property
    def unpacked_bytes(self) -> int:
        """What it takes on the disk."""
        return sum(wheel.unpacked_bytes for wheel in self.wheels)


class State(StrEnum):
    """Where a kiosk is with the release it was told to run. Words that travel: add, never rename."""

    WAITING_FOR_NIGHT = "waiting_for_night"
    DOWNLOADING = "downloading"
    INSTALLING = "installing"
    WAITING_FOR_VILLAGER = "waiting_for_villager"
    ON_TRIAL = "on_trial"
    RUNNING = "running"
    """It has proven itself."""
    WENT_BACK = "went_back"
    """It has not, and the one before serves."""
    REFUSED = "refused"
    """It was never started; the one before serves on."""
    POSTPONED = "postponed"
    """A line, a disk or a clock is in the way; tried again by itself."""


REPORT = "release.reported"
"""Name of the event a kiosk tells: ``version``, ``state``, ``reason``, ``running``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine as a release needs to know it. ``data`` is None where the running release has no manifest."""

    python: str
    launcher: int
    data: DataVersions | None = None


def read_release(payload: bytes) -> Release:
    """Read a manifest.

    Raises:
        ReleaseError: It is too big, no manifest, or says something silly; nothing of it may be used.
    """
    if len(payload) > MAX_MANIFEST_BYTES:
        raise ReleaseError(f"manifest: {len(payload)} bytes, at most {MAX_MANIFEST_BYTES}")
    try:
        release = Release.model_validate_json(payload)
    except (ValidationError, RecursionError) as error:
        raise ReleaseError(_first(error)) from error
    _check(release)
    return release


def write_release(release: Release) -> bytes:
    """Return a manifest's bytes, always the same for the same release."""
    return release.model_dump_json(indent=1).encode()


def why_not(candidate: Release, host: Host) -> str:
    """Say why a release must not be started on this machine, or return an empty text."""
    if candidate.python != host.python:
        return f"is for Python {candidate.python}, this machine has {host.python}"
    if candidate.launcher > host.launcher:
        return f"needs launcher {candidate.launcher}, this machine has {host.launcher}"
    if host.data is None:
        return ""
    if not candidate.data.reads_from <= host.data.leaves <= candidate.data.reads_to:
        return f"cannot read the data here (version {host.data.leaves})"
    if not host.data.reads_from <= candidate.data.leaves <= host.data.reads_to:
        return f"leaves data (version {candidate.data.leaves}) that the running release could not read again"
    return ""


def is_newer(version: str, than: str) -> bool:
    """Compare two versions by their numbers."""
    return _numbers(version) > _numbers(than)


def manifest_path(version: str) -> str:
    """Return the target a release's manifest is."""
    return f"{MANIFESTS}/{version}.json"


def wheel_path(wheel: Wheel) -> str:
    """Return the target a wheel is."""
    return f"{WHEELS}/{wheel.name}"


def report(version: str, state: State, *, running: str, reason: str = "") -> Mapping[str, str]:
    """Return the fields of what a kiosk says of a release."""
    return {"version": version, "state": state.value, "reason": reason[:200], "running": running}


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _check(release: Release) -> None:
    """Refuse what every field allows and the whole does not."""
    names = [wheel.name for wheel in release.wheels]
    if len(set(names)) != len(names):
        raise ReleaseError("wheels: one name twice")
    projects = [name.split("-", 1)[0].lower().replace(".", "_") for name in names]
    if len(set(projects)) != len(projects):
        raise ReleaseError("wheels: one project twice")
    if release.bytes > MAX_RELEASE_BYTES:
        raise ReleaseError(f"wheels: {release.bytes} bytes in all, at most {MAX_RELEASE_BYTES}")
    if release.unpacked_bytes > MAX_UNPACKED_BYTES:
        raise ReleaseError(f"wheels: {release.unpacked_bytes} bytes unpacked, at most {MAX_UNPACKED_BYTES}")
    if sum(wheel.files for wheel in release.wheels) > MAX_FILES:
        raise ReleaseError(f"wheels: more than {MAX_FILES} files")
    if not release.data.reads_from <= release.data.leaves <= release.data.reads_to:
        raise ReleaseError("data: it must be able to read what it leaves")


def _first(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "manifest: too deep"
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "manifest"
    return f"{where}: {problem['msg']}"
