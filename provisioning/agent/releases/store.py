"""What a kiosk keeps of releases beside its slots: wheels it has, what went back and why, what it said last. Blocking."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from kiosk.upkeep.kept_file import read_kept, write_kept
from provisioning.agent.releases.refusal import OutOfReachError
from provisioning.agent.releases.step import Failure
from provisioning.launcher.slots import MANIFEST, SHIPPED, Slots
from provisioning.wire.release import Release, ReleaseError, Wheel, read_release

log = structlog.get_logger(__name__)

STANDING = "standing.json"
WHEELS = "wheels"
MOST_FAILURES = 8
RESERVE_BYTES = 300_000_000
"""Left for what the kiosk itself keeps: journal, outbox, logs, a night of pictures."""
BYTE_CODE = 1.3
"""A slot with its byte code takes so many times what its wheels unpack to: 1.12 for the product, and what small files waste."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What survives a start.

    Attributes:
        failures: What went back, by version.
        known: The latest moment a confirmed clock has shown.
        said: What was said last of a release, as it travelled.
        carried: Version a stick brought; empty for none.
        carried_over: What the bureau wanted when it came; once it wants something else, that counts again.
    """

    failures: Mapping[str, Failure] = field(default_factory=dict)
    known: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    said: Mapping[str, str] = field(default_factory=dict)
    carried: str = ""
    carried_over: str = ""


class ReleaseStore:
    """The folder of the slots, as the running release sees it."""

    def __init__(self, slots: Slots, *, shipped: str) -> None:
        """Look after the folder of these slots.

        Args:
            slots: Whose folder it is.
            shipped: Version of the release the machine came with.
        """
        self._slots = slots
        self._shipped = shipped
        self._wheels = slots.folder / WHEELS

    def read(self) -> Kept:
        """Return what was kept; what cannot be understood counts as nothing."""
        try:
            read = read_kept(self._slots.folder / STANDING)
            if read is None:
                return Kept()
            failures = {
                str(version): Failure(at=_moment(told["at"]), why=str(told["why"])) for version, told in read["failures"].items()
            }
            said = {str(name): str(value) for name, value in read["said"].items()}
            return Kept(
                failures=failures,
                known=_moment(read["known"]),
                said=said,
                carried=str(read["carried"]),
                carried_over=str(read["carried_over"]),
            )
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            log.warning("releases.unreadable", why=type(error).__name__)
            return Kept()

    def write(self, kept: Kept) -> None:
        """Keep this. Raises OSError."""
        latest = sorted(kept.failures.items(), key=lambda each: each[1].at)[-MOST_FAILURES:]
        self._slots.folder.mkdir(parents=True, exist_ok=True)
        write_kept(
            self._slots.folder / STANDING,
            {
                "failures": {version: {"at": failure.at.isoformat(), "why": failure.why} for version, failure in latest},
                "known": kept.known.isoformat(),
                "said": dict(kept.said),
                "carried": kept.carried,
                "carried_over": kept.carried_over,
            },
        )

    def note_failure(self, version: str, failure: Failure) -> None:
        """Keep that a release went back. Raises OSError."""
        kept = self.read()
        self.write(replace(kept, failures={**kept.failures, version: failure}))

    def manifest_of(self, slot: str) -> Release | None:
        """Return what lies in a slot; None for the shipped release and for what cannot be read."""
        if slot == SHIPPED:
            return None
        try:
            return read_release((self._slots.place(slot) / MANIFEST).read_bytes())
        except (OSError, ReleaseError):
            return None

    def version_of(self, slot: str) -> str:
        """Return which release lies whole in a slot; empty for none."""
        if slot == SHIPPED:
            return self._shipped
        release = self.manifest_of(slot) if self._slots.is_whole(slot) else None
        return release.version if release is not None else ""

    def place_of(self, wheel: Wheel) -> Path:
        """Where a wheel lies, or will."""
        return self._wheels / f"{wheel.sha256}.whl"

    def missing(self, release: Release) -> tuple[Wheel, ...]:
        """Return the wheels that are to be had first; what is there already, and right, does not travel again."""
        return tuple(wheel for wheel in release.wheels if not _is_there(self.place_of(wheel), wheel))

    def make_room(self, release: Release, *, for_wheels: bool) -> None:
        """See that there is room for what comes next.

        Raises:
            OutOfReachError: There is not.
            OSError: The disk does not answer.
        """
        self._wheels.mkdir(parents=True, exist_ok=True)
        needed = sum(wheel.bytes for wheel in self.missing(release)) if for_wheels else int(release.unpacked_bytes * BYTE_CODE)
        free = shutil.disk_usage(self._slots.folder).free
        if free < needed + RESERVE_BYTES:
            raise OutOfReachError(f"disk: {free // 1_000_000} MB free, {(needed + RESERVE_BYTES) // 1_000_000} MB needed")

    def prune(self, *keep: Release) -> None:
        """Let every wheel go that none of these releases has, and what broke off. Raises OSError."""
        needed = {f"{wheel.sha256}.whl" for release in keep for wheel in release.wheels}
        if self._wheels.exists():
            for path in self._wheels.iterdir():
                if path.name.removesuffix(".part") not in needed:
                    path.unlink()


def described(folder: Path) -> str:
    """Return one line for a technician: what the kiosk said last of its releases, in ``STATE/releases``."""
    said = ReleaseStore(Slots(folder), shipped="").read().said
    if not said:
        return "releases: nothing has been told yet"
    reason = f": {said['reason']}" if said.get("reason") else ""
    return f"releases: running {said.get('running', '?')}; {said.get('version', '?')} {said.get('state', '?')}{reason}"


def _is_there(place: Path, wheel: Wheel) -> bool:
    try:
        with place.open("rb") as file:
            if os.fstat(file.fileno()).st_size != wheel.bytes:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == wheel.sha256
    except OSError:
        return False


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
