"""How long things run and how long they stay broken, with what still runs counted rightly. Pure; scipy does the statistics.

A device that has not failed is not left out and not counted as if it failed today: its run is censored. Rates never come
without their interval and without how many runs they were made from.
"""

import importlib
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

CONFIDENCE = 0.95
ENOUGH_FAILURES = 5
"""Failures each of two groups needs before they are compared: fewer tell nothing apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of time in any unit; ``has_ended`` False when it was still going on when we stopped looking."""

    lasted: float
    has_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its 95 % interval; a bound is None where the data do not reach it. ``value`` None: not known."""

    value: float | None
    low: float | None
    high: float | None


UNKNOWN = Estimate(value=None, low=None, high=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """What many runs say together.

    Attributes:
        runs: How many.
        ended: How many of them ended.
        total: All of their time.
        mean: Time per end (MTBF), with the exact interval of a Poisson count; only its lower bound when nothing ended.
        median: When half have ended (Kaplan-Meier); None where fewer than half ever do.
        quartiles: When a quarter, and three quarters, have ended.
        restricted_mean: Mean of the time up to ``horizon`` (area under the Kaplan-Meier curve): known also without a median.
        horizon: The longest run seen.
    """

    runs: int
    ended: int
    total: float
    mean: Estimate
    median: Estimate
    quartiles: tuple[float | None, float | None]
    restricted_mean: float | None
    horizon: float


def endurance(runs: Iterable[Run]) -> Endurance:
    """Summarise runs."""
    kept = tuple(runs)
    ended = [run.lasted for run in kept if run.has_ended]
    total = sum(run.lasted for run in kept)
    median, quartiles, restricted = _kaplan_meier(kept)
    return Endurance(
        runs=len(kept),
        ended=len(ended),
        total=total,
        mean=_time_per_end(len(ended), total),
        median=median,
        quartiles=quartiles,
        restricted_mean=restricted,
        horizon=max((run.lasted for run in kept), default=0.0),
    )


def _time_per_end(ended: int, total: float) -> Estimate:
    """Return total time over ends; the interval inverts the exact (Garwood) interval of the count."""
    if total <= 0:
        return UNKNOWN
    tail = (1 - CONFIDENCE) / 2
    most = float(_stats().chi2.ppf(1 - tail, 2 * ended + 2)) / 2
    if not ended:
        return Estimate(value=None, low=total / most, high=None)
    least = float(_stats().chi2.ppf(tail, 2 * ended)) / 2
    return Estimate(value=total / ended, low=total / most, high=total / least)


def _kaplan_meier(runs: Sequence[Run]) -> tuple[Estimate, tuple[float | None, float | None], float | None]:
    if not runs:
        return UNKNOWN, (None, None), None
    if not any(run.has_ended for run in runs):
        return UNKNOWN, (None, None), max(run.lasted for run in runs)
    curve = _stats().ecdf(_censored(runs)).sf
    times, alive = [float(t) for t in curve.quantiles], [float(p) for p in curve.probabilities]
    with warnings.catch_warnings():
        # Where everything has ended the band is not defined; scipy says so, and _known says what stands for it.
        warnings.simplefilter("ignore", RuntimeWarning)
        band = curve.confidence_interval(confidence_level=CONFIDENCE, method="log-log")
    median = Estimate(
        value=_first_at_or_below(times, alive, 0.5),
        low=_first_at_or_below(times, _known(band.low.probabilities, alive), 0.5),
        high=_first_at_or_below(times, _known(band.high.probabilities, alive), 0.5),
    )
    quartiles = (_first_at_or_below(times, alive, 0.75), _first_at_or_below(times, alive, 0.25))
    return median, quartiles, _area(times, alive, up_to=max(run.lasted for run in runs))


def _censored(runs: Iterable[Run]) -> Any:  # noqa: ANN401  scipy's own CensoredData
    told = list(runs)
    return _stats().CensoredData(
        uncensored=[run.lasted for run in told if run.has_ended], right=[run.lasted for run in told if not run.has_ended]
    )


def _known(bound: Iterable[float], alive: Sequence[float]) -> list[float]:
    """Return a band's bound; where everything has ended it is not defined, and the curve itself stands for it."""
    return [p if math.isnan(b) else float(b) for b, p in zip(bound, alive, strict=True)]


def _first_at_or_below(times: Sequence[float], alive: Sequence[float], share: float) -> float | None:
    return next((t for t, p in zip(times, alive, strict=True) if p <= share + 1e-12), None)


def _area(times: Sequence[float], alive: Sequence[float], *, up_to: float) -> float:
    area, before, standing = 0.0, 0.0, 1.0
    for t, p in zip(times, alive, strict=True):
        area += standing * (t - before)
        before, standing = t, p
    return area + standing * (up_to - before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two groups that were compared by a log-rank test; ``p`` after Holm's correction for all pairs that were."""

    worse: str
    better: str
    p: float

    @property
    def is_real(self) -> bool:
        """Whether chance alone would hardly show it."""
        return self.p < 1 - CONFIDENCE


def compare(groups: Mapping[str, Sequence[Run]]) -> tuple[Difference, ...]:
    """Compare every two groups that have enough failures, the clearest difference first."""
    able = {name: runs for name, runs in groups.items() if sum(run.has_ended for run in runs) >= ENOUGH_FAILURES}
    found = []
    for one, other in combinations(sorted(able), 2):
        p = float(_stats().logrank(_censored(able[one]), _censored(able[other])).pvalue)
        rates = {name: endurance(able[name]).mean.value or 0.0 for name in (one, other)}
        worse, better = sorted((one, other), key=lambda name: rates[name])
        found.append(Difference(worse=worse, better=better, p=p))
    return _holm(found)


def _holm(found: Sequence[Difference]) -> tuple[Difference, ...]:
    corrected, floor = [], 0.0
    for rank, one in enumerate(sorted(found, key=lambda one: one.p)):
        floor = max(floor, min(1.0, one.p * (len(found) - rank)))
        corrected.append(Difference(worse=one.worse, better=one.better, p=floor))
    return tuple(corrected)


def _stats() -> Any:  # noqa: ANN401  an untyped library
    """Return scipy.stats, loaded when first asked for: two seconds of processor that a service need not begin with."""
    return importlib.import_module("scipy.stats")
