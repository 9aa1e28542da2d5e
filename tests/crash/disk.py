"""A disk that keeps only what was synced: the acts the shim wrote down, and what a power cut may leave of them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from random import Random

HEAD = struct.Struct("=ciqq")
SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
MAPPED = "-shm"
"""The end of the names of SQLite's shared memory: it is mapped, never synced, and made anew after every power cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One record of the shim: ``N`` made and opened, ``O`` opened, ``W`` wrote, ``T`` cut to ``offset`` bytes, ``S`` synced,
    ``C`` closed, ``U`` unlinked, ``R`` renamed, ``M`` a mark of the core's own."""

    what: str
    descriptor: int
    offset: int
    payload: bytes


def acts_in(log: bytes) -> Iterator[Act]:
    """What was written down, in order."""
    at = 0
    while at < len(log):
        what, descriptor, offset, length = HEAD.unpack_from(log, at)
        at += HEAD.size
        yield Act(what=what.decode(), descriptor=descriptor, offset=offset, payload=log[at : at + length])
        at += length


@dataclass(slots=True, kw_only=True)
class File:
    """What is certainly on the disk, and what was done since the last sync."""

    synced: bytes = b""
    since: list[Act] = field(default_factory=list)


class Disk:
    """One folder. Names are as durable as contents: a made, renamed or unlinked name counts once its folder was synced.

    Names are lost from the newest back, as on a file system with a journal; contents in any order, sector by sector.
    """

    def __init__(self, folder: Path) -> None:
        """Begin with what lies in the folder, all of it on the disk."""
        self._folder = folder
        self._names: dict[str, File] = {
            path.name: File(synced=path.read_bytes()) for path in folder.iterdir() if not path.name.endswith(MAPPED)
        }
        self._synced_names = [dict(self._names)]
        """The folder as last synced, then as it was after every change since."""
        self._open: dict[int, File | None] = {}

    def apply(self, act: Act) -> None:
        """Let an act happen."""
        match act.what:
            case "N" | "O":
                self._opened(act)
            case "W" | "T":
                if (file := self._open.get(act.descriptor)) is not None:
                    file.since.append(act)
            case "S":
                self._sync(act)
            case "C":
                self._open.pop(act.descriptor, None)
            case "U":
                self._names.pop(_name(act.payload), None)
                self._synced_names.append(dict(self._names))
            case "R":
                old, _, new = act.payload.partition(b"\0")
                self._names[_name(new)] = self._names.pop(_name(old))
                self._synced_names.append(dict(self._names))
            case _:
                pass

    def whole(self) -> dict[str, bytes]:
        """Every file as the machine sees it while it has power."""
        return {name: _with(file.synced, file.since) for name, file in self._names.items()}

    def after_power_cut(self, luck: Random) -> dict[str, bytes]:
        """What may be found when the power comes back."""
        names = luck.choice(self._synced_names)
        survives = luck.choice((_nothing, _everything, _some, _some, _torn, _torn))
        return {name: _with(file.synced, survives(file.since, luck)) for name, file in names.items()}

    def _opened(self, act: Act) -> None:
        path = PurePosixPath(act.payload.decode())
        if Path(path) == self._folder:
            self._open[act.descriptor] = None
            return
        name = path.name
        if name.endswith(MAPPED):
            return
        if act.what == "N":
            self._names[name] = File()
            self._synced_names.append(dict(self._names))
        self._open[act.descriptor] = self._names[name]

    def _sync(self, act: Act) -> None:
        if act.descriptor not in self._open:
            return
        file = self._open[act.descriptor]
        if file is None:
            self._synced_names = [dict(self._names)]
        else:
            file.synced, file.since = _with(file.synced, file.since), []


def _with(synced: bytes, acts: list[Act]) -> bytes:
    if not acts:
        return synced
    content = bytearray(synced)
    for act in acts:
        end = act.offset if act.what == "T" else act.offset + len(act.payload)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        if act.what == "T":
            del content[act.offset :]
        else:
            content[act.offset : end] = act.payload
    return bytes(content)


def _nothing(_acts: list[Act], _luck: Random) -> list[Act]:
    return []


def _everything(acts: list[Act], _luck: Random) -> list[Act]:
    return acts


def _some(acts: list[Act], luck: Random) -> list[Act]:
    return [act for act in acts if luck.random() < 0.5]


def _torn(acts: list[Act], luck: Random) -> list[Act]:
    return [part for act in acts if luck.random() < 0.7 for part in _sectors(act, luck)]


def _sectors(act: Act, luck: Random) -> Iterator[Act]:
    """The sectors of a write that reached the disk."""
    if act.what == "T":
        yield act
        return
    at = 0
    while at < len(act.payload):
        length = min(SECTOR - (act.offset + at) % SECTOR, len(act.payload) - at)
        if luck.random() < 0.6:
            yield Act(what="W", descriptor=-1, offset=act.offset + at, payload=act.payload[at : at + length])
        at += length


def _name(path: bytes) -> str:
    return PurePosixPath(path.decode()).name
