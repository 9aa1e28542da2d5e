"""A repository that does whatever a test wants: honest until told otherwise, served over our own client's transport.

Roles are python-tuf's objects and may be changed at will (``sim.timestamp.version -= 1``); ``publish`` signs and serves what they
say.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from typing_extensions import override

from provisioning.fleet.releases.wheel_set import manifest_of
from provisioning.wire.release import DataVersions, Release, manifest_path, wheel_path, write_release
from provisioning.wire.signatures import key_id
from tests.provisioning.releases.wheels import CORE, release_wheels

ANY_DATA = DataVersions(reads_from=1, reads_to=1, leaves=1)


def new_signer() -> CryptoSigner:
    private = Ed25519PrivateKey.generate()
    return CryptoSigner(private, SSlibKey.from_crypto(private.public_key(), key_id(private.public_key())))


@dataclass(kw_only=True)
class Signers:
    """Who holds which keys: two of three sign a root, two of two what a release is."""

    root: list[CryptoSigner] = field(default_factory=lambda: [new_signer() for _ in range(3)])
    targets: list[CryptoSigner] = field(default_factory=lambda: [new_signer() for _ in range(2)])
    snapshot: list[CryptoSigner] = field(default_factory=lambda: [new_signer()])
    timestamp: list[CryptoSigner] = field(default_factory=lambda: [new_signer()])


class Simulator:
    """One chain, e.g. ``metadata`` or ``courier``, with its targets."""

    def __init__(self, folder: Path, *, chain: str = "metadata", lifetime: timedelta = timedelta(days=3)) -> None:
        self.folder = folder
        self.chain = chain
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.signers = Signers()
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.faults: dict[str, Callable[[httpx.Request, bytes], httpx.Response]] = {}
        """By a part of the path: what to answer instead."""
        expires = self.now + lifetime
        self.root = Root(version=1, expires=expires, consistent_snapshot=True)
        self.targets = Targets(version=1, expires=expires)
        self.snapshot = Snapshot(version=1, expires=expires)
        self.timestamp = Timestamp(version=1, expires=expires)
        self.name_keys()
        for role in (self.root, self.targets, self.snapshot, self.timestamp):
            role.version = 0  # publishing counts up
        self.publish_root()

    def name_keys(self) -> None:
        """Let the root name the keys the signers hold now."""
        for role, signers, threshold in (
            (Root.type, self.signers.root, 2),
            (Targets.type, self.signers.targets, 2),
            (Snapshot.type, self.signers.snapshot, 1),
            (Timestamp.type, self.signers.timestamp, 1),
        ):
            for keyid in list(self.root.roles[role].keyids):
                self.root.revoke_key(keyid, role)
            for signer in signers:
                self.root.add_key(signer.public_key, role)
            self.root.roles[role].threshold = threshold

    @property
    def first_root(self) -> bytes:
        return self.files[f"{self.chain}/1.root.json"]

    def publish_root(self, *more: CryptoSigner, by: list[CryptoSigner] | None = None) -> None:
        self.root.version += 1
        self.put(f"{self.root.version}.root.json", self.signed(self.root, [*(by or self.signers.root), *more]))

    def release(self, version: str, *, core: str = CORE, data: DataVersions = ANY_DATA, launcher: int = 1) -> Release:
        """Add a release and say that it is the newest."""
        wheels = release_wheels(self.folder / f"wheels-{version}", version, core=core)
        release = manifest_of(wheels, version=version, python="3.11", data=data, launcher=launcher, note="", now=self.now)
        self.add(release, wheels)
        self.publish()
        return release

    def add(self, release: Release, wheels: Path) -> None:
        self.target(manifest_path(release.version), write_release(release))
        for wheel in release.wheels:
            self.target(wheel_path(wheel), (wheels / wheel.name).read_bytes())

    def target(self, path: str, content: bytes) -> TargetFile:
        target = TargetFile.from_data(path, content, ["sha256"])
        self.targets.targets[path] = target
        self.files[f"targets/{target.get_prefixed_paths()[0]}"] = content
        return target

    def place(self, path: str) -> str:
        """Where a target is served."""
        return f"targets/{self.targets.targets[path].get_prefixed_paths()[0]}"

    def publish(self) -> None:
        """Say what there is: targets, snapshot, timestamp."""
        self.publish_targets()
        self.publish_snapshot()
        self.publish_timestamp()

    def publish_targets(self, *, by: list[CryptoSigner] | None = None) -> None:
        self.targets.version += 1
        payload = self.signed(self.targets, self.signers.targets if by is None else by)
        self.put(f"{self.targets.version}.targets.json", payload)
        self.snapshot.meta["targets.json"] = MetaFile.from_data(self.targets.version, payload, ["sha256"])

    def publish_snapshot(self, *, by: list[CryptoSigner] | None = None) -> None:
        self.snapshot.version += 1
        payload = self.signed(self.snapshot, self.signers.snapshot if by is None else by)
        self.put(f"{self.snapshot.version}.snapshot.json", payload)
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, payload, ["sha256"])

    def publish_timestamp(self, *, by: list[CryptoSigner] | None = None) -> None:
        self.timestamp.version += 1
        self.put("timestamp.json", self.signed(self.timestamp, self.signers.timestamp if by is None else by))

    def signed(self, role: Signed, by: list[CryptoSigner]) -> bytes:
        envelope: Metadata[Any] = Metadata(role)
        for signer in by:
            envelope.sign(signer, append=True)
        return envelope.to_bytes()

    def put(self, name: str, payload: bytes) -> None:
        self.files[f"{self.chain}/{name}"] = payload

    def get(self, name: str) -> bytes:
        return self.files[f"{self.chain}/{name}"]

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer), base_url="https://fleet.example/repository/")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What a web server would say, but for the faults."""
        path = request.url.path.removeprefix("/repository/")
        self.asked.append(path)
        content = self.files.get(path)
        for part, fault in self.faults.items():
            if part in path:
                return fault(request, content or b"")
        if content is None:
            return httpx.Response(404)
        if asked := request.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            return httpx.Response(206, headers=headers, stream=Parts([content[start:]]))
        return httpx.Response(200, stream=Parts([content]))

    def write_to(self, folder: Path) -> None:
        """Lay everything down as plain files."""
        for name, content in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


class Parts(httpx.SyncByteStream):
    """A body in parts; one that breaks off where a part is an error."""

    def __init__(self, parts: list[bytes | Exception]) -> None:
        self._parts = parts

    @override
    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            yield part


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
