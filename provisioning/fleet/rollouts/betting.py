"""Whether a mean is above or below a line, looked at as often as one likes: money won by betting on bounded differences. Pure.

Somebody begins with one coin and bets against the claim "the mean is at most m", before each observation x in [-1, 1] a fixed
part of what is there: the coin becomes K = product of (1 + b (x - m)). As long as the claim is true no game of this kind wins on
average, so K is a nonnegative supermartingale and, by Ville's inequality, the chance that it *ever* reaches 1/alpha is at most
alpha, however long one plays and whenever one looks or stops. What is won is evidence against the claim: an e-process. Nobody
knows the best part to bet beforehand, so the coin is split evenly over a ladder of parts, and the winnings are added: a mixture
of supermartingales is one. Nothing is assumed of the observations' distribution but their bounds and that, the past known, their
mean is at most m. All m a bet has not yet refuted make a confidence sequence: intervals that hold at all times together.

J. Ville, Etude critique de la notion de collectif (1939); I. Waudby-Smith and A. Ramdas, Estimating means of bounded random
variables by betting, Journal of the Royal Statistical Society B 86 (2024), sections 2 to 4 ("diversified" bets); A. Ramdas and
others, Game-theoretic statistics and safe anytime-valid inference, Statistical Science 38 (2023).
"""

import math
from collections.abc import Mapping

import numpy as np

PARTS = np.geomspace(0.02, 0.95, 12)
"""Parts of what is there that may be bet, of the most that cannot ruin. A small part wins slowly and surely where the noise is
large, a large one fast where trouble is rare; beside the best of them the mixture loses a factor of at most 12."""
NEAR = 1e-6
"""How near to the ends of what is possible a bound is looked for, and how exactly it is found."""

Counted = Mapping[float, int]
"""How often each value from -1 to 1 was observed; their order makes no difference to fixed bets."""


def log_evidence_above(seen: Counted, line: float) -> float:
    """Return the logarithm of the evidence that the mean is above a line, against its being at or below it."""
    return _log_wealth(seen, line)


def log_evidence_below(seen: Counted, line: float) -> float:
    """Return the logarithm of the evidence that the mean is below a line."""
    return _log_wealth(_mirrored(seen), -line)


def lower_bound(seen: Counted, alpha: float) -> float:
    """Return what the mean is at least, wrong at any time ever with probability ``alpha`` at most; -1 where nothing is known."""
    if not seen:
        return -1.0
    wanted = math.log(1 / alpha)
    lowest, highest = -1 + NEAR, 1 - NEAR
    if _log_wealth(seen, lowest) < wanted:
        return -1.0
    while highest - lowest > NEAR:  # the evidence falls as the line rises
        middle = (lowest + highest) / 2
        lowest, highest = (middle, highest) if _log_wealth(seen, middle) >= wanted else (lowest, middle)
    return lowest


def upper_bound(seen: Counted, alpha: float) -> float:
    """Return what the mean is at most, wrong at any time ever with probability ``alpha`` at most; 1 where nothing is known."""
    return -lower_bound(_mirrored(seen), alpha)


def _log_wealth(seen: Counted, line: float) -> float:
    if not seen:
        return 0.0
    values = np.fromiter(seen.keys(), float, len(seen))
    times = np.fromiter(seen.values(), float, len(seen))
    bets = PARTS / (1 + line)  # the worst that can come is -1, and it must not ruin
    won = (np.log1p(np.outer(bets, values - line)) * times).sum(axis=1)
    return float(np.logaddexp.reduce(won)) - math.log(len(PARTS))


def _mirrored(seen: Counted) -> Counted:
    return {-value: times for value, times in seen.items()}
