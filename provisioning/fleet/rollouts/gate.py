"""The field-health gate: whether kiosks with the new release do worse than their like without it, or too little is seen. Pure.

Two questions, each answered by an e-process (``betting``), so that both may be asked after every slot of time:

* Is it worse at all? Evidence against "the mean excess is at most nought" of 1/alpha stops the rollout. Alpha, 5 % for the whole
  rollout, is split evenly over the measures (Bonferroni): a harmless release is stopped by noise at most once in twenty.
* Could it still be worse than the next ring may bear? Only evidence of 1/5 % against "the mean excess is at least the line" lets
  a ring begin, for every measure: a release at or beyond a line gets through at most once in twenty. Nothing is split here, as
  all of them have to agree.

Between the two the gate waits, and says for what. The line is what the next ring may suffer unnoticed (``Terms.tolerated``
kiosks a day), but never finer than what the measure can ever show.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from provisioning.fleet.rollouts.betting import log_evidence_above, log_evidence_below, lower_bound, upper_bound
from provisioning.fleet.rollouts.matching import Contrast

SLOT = timedelta(hours=6)
"""One observation of a kiosk. Long enough that a service day has its visits in one or two, short enough to stop within hours."""
SLOTS_A_DAY = timedelta(days=1) / SLOT
STOP_ALPHA = 0.05
GO_ALPHA = 0.05
BEFORE = timedelta(days=14)
MOST_BEFORE = 3
"""Slots with trouble in the fortnight before, beyond which a kiosk is left out of a measure, on either side: what was ill before
says nothing of the release, and one chronic kiosk among ten treated ones would look like it."""
COARSEST = 0.9
"""Of a slot: a line is at most here, for a very small ring."""
GRAIN = 5
"""Digits kept of a difference: equal ones are counted together."""


class Measure(StrEnum):
    """What is watched. All are better when they are less."""

    FAULTS = "faults"
    """Slots in which a new fault was raised."""
    SILENCES = "silences"
    """Slots in which the kiosk fell silent."""
    RESTARTS = "restarts"
    """Slots in which its display was restarted, or its core came back from a crash."""
    UNFINISHED = "unfinished"
    """Of the visits of a slot, those whose matter was not finished."""


FINEST: Mapping[Measure, float] = {
    Measure.FAULTS: 0.20,
    Measure.SILENCES: 0.05,
    Measure.RESTARTS: 0.02,
    Measure.UNFINISHED: 0.10,
}
"""The finest line: excess a kiosk and day, or a visit. A fault comes to any kiosk every tenth day or so, and one visit in thirty
ends unfinished: a hundredth more could not be told from chance in a month of ten kiosks. Restarts are rare, so two in a hundred
can. What is worse by less than its line is still found, by the other question, once there is enough of it."""


class Verdict(StrEnum):
    """What the gate says."""

    GO_ON = "go_on"
    WAIT = "wait"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All contrasts of one measure so far: how often each excess came, and the sums of both sides."""

    seen: Mapping[float, int] = field(default_factory=dict)
    treated: float = 0.0
    control: float = 0.0

    @property
    def sets(self) -> int:
        """How many contrasts."""
        return sum(self.seen.values())

    def plus(self, contrasts: Iterable[Contrast]) -> "Evidence":
        """Return it with more of them."""
        found = tuple(contrasts)
        seen = Counter(self.seen)
        seen.update(round(one.excess, GRAIN) for one in found)
        return Evidence(
            seen=dict(seen),
            treated=self.treated + sum(one.treated for one in found),
            control=self.control + sum(one.control for one in found),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measure as it stands. Every number is a kiosk and day (a visit for unfinished ones): 0.02 is two in a hundred.

    Attributes:
        low: The excess is at least this, at all times together; above nought it is worse.
        high: The excess is at most this; below ``line`` the next ring may bear it.
        missing: Kiosk-days still to be seen at the present course; None where the course does not lead there.
    """

    measure: Measure
    verdict: Verdict
    kiosk_days: float
    treated: float
    control: float
    excess: float
    low: float
    high: float
    line: float
    missing: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the gate says, and why. ``as_of``: the end of the last slot that was counted."""

    verdict: Verdict
    readings: tuple[Reading, ...] = ()
    as_of: datetime | None = None
    expected_at: datetime | None = None

    @property
    def open(self) -> tuple[Reading, ...]:
        """Measures that cannot say yet."""
        return tuple(reading for reading in self.readings if reading.verdict is Verdict.WAIT)

    @property
    def worse(self) -> tuple[Reading, ...]:
        """Measures that say stop."""
        return tuple(reading for reading in self.readings if reading.verdict is Verdict.STOP)


NOTHING_SEEN = Health(verdict=Verdict.WAIT)


def judge(
    evidence: Mapping[Measure, Evidence], *, next_kiosks: int, tolerated: float, since: datetime, as_of: datetime
) -> Health:
    """Say whether the next ring may begin.

    Args:
        evidence: Of every measure, since ``since``.
        next_kiosks: How many the next ring has; 0 after the last, when only worse-at-all is asked.
        tolerated: How many of them may come to harm a day.
        since: From when on evidence counts.
        as_of: The end of the last slot in it.
    """
    readings = tuple(
        _read(measure, evidence.get(measure, Evidence()), next_kiosks=next_kiosks, tolerated=tolerated) for measure in Measure
    )
    verdicts = {reading.verdict for reading in readings}
    verdict = Verdict.STOP if Verdict.STOP in verdicts else Verdict.WAIT if Verdict.WAIT in verdicts else Verdict.GO_ON
    return Health(verdict=verdict, readings=readings, as_of=as_of, expected_at=_expected(readings, since, as_of))


def line_of(measure: Measure, *, next_kiosks: int, tolerated: float) -> float:
    """Return the excess that must be ruled out before a ring of so many kiosks, a kiosk and day (or a visit)."""
    borne = tolerated / next_kiosks if next_kiosks else 0.0
    return min(COARSEST * _slots(measure), max(FINEST[measure], borne))


def _read(measure: Measure, evidence: Evidence, *, next_kiosks: int, tolerated: float) -> Reading:
    scale, sets = _slots(measure), evidence.sets
    line = line_of(measure, next_kiosks=next_kiosks, tolerated=tolerated)
    stop_alpha = STOP_ALPHA / len(Measure)
    missing: float | None = 0.0
    if log_evidence_above(evidence.seen, 0.0) >= math.log(1 / stop_alpha):
        verdict = Verdict.STOP
    elif not next_kiosks or (won := log_evidence_below(evidence.seen, line / scale)) >= math.log(1 / GO_ALPHA):
        verdict = Verdict.GO_ON
    else:
        verdict = Verdict.WAIT
        more = _sets_missing(evidence, line / scale, won)
        missing = None if more is None else more / SLOTS_A_DAY
    return Reading(
        measure=measure,
        verdict=verdict,
        kiosk_days=sets / SLOTS_A_DAY,
        treated=scale * evidence.treated / sets if sets else 0.0,
        control=scale * evidence.control / sets if sets else 0.0,
        excess=scale * (evidence.treated - evidence.control) / sets if sets else 0.0,
        low=scale * lower_bound(evidence.seen, stop_alpha),
        high=scale * upper_bound(evidence.seen, GO_ALPHA),
        line=line,
        missing=missing,
    )


def _sets_missing(evidence: Evidence, line: float, won: float) -> float | None:
    """Return how many contrasts more it takes if they go on as they went; without any yet, as if all were even."""
    wanted = math.log(1 / GO_ALPHA)
    if not evidence.sets:
        return wanted / math.log1p(line)
    often = 20  # the course: what so many times the same would have won
    course = log_evidence_below({value: often * times for value, times in evidence.seen.items()}, line)
    growth = (course - won) / ((often - 1) * evidence.sets)
    return (wanted - won) / growth if growth > 0 else None


def _expected(readings: Iterable[Reading], since: datetime, as_of: datetime) -> datetime | None:
    """Return when the last open measure will have seen enough at the present pace; None where nobody can tell."""
    latest = as_of
    days = (as_of - since) / timedelta(days=1)
    for reading in readings:
        if reading.verdict is not Verdict.WAIT:
            continue
        if reading.missing is None or not reading.kiosk_days or days <= 0:
            return None
        wait_days = reading.missing / (reading.kiosk_days / days)
        if wait_days > 60:  # beyond any patience
            return None
        latest = max(latest, as_of + timedelta(days=wait_days))
    return latest


def _slots(measure: Measure) -> float:
    """How many of a measure's observations make a day of a kiosk; a visit is its own unit."""
    return 1.0 if measure is Measure.UNFINISHED else SLOTS_A_DAY
