"""Layers: province, city, county, town, village, kiosk, and how they become the settings of one kiosk. Pure.

Each lies over the one before it (``provisioning.wire.layering``). A layer may lock a path: no lower layer sets it, or anything
below it. A lock that comes later wins over what was set before it, so that the province's word holds at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from provisioning.wire.layering import Tree, at, covers, leaves, overlaid


class Kind(StrEnum):
    """What a layer is for, the widest first."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    KIOSK = "kiosk"


ORDER = tuple(Kind)

PLACE = ("kiosk.site", "kiosk.town", "kiosk.address")
"""Where a kiosk stands says which layers are its own; its own layer alone sets it, or one could move kiosks from under itself."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LayerKey:
    """Which layer: ``potou``, ``potou/南三镇``, ``potou/南三镇/光明村``, ``potou/kiosk-1``; the province's name is empty."""

    kind: Kind
    name: str = ""

    @property
    def county(self) -> str:
        """The county it belongs to, empty for province and city."""
        return "" if self.kind in {Kind.PROVINCE, Kind.CITY} else self.name.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: what it sets, and what it locks."""

    key: LayerKey
    settings: Tree
    locked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a kiosk stands; what is not known is empty, and then there is no such layer for it."""

    county: str
    kiosk: str
    city: str = ""
    town: str = ""
    village: str = ""

    @property
    def chain(self) -> tuple[LayerKey, ...]:
        """Every layer it can have, the widest first."""
        town = f"{self.county}/{self.town}"
        keys = [LayerKey(kind=Kind.PROVINCE)]
        keys += [LayerKey(kind=Kind.CITY, name=self.city)] if self.city else []
        keys += [LayerKey(kind=Kind.COUNTY, name=self.county)]
        keys += [LayerKey(kind=Kind.TOWN, name=town)] if self.town else []
        keys += [LayerKey(kind=Kind.VILLAGE, name=f"{town}/{self.village}")] if self.town and self.village else []
        return (*keys, LayerKey(kind=Kind.KIOSK, name=f"{self.county}/{self.kiosk}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one setting comes from.

    Attributes:
        kind: The layer that set it.
        over: What wider layers say, the nearest first.
        locked_by: The layer that locked it, None when lower layers may set it.
    """

    kind: Kind
    over: tuple[tuple[Kind, JsonValue], ...] = ()
    locked_by: Kind | None = None


def merged(layers: Iterable[Layer]) -> dict[str, JsonValue]:
    """Return the settings of layers given from the widest to the narrowest."""
    tree: dict[str, JsonValue] = {}
    locked: list[str] = []
    for layer in layers:
        tree = overlaid(tree, allowed(layer.settings, locked))
        locked += layer.locked
    return tree


def origins(layers: Sequence[Layer]) -> dict[str, Origin]:
    """Say of every setting that is in force where it comes from."""
    settled = merged(layers)
    found: dict[str, Origin] = {}
    for path, value in leaves(settled):
        locked: list[tuple[str, Kind]] = []
        said: list[tuple[Kind, JsonValue]] = []
        for layer in layers:
            mine = allowed(layer.settings, [each for each, _ in locked])
            if path in dict(leaves(mine)):
                said.append((layer.key.kind, at(mine, path)))
            locked += [(each, layer.key.kind) for each in layer.locked]
        by = [kind for each, kind in locked if covers(each, path)]
        if said and said[-1][1] == value:
            found[path] = Origin(kind=said[-1][0], over=tuple(reversed(said[:-1])), locked_by=by[0] if by else None)
    return found


def allowed(settings: Tree, locked: Iterable[str]) -> dict[str, JsonValue]:
    """Return what of a layer may count under the locks above it."""
    tree = dict(settings)
    for path in locked:
        tree = _without(tree, path.split("."))
    return tree


def breaches(settings: Tree, locked: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the paths of a layer that upper layers have locked, with who locked them."""
    return {
        path: kind for path, _ in leaves(settings) for lock, kind in locked.items() if covers(lock, path) or covers(path, lock)
    }


def _without(tree: Tree, keys: Sequence[str]) -> dict[str, JsonValue]:
    head, *rest = keys
    kept = dict(tree)
    if head not in kept:
        return kept
    below = kept[head]
    if rest and isinstance(below, dict):
        kept[head] = _without(below, rest)
        return kept
    del kept[head]  # the path itself, or a null above it that would take it away
    return kept
