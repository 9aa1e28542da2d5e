"""The repository on the server's disk: what is served, what still collects signatures, and how one becomes the other.

Everything served has a name that says its version or its hash and is never changed; only ``timestamp.json`` is, last of all, so a
kiosk sees the repository before a publication or after it. One process at a time changes it.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, TargetFile, Targets, Timestamp

from provisioning.fleet.files import OPEN, write_over
from provisioning.fleet.releases import metadata
from provisioning.fleet.releases.keys import ReleaseKeyError, open_key, read_key
from provisioning.fleet.releases.metadata import Chain, MetadataError, Officials, Signatures
from provisioning.wire.release import (
    MANIFESTS,
    WHEELS,
    Release,
    ReleaseError,
    manifest_path,
    read_release,
    wheel_path,
    write_release,
)

DRAFTS = "drafts"
TARGETS_DRAFT = "targets.json"
TIMESTAMP = "timestamp.json"
RENEWED_BEFORE = timedelta(days=2)
"""A timestamp of the line is renewed with so much of its life left: the service may be down for two days."""


class Repository:
    """A repository in a folder, with the service's own keys in another. Blocking; every call leaves it whole."""

    def __init__(self, folder: Path, *, authority: Path) -> None:
        """Look after ``folder``, usually ``STATE/repository``; keys lie in ``authority``, usually ``STATE/authority``."""
        self.folder = folder
        self._authority = authority
        self._drafts = folder.with_name(f"{folder.name}-{DRAFTS}")

    @property
    def is_begun(self) -> bool:
        """Whether officials have signed its first root and targets, so that kiosks can follow it."""
        return all((self.folder / chain / TIMESTAMP).exists() for chain in Chain)

    def begin(self, officials: Officials, *, now: datetime, is_turning_online: bool = False) -> tuple[Path, ...]:
        """Draft the roots of both chains, and targets signed by who may sign then; returns what must be signed.

        Called again it drafts the next roots: other officials, other thresholds, or the same for another two years; with
        ``is_turning_online`` the service's own keys are new ones too, for a server that somebody was in.
        """
        with self._held():
            drafts = []
            for chain in Chain:
                before = self._root(chain)
                version = 1 if before is None else before.version + 1
                if before is None or is_turning_online:
                    online = open_key(self._authority / f"release-{chain.name.lower()}-{version}.pem").public_key
                else:
                    online = self._online(chain).public_key
                draft = metadata.root(officials, online, version=version, now=now)
                drafts.append(self._draft(chain.root_draft, draft.to_bytes()))
            # Those who sign may be others now, so the targets are signed anew as well.
            first = self._newest(Chain.LINE, Targets.type) or self._drafted(TARGETS_DRAFT)
            named = self._next_targets(now) if first else metadata.targets(version=1, now=now)
            drafts.append(self._draft(TARGETS_DRAFT, named.to_bytes()))
            return tuple(drafts)

    def add(self, release: Release, wheels: Path, *, now: datetime) -> Path:
        """Take a release in and draft the targets that name it; returns what must be signed.

        Raises:
            ReleaseError: There is one of this version, or a wheel of the same name with other content.
            OSError: The disk does not take it; nothing is drafted then.
        """
        with self._held():
            draft = self._next_targets(now)
            path = manifest_path(release.version)
            if path in draft.signed.targets:
                raise ReleaseError(f"{release.version}: is there already; a release is never changed, give it a new version")
            payload = write_release(release)
            new = {path: TargetFile.from_data(path, payload, ["sha256"])}
            for wheel in release.wheels:
                target = wheel_path(wheel)
                known = draft.signed.targets.get(target)
                if known is not None and known.hashes["sha256"] != wheel.sha256:
                    raise ReleaseError(f"{wheel.name}: was released with other content; give the wheel a new version")
                new[target] = TargetFile(length=wheel.bytes, hashes={"sha256": wheel.sha256}, path=target)
                self._take(wheels / wheel.name, self._place(target, wheel.sha256))
            write_over(self._place(path, new[path].hashes["sha256"]), payload, mode=OPEN)
            draft.signed.targets.update(new)
            return self._draft(TARGETS_DRAFT, draft.to_bytes())

    def withdraw(self, version: str, *, now: datetime) -> Path:
        """Draft targets without a release, and without wheels no other release has; returns what must be signed.

        Raises:
            ReleaseError: There is no such release.
        """
        with self._held():
            draft = self._next_targets(now)
            if draft.signed.targets.pop(manifest_path(version), None) is None:
                raise ReleaseError(f"{version}: there is no such release")
            left = [self.manifest(each, draft.signed) for each in _versions(draft.signed)]
            needed = {wheel_path(wheel) for release in left for wheel in release.wheels}
            for name in [name for name in draft.signed.targets if name.startswith(f"{WHEELS}/") and name not in needed]:
                del draft.signed.targets[name]
            return self._draft(TARGETS_DRAFT, draft.to_bytes())

    def collect(self, payload: bytes) -> str:
        """Put the signatures of a signed file to those that are there already; returns the draft's name.

        Raises:
            MetadataError: Nothing of this content waits for signatures.
        """
        with self._held():
            trouble = MetadataError("nothing waits for signatures")
            for name in (TARGETS_DRAFT, *(chain.root_draft for chain in Chain)):
                path = self._drafts / name
                if not path.exists():
                    continue
                try:
                    write_over(path, metadata.merged(path.read_bytes(), payload), mode=OPEN)
                except MetadataError as error:
                    trouble = error
                else:
                    return name
            raise trouble

    def signing(self) -> Mapping[str, tuple[Signatures, ...]]:
        """Say, for everything that waits, how far the signing has come; all of them must be enough."""
        told: dict[str, tuple[Signatures, ...]] = {}
        for chain in Chain:
            if (payload := self._drafted(chain.root_draft)) is not None:
                told[chain.root_draft] = metadata.root_signatures(payload, self._root(chain))
        if (payload := self._drafted(TARGETS_DRAFT)) is not None:
            told[TARGETS_DRAFT] = tuple(metadata.signatures(payload, self._root_to_be(chain)) for chain in Chain)
        return told

    def publish(self, *, now: datetime) -> tuple[str, ...]:
        """Serve what has all its signatures; returns the names of those drafts. New roots first, the timestamps last.

        Nothing is served that would leave kiosks with targets the new root's officials have not signed.
        """
        with self._held():
            roots = {chain: payload for chain in Chain if (payload := self._drafted(chain.root_draft)) and self._is_signed(chain)}
            trusted = [metadata.read_root(roots[chain]).signed if chain in roots else self._root(chain) for chain in Chain]
            named = self._drafted(TARGETS_DRAFT)
            if not _is_signed_by_all(named, trusted):
                named = None
            if named is None and (not roots or not _is_signed_by_all(self._newest(Chain.LINE, Targets.type), trusted)):
                return ()
            for chain in Chain:
                if chain in roots:
                    self._serve(chain, Root.type, roots[chain])
            for chain in Chain:
                if named is not None:
                    self._serve(chain, Targets.type, named)
                self._say_newest(chain, now=now)
            done = [chain.root_draft for chain in roots] + ([TARGETS_DRAFT] if named is not None else [])
            for name in done:
                (self._drafts / name).unlink(missing_ok=True)
            return tuple(done)

    def refresh(self, chain: Chain, *, now: datetime, is_forced: bool = False) -> bool:
        """Say again what is newest, where the last saying is about to expire; returns whether it was said."""
        with self._held():
            path = self.folder / chain / TIMESTAMP
            if not path.exists():
                return False
            expires = metadata.read_timestamp(path.read_bytes()).signed.expires
            if not is_forced and expires - now > RENEWED_BEFORE:
                return False
            self._say_newest(chain, now=now)
            return True

    def versions(self) -> tuple[str, ...]:
        """Return the published releases, oldest first."""
        return _versions(self._published())

    def manifest(self, version: str, named: Targets | None = None) -> Release:
        """Return a release's manifest.

        Raises:
            ReleaseError: There is none of this version.
        """
        named = named or self._published()
        target = named.targets.get(manifest_path(version))
        if target is None:
            raise ReleaseError(f"{version}: there is no such release")
        return read_release(self._place(target.path, target.hashes["sha256"]).read_bytes())

    def expiries(self) -> Mapping[str, datetime]:
        """Say until when each role is good, by ``chain/role``."""
        told: dict[str, datetime] = {}
        for chain in Chain:
            for role in (Root.type, Targets.type, "snapshot"):
                if payload := self._newest(chain, role):
                    told[f"{chain}/{role}"] = Metadata.from_bytes(payload).signed.expires
            if (path := self.folder / chain / TIMESTAMP).exists():
                told[f"{chain}/timestamp"] = metadata.read_timestamp(path.read_bytes()).signed.expires
        return told

    def files_of(self, *versions: str) -> Iterator[Path]:
        """Yield the files of some releases, below the repository's folder."""
        named = self._published()
        paths = {manifest_path(version) for version in versions}
        paths |= {wheel_path(wheel) for version in versions for wheel in self.manifest(version).wheels}
        for path in sorted(paths):
            yield self._place(path, named.targets[path].hashes["sha256"])

    def _say_newest(self, chain: Chain, *, now: datetime) -> None:
        signer, named = self._online(chain), self._newest(chain, Targets.type)
        path = self.folder / chain / TIMESTAMP
        version = 1 + (metadata.read_timestamp(path.read_bytes()).signed.version if path.exists() else 0)
        snapshot = metadata.snapshot(named, chain, version=version, now=now)
        snapshot.sign(signer)
        payload = snapshot.to_bytes()
        write_over(self.folder / chain / f"{version}.snapshot.json", payload, mode=OPEN)
        timestamp = metadata.timestamp(version, payload, chain, version=version, now=now)
        timestamp.sign(signer)
        write_over(path, timestamp.to_bytes(), mode=OPEN)
        (self.folder / chain / f"{version - 2}.snapshot.json").unlink(missing_ok=True)  # nobody is in the middle of that one

    def _is_signed(self, chain: Chain) -> bool:
        payload = self._drafted(chain.root_draft)
        return payload is not None and all(each.is_enough for each in metadata.root_signatures(payload, self._root(chain)))

    def _serve(self, chain: Chain, role: str, payload: bytes) -> None:
        version = Metadata.from_bytes(payload).signed.version
        write_over(self.folder / chain / f"{version}.{role}.json", payload, mode=OPEN)

    def _next_targets(self, now: datetime) -> Metadata[Targets]:
        """Return the draft, or the next version of what is published; without signatures, since it is about to change."""
        payload = self._drafted(TARGETS_DRAFT)
        if payload is not None:
            draft = metadata.read_targets(payload)
        elif payload := self._newest(Chain.LINE, Targets.type):
            draft = metadata.read_targets(payload)
            draft.signed.version += 1
            draft.signed.expires = (now + metadata.TARGETS_LIFETIME).replace(microsecond=0)
        else:
            raise ReleaseError("the repository is not begun: `zhizhu-fleet release init` first")
        draft.signatures.clear()
        return draft

    def _published(self) -> Targets:
        payload = self._newest(Chain.LINE, Targets.type)
        return metadata.read_targets(payload).signed if payload else Targets()

    def _root(self, chain: Chain) -> Root | None:
        payload = self._newest(chain, Root.type)
        return metadata.read_root(payload).signed if payload else None

    def _root_to_be(self, chain: Chain) -> Root:
        """The root that is drafted, or else the one in force."""
        payload = self._drafted(chain.root_draft) or self._newest(chain, Root.type)
        return metadata.read_root(payload).signed

    def _newest(self, chain: Chain, role: str) -> bytes:
        numbered = {int(path.name.split(".")[0]): path for path in (self.folder / chain).glob(f"[0-9]*.{role}.json")}
        return numbered[max(numbered)].read_bytes() if numbered else b""

    def _place(self, target: str, sha256: str) -> Path:
        folder, _, name = target.rpartition("/")
        return self.folder / "targets" / folder / f"{sha256}.{name}"

    def _take(self, source: Path, place: Path) -> None:
        """Copy a wheel in; it has its name only once it lies whole on the disk."""
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            with source.open("rb") as wheel, draft.open("wb") as copy:
                shutil.copyfileobj(wheel, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)

    def _draft(self, name: str, payload: bytes) -> Path:
        write_over(self._drafts / name, payload, mode=OPEN)
        return self._drafts / name

    def _drafted(self, name: str) -> bytes | None:
        path = self._drafts / name
        return path.read_bytes() if path.exists() else None

    def _online(self, chain: Chain) -> CryptoSigner:
        """Return the service's own key that the root in force names."""
        trusted = self._root(chain)
        named = trusted.roles[Timestamp.type].keyids if trusted is not None else []
        for path in self._authority.glob(f"release-{chain.name.lower()}-*.pem"):
            signer = read_key(path)
            if signer.public_key.keyid in named:
                return signer
        raise ReleaseKeyError(f"{self._authority}: the key that says what is newest is not there; put it back from the backup")

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """One process at a time: the service renews timestamps while somebody publishes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.with_name(f"{self.folder.name}.lock")).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_signed_by_all(payload: bytes | None, trusted: Sequence[Root | None]) -> bool:
    return bool(payload) and all(root is not None and metadata.signatures(payload or b"", root).is_enough for root in trusted)


def _versions(named: Targets) -> tuple[str, ...]:
    found = [
        name.removeprefix(f"{MANIFESTS}/").removesuffix(".json") for name in named.targets if name.startswith(f"{MANIFESTS}/")
    ]
    return tuple(sorted(found, key=lambda version: tuple(int(part) for part in version.split("."))))
