"""A change: one layer as somebody wants it, what it does to which kiosks, and whether it may be decided. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from provisioning.fleet.config.layers import Layer, LayerKey, Place, merged
from provisioning.wire.layering import Tree, leaves

APPROVED_FROM = 10
"""A change on more kiosks than this takes a second person."""


class State(StrEnum):
    """Where a change stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    """For a second person."""
    APPROVED = "approved"
    HELD = "held"
    """Approved, and stopped by itself: too many of the first kiosks did not take it, or went back."""
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one layer.

    Attributes:
        id: Its number; people call it C-118.
        before: The layer as it was when the change was written.
        after: The layer as it should be.
        kiosks: On how many something changes.
        decided_by: Who approved it or sent it back; empty where nobody had to, or has yet.
        why: Why it was sent back or is held.
    """

    id: int
    state: State
    before: Layer
    after: Layer
    note: str
    by: str
    at: datetime
    kiosks: int
    decided_by: str = ""
    decided_at: datetime | None = None
    why: str = ""

    @property
    def key(self) -> LayerKey:
        """Which layer."""
        return self.after.key

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided."""
        return self.state in {State.DRAFT, State.WAITING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting that is different; None where there is none."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change does to one kiosk."""

    place: Place
    before: Tree
    after: Tree


def difference(before: Tree, after: Tree) -> tuple[Difference, ...]:
    """Return every setting that is different, in the order of the paths."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return tuple(
        Difference(path=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if (path in old, old.get(path)) != (path in new, new.get(path))
    )


def chain(place: Place, layers: Mapping[LayerKey, Layer]) -> tuple[Layer, ...]:
    """Return the layers of a kiosk that there are, the widest first."""
    return tuple(layers[key] for key in place.chain if key in layers)


class Merging:
    """Merges for many kiosks: those that lie under the same layers are merged once."""

    def __init__(self, layers: Mapping[LayerKey, Layer]) -> None:
        """Merge these."""
        self._layers = layers
        self._done: dict[tuple[LayerKey, ...], dict[str, JsonValue]] = {}

    def of(self, place: Place) -> dict[str, JsonValue]:
        """Return the settings of one kiosk; not to be changed."""
        keys = tuple(key for key in place.chain if key in self._layers)
        if keys not in self._done:
            self._done[keys] = merged(self._layers[key] for key in keys)
        return self._done[keys]


def effects(layer: Layer, places: Sequence[Place], layers: Mapping[LayerKey, Layer]) -> tuple[Effect, ...]:
    """Return the kiosks whose settings become different once a layer is this, with what they were and will be."""
    now, then = Merging(layers), Merging({**layers, layer.key: layer})
    found = []
    for place in places:
        if layer.key in place.chain:
            old, new = now.of(place), then.of(place)
            if old != new:
                found.append(Effect(place=place, before=old, after=new))
    return tuple(found)


def needs_a_second(kiosks: int) -> bool:
    """Say whether a second person has to approve."""
    return kiosks > APPROVED_FROM
