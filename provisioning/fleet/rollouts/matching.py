"""Which kiosk with the new release is held against which without it: sets of the same town, model and traffic. Pure.

In every slot of time each treated kiosk gets untreated ones of its own, nobody is in two sets of one slot, and who goes with whom
is drawn by the slot's name. So the differences of one slot do not share a kiosk, weather and working hours are the same on both
sides, and, where the release does nothing, treated and untreated differ by the draw of the rings alone: the mean of a difference
is nought. Where a town has no untreated kiosk of the model left, the next wider likeness does.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telemetry.wire.topics import KioskId

MOST_CONTROLS = 6
"""Untreated kiosks for a treated one. More would quiet the difference by less than a tenth, and leave others without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One kiosk in one slot.

    Attributes:
        likeness: What makes it comparable, the most telling word first: model, town, traffic.
        value: What was measured, 0 (well) to 1.
    """

    kiosk: KioskId
    likeness: tuple[str, ...]
    is_treated: bool
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A treated kiosk's value beside the mean of its untreated ones."""

    treated: float
    control: float

    @property
    def excess(self) -> float:
        """How much worse, -1 to 1."""
        return self.treated - self.control


def contrasts(watched: Sequence[Watched], *, slot: str) -> tuple[Contrast, ...]:
    """Return one contrast for each treated kiosk that finds somebody like it."""
    treated = [one for one in watched if one.is_treated]
    untreated = [one for one in watched if not one.is_treated]
    found: list[Contrast] = []
    for words in range(max((len(one.likeness) for one in watched), default=0), -1, -1):
        if not treated or not untreated:
            break
        homes = _by_likeness(untreated, words)
        lonely: list[Watched] = []
        used: set[KioskId] = set()
        for likeness, group in _by_likeness(treated, words).items():
            sets = _dealt(group, homes.get(likeness, []), slot)
            lonely += group[len(sets) :]
            for one, controls in zip(group, sets, strict=False):
                used |= {control.kiosk for control in controls}
                mean = sum(control.value for control in controls) / len(controls)
                found.append(Contrast(treated=one.value, control=mean))
        treated, untreated = lonely, [one for one in untreated if one.kiosk not in used]
    return tuple(found)


def _dealt(group: list[Watched], homes: Sequence[Watched], slot: str) -> list[list[Watched]]:
    """Deal the untreated ones out, one each in turn; sorts ``group`` so that the first of it are those that got some."""
    group.sort(key=lambda one: _drawn(slot, one))
    drawn = sorted(homes, key=lambda one: _drawn(slot, one))[: MOST_CONTROLS * len(group)]
    return [drawn[number :: len(group)] for number in range(min(len(group), len(drawn)))]


def _by_likeness(watched: Iterable[Watched], words: int) -> dict[tuple[str, ...], list[Watched]]:
    groups: dict[tuple[str, ...], list[Watched]] = defaultdict(list)
    for one in watched:
        groups[one.likeness[:words]].append(one)
    return groups


def _drawn(slot: str, one: Watched) -> bytes:
    return hashlib.blake2b(f"{slot}/{one.kiosk.county}/{one.kiosk.kiosk}".encode(), digest_size=8).digest()
