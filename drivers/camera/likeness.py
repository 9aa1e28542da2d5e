"""How much two faces look alike, as numbers. Pure."""

import math
from collections.abc import Sequence

SAME_PERSON_FROM = 0.363
"""Cosine similarity from which the makers of the SFace model OpenCV uses call two faces the same person
(OpenCV's tutorial on FaceRecognizerSF; found on the LFW pictures). A bureau may want a higher one."""


def cosine(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Cosine similarity of two features, -1.0 to 1.0; None when one of them says nothing.

    Raises:
        ValueError: They are of different lengths, so not from one model.
    """
    if len(one) != len(other):
        raise ValueError(f"features of {len(one)} and {len(other)} numbers cannot be compared")
    sizes = math.hypot(*one) * math.hypot(*other)
    if not sizes or not math.isfinite(sizes):
        return None
    return max(-1.0, min(1.0, sum(a * b for a, b in zip(one, other, strict=True)) / sizes))
