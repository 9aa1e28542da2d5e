"""Trust: what the officials have signed, as of now, and nothing else. Met by python-tuf in this module alone.

The rules are TUF's (https://theupdateframework.github.io/specification/latest/, 5. detailed client workflow). Ours on top: a
clock that is behind what is certainly known is not asked whether something has expired; a manifest and the signed targets agree.
Blocking; used from a worker's thread.
"""

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from securesystemslib.exceptions import VerificationError
from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, TargetFile, Targets
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from drivers.contract.clock import Clock
from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError
from provisioning.wire.release import MANIFESTS, Release, ReleaseError, Wheel, is_newer, manifest_path, read_release, wheel_path

BOUNDS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=1,
    root_max_length=64_000,
    timestamp_max_length=8_000,
    snapshot_max_length=64_000,
    targets_max_length=2_000_000,
)
"""What is larger is no metadata of ours: sixty releases a year for twenty years are below it."""

TARGETS_URL = "targets/"

ATTACKS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ExpiredMetadataError, "expired"),
    (exceptions.BadVersionNumberError, "rollback"),
    (exceptions.UnsignedMetadataError, "signature"),
    (exceptions.LengthOrHashMismatchError, "mix-and-match"),
    (exceptions.DownloadLengthMismatchError, "endless data"),
    (exceptions.RepositoryError, "unreadable"),
)
"""From the most exact word to the least: several of them are kinds of the last."""


class TrustedRepository:
    """One look at a repository. What was verified before is kept in ``folder``, so that nobody can lead back behind it."""

    def __init__(self, folder: Path, *, root: bytes, base: str, fetcher: FetcherInterface, clock: Clock) -> None:
        """Prepare to look.

        Args:
            folder: Of this chain alone; made if need be.
            root: The first root, from the day this kiosk became the bureau's.
            base: Where the chain's metadata lies, e.g. ``metadata/``.
            fetcher: Brings files by such names.
            clock: The kiosk's.
        """
        self._folder = folder
        self._root = root
        self._base = base
        self._fetcher = fetcher
        self._clock = clock
        self._updater: Updater | None = None

    def refresh(self, *, not_before: datetime) -> None:
        """Bring everything that is signed up to date and verify it.

        Args:
            not_before: The present cannot be before this; a clock that says so is wrong.

        Raises:
            NotTrustedError: Something is not as the officials signed it.
            OutOfReachError: It cannot be had now.
        """
        if self._clock.now() < not_before:
            raise OutOfReachError(f"the clock says {self._clock.now():%Y-%m-%d}, and it is at least {not_before:%Y-%m-%d}")
        with _translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            updater = Updater(str(self._folder), self._base, fetcher=self._fetcher, config=BOUNDS, bootstrap=self._root)
            updater.refresh()
            self._keep()
        self._check_ages()
        self._updater = updater

    def newest(self) -> str | None:
        """Return the newest release there is."""
        named = [name for name in self._targets().targets if name.startswith(f"{MANIFESTS}/") and name.endswith(".json")]
        newest: str | None = None
        for version in (name.removeprefix(f"{MANIFESTS}/").removesuffix(".json") for name in named):
            with contextlib.suppress(ValueError):
                newest = version if newest is None or is_newer(version, newest) else newest
        return newest

    def manifest(self, version: str) -> tuple[Release, bytes]:
        """Return a release as it was signed, and its bytes.

        Raises:
            NotTrustedError: There is no such release, or what comes is not what was signed.
            OutOfReachError: It cannot be had now.
        """
        target = self._target(manifest_path(version))
        with _translated():
            payload = self._fetcher.download_bytes(url_of(target), target.length)
            target.verify_length_and_hashes(payload)
        try:
            release = read_release(payload)
        except ReleaseError as error:
            raise NotTrustedError("manifest", str(error)) from error
        if release.version != version:
            raise NotTrustedError("mix-and-match", f"the manifest of {version} is of {release.version}")
        for wheel in release.wheels:
            self.wheel(wheel)
        return release, payload

    def wheel(self, wheel: Wheel) -> TargetFile:
        """Return what the targets say of a wheel: the same as the manifest, or nothing of either is used.

        Raises:
            NotTrustedError: They disagree, or do not name it.
        """
        target = self._target(wheel_path(wheel))
        if target.length != wheel.bytes or target.hashes.get("sha256") != wheel.sha256:
            raise NotTrustedError("mix-and-match", f"{wheel.name}: manifest and targets disagree")
        return target

    def _target(self, path: str) -> TargetFile:
        if self._updater is None:
            raise ValueError("refresh first")
        with _translated():
            target = self._updater.get_targetinfo(path)
        if target is None:
            raise NotTrustedError("not signed", f"{path} is no target")
        if set(target.hashes) != {"sha256"}:
            raise NotTrustedError("signature", f"{path}: must be signed with SHA-256")
        return target

    def _targets(self) -> Targets:
        with _translated():
            return Metadata[Targets].from_file(str(self._folder / "targets.json")).signed

    def _check_ages(self) -> None:
        """Ask the kiosk's own clock as well: the library asks the machine's."""
        for role in ("root", "timestamp", "snapshot", "targets"):
            with _translated():
                read = Metadata.from_file(str(self._folder / f"{role}.json"))
            if read.signed.is_expired(self._clock.now()):
                raise NotTrustedError("expired", f"{role} was good until {read.signed.expires:%Y-%m-%d}")

    def _keep(self) -> None:
        """Put on the disk what the library has written: after a power cut nobody may lead back behind it."""
        for path in (*self._folder.glob("*.json"), *self._folder.glob("root_history/*.json"), self._folder):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def first_root(fetcher: FetcherInterface, url: str) -> bytes:
    """Fetch a chain's first root, to be kept for ever; only what is one, signed by its own officials, is returned.

    Raises:
        NotTrustedError: It is none.
        OutOfReachError: It cannot be had now.
    """
    with _translated():
        payload = fetcher.download_bytes(url, BOUNDS.root_max_length)
        read = Metadata[Root].from_bytes(payload)
        read.signed.verify_delegate(Root.type, read.signed_bytes, read.signatures)
        return payload


def url_of(target: TargetFile) -> str:
    """Return where a target lies: its name carries its hash, so that it is never changed."""
    return TARGETS_URL + target.get_prefixed_paths()[0]


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What the library raises, in our words."""
    try:
        yield
    except (exceptions.RepositoryError, exceptions.DownloadLengthMismatchError, VerificationError) as error:
        attack = next((word for kind, word in ATTACKS if isinstance(error, kind)), "signature")
        raise NotTrustedError(attack, str(error)[:160]) from error
    except exceptions.SlowRetrievalError as error:
        raise OutOfReachError(f"slow retrieval: {error}") from error
    except exceptions.DownloadError as error:
        raise OutOfReachError(str(error)[:160]) from error
    except (ValueError, RecursionError) as error:
        raise NotTrustedError("unreadable", str(error)[:160]) from error
