"""How fast counters rise: their last values kept for a minute, so that a page can say so many a second."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from prometheus_client.metrics import MetricWrapperBase

WINDOW_S = 60.0
"""A pace is over the last minute, or since the service has been asked at all."""
APART_S = 1.0
"""Samples closer together than this say nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A counter: what it stands at, and how many a second lately (None while nobody can tell)."""

    total: float
    a_second: float | None


class Pace:
    """Remembers a minute of samples. Any thread may ask."""

    def __init__(self, *, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._samples: deque[tuple[float, Mapping[str, float]]] = deque()
        self._turn = Lock()
        """Guards the samples."""

    def of(self, totals: Mapping[str, float]) -> Mapping[str, Paced]:
        """Take a sample and return each counter with its pace."""
        now_s = self._monotonic_s()
        with self._turn:
            while len(self._samples) > 1 and now_s - self._samples[1][0] >= WINDOW_S:
                self._samples.popleft()
            first = self._samples[0] if self._samples else None
            if not self._samples or now_s - self._samples[-1][0] >= APART_S:
                self._samples.append((now_s, dict(totals)))
        if first is None or now_s - first[0] < APART_S:
            return {name: Paced(total=total, a_second=None) for name, total in totals.items()}
        passed_s = now_s - first[0]
        return {
            name: Paced(total=total, a_second=max(0.0, total - first[1].get(name, 0.0)) / passed_s)
            for name, total in totals.items()
        }


def total(counter: MetricWrapperBase) -> float:
    """Return a counter's value, all its labels together."""
    return sum(by_label(counter, "").values())


def by_label(counter: MetricWrapperBase, label: str) -> dict[str, float]:
    """Return a counter's values by one label."""
    found: dict[str, float] = {}
    for family in counter.collect():
        for sample in family.samples:
            if sample.name.endswith("_total") or sample.name == family.name:
                name = sample.labels.get(label, "")
                found[name] = found.get(name, 0.0) + sample.value
    return found


def share_below(histogram: MetricWrapperBase, share: float) -> float | None:
    """Return below which value so large a share of the observations lies, between two buckets by proportion; None without any."""
    buckets: list[tuple[float, float]] = []
    for family in histogram.collect():
        buckets += [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
    if not buckets or not buckets[-1][1]:
        return None
    wanted, low, before = buckets[-1][1] * share, 0.0, 0.0
    for high, count in buckets:
        if count >= wanted:
            if high == float("inf"):
                return low
            return low + (high - low) * ((wanted - before) / (count - before) if count > before else 1.0)
        low, before = high, count
    return low
