"""Metadata of the repository: what each role says, and how many of those who must sign it have. Pure.

Two chains hang on the same officials: ``line``, whose timestamp lives three days, is what kiosks with a line follow; ``courier``,
whose timestamp lives two months and is signed by another key, is what a USB stick carries. Both chains' roots are signed by the
same officials and name the same targets, so a stolen courier key lets nobody hold a kiosk with a line back.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

MAX_METADATA_BYTES = 512_000
ROOT_LIFETIME = timedelta(days=730)
TARGETS_LIFETIME = timedelta(days=400)
"""A bureau that publishes nothing for a year must sign once."""


class Chain(StrEnum):
    """A way from the officials to a kiosk; the word is the folder its metadata lies in."""

    LINE = "metadata"
    COURIER = "courier"

    @property
    def lifetime(self) -> timedelta:
        """How long its timestamp is good: what a thief of the line could at most hold back."""
        return timedelta(days=3) if self is Chain.LINE else timedelta(days=60)

    @property
    def snapshot_lifetime(self) -> timedelta:
        """How long its snapshot is good."""
        return timedelta(days=30) if self is Chain.LINE else timedelta(days=60)

    @property
    def root_draft(self) -> str:
        """Name of its root while signatures are collected."""
        return "root.json" if self is Chain.LINE else "courier-root.json"


class MetadataError(Exception):
    """A file is not what it should be; the message says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officials:
    """Who signs what offline.

    Attributes:
        root: Keys that may say who signs.
        targets: Keys that may say what a release is.
    """

    root: tuple[Key, ...]
    root_threshold: int
    targets: tuple[Key, ...]
    targets_threshold: int

    def __post_init__(self) -> None:
        """Refuse a threshold that nobody could reach, and one key counted twice."""
        for name, keys, threshold in (
            ("root", self.root, self.root_threshold),
            ("targets", self.targets, self.targets_threshold),
        ):
            if len({key.keyid for key in keys}) != len(keys):
                raise ValueError(f"{name}: one key twice")
            if not 1 <= threshold <= len(keys):
                raise ValueError(f"{name}: {threshold} signatures of {len(keys)} keys can never be had")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """How far the signing has come.

    Attributes:
        good: Ids of keys that count and have signed exactly this.
        needed: How many of them it takes.
    """

    good: tuple[str, ...]
    needed: int

    @property
    def is_enough(self) -> bool:
        """Whether it may be published."""
        return len(self.good) >= self.needed


def root(officials: Officials, online: Key, *, version: int, now: datetime) -> Metadata[Root]:
    """Return a chain's root, unsigned: the officials, and the key that says what is newest."""
    signed = Root(version=version, expires=_seconds(now + ROOT_LIFETIME), consistent_snapshot=True)
    for role, keys, threshold in (
        (Root.type, officials.root, officials.root_threshold),
        (Targets.type, officials.targets, officials.targets_threshold),
        (Snapshot.type, (online,), 1),
        (Timestamp.type, (online,), 1),
    ):
        for key in keys:
            signed.add_key(key, role)
        signed.roles[role].threshold = threshold
    return Metadata(signed)


def targets(*, version: int, now: datetime) -> Metadata[Targets]:
    """Return targets that name nothing yet, unsigned."""
    return Metadata(Targets(version=version, expires=_seconds(now + TARGETS_LIFETIME)))


def snapshot(targets_file: bytes, chain: Chain, *, version: int, now: datetime) -> Metadata[Snapshot]:
    """Return the snapshot that names these targets, unsigned."""
    read = read_targets(targets_file)
    meta = MetaFile.from_data(read.signed.version, targets_file, ["sha256"])
    return Metadata(
        Snapshot(version=version, expires=_seconds(now + chain.snapshot_lifetime), meta={f"{Targets.type}.json": meta})
    )


def timestamp(snapshot_version: int, snapshot_file: bytes, chain: Chain, *, version: int, now: datetime) -> Metadata[Timestamp]:
    """Return the timestamp that names this snapshot, unsigned."""
    meta = MetaFile.from_data(snapshot_version, snapshot_file, ["sha256"])
    return Metadata(Timestamp(version=version, expires=_seconds(now + chain.lifetime), snapshot_meta=meta))


def sign(payload: bytes, signer: CryptoSigner) -> bytes:
    """Add a signature to a file of metadata of any role.

    Raises:
        MetadataError: It is no metadata.
    """
    read = _read(payload)
    read.sign(signer, append=True)
    return read.to_bytes()


def merged(draft: bytes, *signed: bytes) -> bytes:
    """Return the draft with the signatures others collected for exactly this draft.

    Raises:
        MetadataError: One of them is for something else.
    """
    base = _read(draft)
    for payload in signed:
        other = _read(payload)
        if other.signed_bytes != base.signed_bytes:
            raise MetadataError(f"this is another {other.signed.type} (version {other.signed.version}) than the one to be signed")
        base.signatures.update(other.signatures)
    return base.to_bytes()


def signatures(payload: bytes, trusted: Root) -> Signatures:
    """Say how far the signing of targets has come, in the eyes of the root in force."""
    read = _read(payload)
    result = trusted.get_verification_result(Targets.type, read.signed_bytes, read.signatures)
    return Signatures(good=tuple(result.signed), needed=result.threshold)


def root_signatures(payload: bytes, before: Root | None) -> tuple[Signatures, ...]:
    """Say how far the signing of a root has come: in its own eyes, and in those of the root before it."""
    read = read_root(payload)
    result = read.signed.get_root_verification_result(before, read.signed_bytes, read.signatures)
    told = [result.first, result.second] if before is not None else [result.second]
    return tuple(Signatures(good=tuple(each.signed), needed=each.threshold) for each in told)


def read_root(payload: bytes) -> Metadata[Root]:
    """Read a root. Raises MetadataError."""
    return _of(Root, payload)


def read_targets(payload: bytes) -> Metadata[Targets]:
    """Read targets. Raises MetadataError."""
    return _of(Targets, payload)


def read_timestamp(payload: bytes) -> Metadata[Timestamp]:
    """Read a timestamp. Raises MetadataError."""
    return _of(Timestamp, payload)


def role_of(payload: bytes) -> str:
    """Return which role a file of metadata is of. Raises MetadataError."""
    return str(_read(payload).signed.type)


def keys_of(trusted: Root, role: str) -> Sequence[Key]:
    """Return the keys of a role."""
    return [trusted.keys[keyid] for keyid in trusted.roles[role].keyids]


def describe(payload: bytes) -> str:
    """Return one line on a file of metadata, for whoever is about to sign it."""
    read = _read(payload)
    return json.dumps(
        {"role": read.signed.type, "version": read.signed.version, "expires": read.signed.expires.isoformat()}, sort_keys=True
    )


def _of(kind: type, payload: bytes) -> Metadata:  # type: ignore[type-arg]  # narrowed by what is asked for, just below
    read = _read(payload)
    if not isinstance(read.signed, kind):
        raise MetadataError(f"this is {read.signed.type}, expected {kind.__name__.lower()}")
    return read


def _read(payload: bytes) -> Metadata:  # type: ignore[type-arg]  # of any role
    if len(payload) > MAX_METADATA_BYTES:
        raise MetadataError(f"{len(payload)} bytes, at most {MAX_METADATA_BYTES}")
    try:
        return Metadata.from_bytes(payload)
    except (DeserializationError, RepositoryError, RecursionError) as error:
        raise MetadataError("this is no metadata of a repository") from error


def _seconds(moment: datetime) -> datetime:
    """TUF writes whole seconds."""
    return moment.replace(microsecond=0)
