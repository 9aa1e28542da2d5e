"""Whether a flattened sheet can be used, and if not, why. Pure but for OpenCV's arithmetic.

Tuned on drawn sheets; not yet seen with a real camera over a real table.
"""

import cv2
import numpy as np

from drivers.contract.document_scanner import ScanRefusal
from drivers.transport.picture import Pixels

JUDGED_WIDE = 640
"""Width at which a sheet is judged."""

MOST_BITE = 0.04
"""Share of a sheet's area that may differ from a quadrilateral: a dog's ear, a torn edge. A finger over the edge has 0.1."""

MARGIN = 0.03
"""Share of a sheet left out at its edges when print is looked for: shadows lie there."""

INK_BELOW = 9
"""How much darker than its surroundings print is, at least, even out of focus."""

LEAST_INK = 0.0015
"""Share of a sheet that is print, below which it is blank: a single signature has more."""

LEAST_EDGE = 45.0
"""How sharp the sharpest thousandth of a sheet is (absolute Laplacian). Drawn print has 120 and more, out of focus 10."""

GLARE_FROM = 251
GLARE_SHARE = 0.008
GLARE_PAPER_BELOW = 244
"""Paper brighter than that is merely well lit all over: print that is there is seen."""

SKIN_CR = (8, 60)
SKIN_CB = (-50, -2)
"""By how much skin is redder and less blue than the paper it lies on (YCrCb). A seal is redder still."""

FINGER_SHARE = 0.004
"""Share of a sheet that a finger at its edge covers, at least."""


def judged(flat: Pixels, *, bite: float) -> ScanRefusal | None:
    """Say why a flattened sheet cannot be used; None when it can.

    Args:
        flat: The sheet alone, in colour; best one of ``JUDGED_WIDE``.
        bite: Share by which its outline differs from a rectangle's.
    """
    grey: Pixels = cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY)
    try:
        if bite > MOST_BITE or _finger_share(flat) >= FINGER_SHARE:
            return ScanRefusal.FINGER
        if _glare_share(grey) >= GLARE_SHARE:
            return ScanRefusal.GLARE
        if _ink_share(grey) < LEAST_INK:
            return ScanRefusal.BLANK
        if _edge(grey) < LEAST_EDGE:
            return ScanRefusal.BLURRED
        return None
    finally:
        grey.fill(0)


def _finger_share(flat: Pixels) -> float:
    """How much of the sheet is skin that reaches its edge."""
    _, cr, cb = cv2.split(cv2.cvtColor(flat, cv2.COLOR_BGR2YCrCb))
    redder = cr.astype(np.int16) - int(np.median(cr))
    bluer = cb.astype(np.int16) - int(np.median(cb))
    skin = ((redder >= SKIN_CR[0]) & (redder <= SKIN_CR[1]) & (bluer >= SKIN_CB[0]) & (bluer <= SKIN_CB[1])).astype(np.uint8)
    skin = cv2.morphologyEx(skin, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(skin)
    height, width = skin.shape
    share = 0.0
    for label in range(1, count):
        x, y, wide, high, area = (int(number) for number in stats[label])
        if min(x, y) <= 4 or x + wide >= width - 4 or y + high >= height - 4:
            share += area / labels.size
    return share


def _glare_share(grey: Pixels) -> float:
    if float(np.median(grey)) >= GLARE_PAPER_BELOW:
        return 0.0
    glare = cv2.morphologyEx((grey >= GLARE_FROM).astype(np.uint8), cv2.MORPH_OPEN, np.ones((11, 11), np.uint8))
    return float(np.count_nonzero(glare) / glare.size)


def _ink_share(grey: Pixels) -> float:
    inner = _inner(cv2.GaussianBlur(grey, (3, 3), 0))
    around = cv2.GaussianBlur(inner, (0, 0), 15)
    ink = cv2.subtract(around, inner) >= INK_BELOW
    return float(np.count_nonzero(ink) / ink.size)


def _edge(grey: Pixels) -> float:
    return float(np.percentile(np.abs(cv2.Laplacian(_inner(grey), cv2.CV_16S)), 99.9))


def _inner(grey: Pixels) -> Pixels:
    height, width = grey.shape
    down, across = max(int(height * MARGIN), 1), max(int(width * MARGIN), 1)
    return np.ascontiguousarray(grey[down:-down, across:-across])
