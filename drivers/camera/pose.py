"""Which way a head is turned, and where a face is: words every way of finding faces shares. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TURNED_FROM = 0.28
"""Share of the distance between the eyes by which the nose's tip lies off their middle when a head counts as turned.
Geometry of an average head: the tip stands half as far forward as the eyes are apart, which makes about 30 degrees."""

STRAIGHT_BELOW = 0.16
"""The same share below which a head counts as looking straight: about 15 degrees."""


class Pose(StrEnum):
    """Which way a head looks, as it stands in the picture. A picture is no mirror: a person's left is the picture's right."""

    STRAIGHT = "straight"
    PICTURE_LEFT = "picture_left"
    PICTURE_RIGHT = "picture_right"
    BETWEEN = "between"
    """Neither straight nor turned enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face. Everything in shares of the picture's width and height, 0.0 to 1.0; ``middle`` is the box's."""

    middle_x: float
    middle_y: float
    width: float
    pose: Pose


def pose_of(eye_a: Sequence[float], eye_b: Sequence[float], nose: Sequence[float]) -> Pose:
    """Tell the pose from three landmarks in pixels: both eyes, in any order, and the tip of the nose."""
    left, right = sorted((eye_a, eye_b), key=lambda eye: eye[0])
    apart = right[0] - left[0]
    if apart <= 0:
        return Pose.BETWEEN
    off = (nose[0] - (left[0] + right[0]) / 2) / apart
    if abs(off) < STRAIGHT_BELOW:
        return Pose.STRAIGHT
    if abs(off) < TURNED_FROM:
        return Pose.BETWEEN
    return Pose.PICTURE_RIGHT if off > 0 else Pose.PICTURE_LEFT
