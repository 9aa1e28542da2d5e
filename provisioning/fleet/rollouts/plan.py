"""Which kiosk is in which ring: a seeded draw, spread evenly over towns and models, or what somebody picked by hand. Pure."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from provisioning.fleet.rollouts.rollout import Ring
from telemetry.wire.topics import KioskId

CANARY = "canary"
EVERYBODY = "all"
MOST_RINGS = 8


class PlanError(Exception):
    """Such rings cannot be; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A kiosk that is to have the release. ``likeness``: what makes it comparable, e.g. town and model."""

    kiosk: KioskId
    likeness: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A ring by how much of the whole has been reached with it; at least ``least`` kiosks more than before."""

    name: str
    reached: float
    soak: timedelta
    least: int = 1


USUAL = (
    Share(name=CANARY, reached=0.01, soak=timedelta(hours=24), least=2),
    Share(name="5%", reached=0.05, soak=timedelta(hours=72)),
    Share(name="25%", reached=0.25, soak=timedelta(hours=24)),
    Share(name=EVERYBODY, reached=1.0, soak=timedelta(hours=24)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rings, and the number of each kiosk's."""

    rings: tuple[Ring, ...]
    ring_of: Mapping[KioskId, int]

    def sizes(self) -> tuple[int, ...]:
        """Return how many kiosks each ring has."""
        return tuple(sum(1 for ring in self.ring_of.values() if ring == number) for number in range(len(self.rings)))


def draw(candidates: Sequence[Candidate], *, seed: str, shares: Sequence[Share] = USUAL) -> Plan:
    """Put every candidate into a ring.

    Who comes first is drawn, so that whoever has the release and whoever has not differ by chance alone: the gate's mathematics
    rests on it. Drawn within each town and model in proportion, so that each ring looks like the county.

    Args:
        candidates: In any order; the result does not depend on it.
        seed: The same seed draws the same rings.
        shares: Growing, the last one 1.

    Raises:
        PlanError: Nobody is to have it, or the shares do not grow to the whole.
    """
    if not candidates:
        raise PlanError("no kiosk is to have it")
    reached = [share.reached for share in shares]
    if not reached or len(reached) > MOST_RINGS or sorted(set(reached)) != reached or reached[0] <= 0 or reached[-1] != 1.0:
        raise PlanError(f"shares grow, at most {MOST_RINGS} of them, from more than 0 to 1 (100 %)")
    order = _spread(candidates, seed)
    ring_of: dict[KioskId, int] = {}
    rings: list[Ring] = []
    for share in shares:
        upto = min(len(order), max(math.ceil(share.reached * len(order) - 1e-9), len(ring_of) + share.least))
        if upto == len(ring_of):
            continue  # a small county is through before its last ring
        for kiosk in order[len(ring_of) : upto]:
            ring_of[kiosk] = len(rings)
        rings.append(Ring(name=share.name, soak=share.soak))
    return Plan(rings=tuple(rings), ring_of=ring_of)


def pick(candidates: Sequence[Candidate], picked: Sequence[tuple[Ring, Sequence[KioskId]]]) -> Plan:
    """Take rings as somebody has picked them; who is in none does not get the release from this rollout.

    Raises:
        PlanError: A kiosk is in two of them or is no candidate, or a ring is empty.
    """
    known = {candidate.kiosk for candidate in candidates}
    ring_of: dict[KioskId, int] = {}
    if not picked or len(picked) > MOST_RINGS:
        raise PlanError(f"1 to {MOST_RINGS} rings")
    for number, (ring, kiosks) in enumerate(picked):
        if not kiosks:
            raise PlanError(f"ring {ring.name}: has no kiosk")
        for kiosk in kiosks:
            if kiosk not in known:
                raise PlanError(f"ring {ring.name}: {kiosk.county}/{kiosk.kiosk} is not among the kiosks that could have it")
            if kiosk in ring_of:
                raise PlanError(f"{kiosk.county}/{kiosk.kiosk} is in two rings")
            ring_of[kiosk] = number
    return Plan(rings=tuple(ring for ring, _ in picked), ring_of=ring_of)


def _spread(candidates: Sequence[Candidate], seed: str) -> list[KioskId]:
    """Return the kiosks so that every beginning of the list holds each likeness in proportion, by chance within it."""
    alike: dict[tuple[str, ...], list[KioskId]] = defaultdict(list)
    for candidate in candidates:
        alike[candidate.likeness].append(candidate.kiosk)
    placed: list[tuple[float, float, KioskId]] = []
    for likeness, kiosks in alike.items():
        offset = _chance(seed, *likeness)
        drawn = sorted(kiosks, key=lambda kiosk: _chance(seed, kiosk.county, kiosk.kiosk))
        for rank, kiosk in enumerate(drawn):
            placed.append(((rank + offset) / len(drawn), _chance(seed, "tie", kiosk.county, kiosk.kiosk), kiosk))
    return [kiosk for _, _, kiosk in sorted(placed, key=lambda place: place[:2])]


def _chance(*words: str) -> float:
    """Return a number from 0 to 1 that is the same for the same words in every process."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8]) / 2**64
