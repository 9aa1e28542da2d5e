"""Where a sheet of paper lies in a picture of a table, and the sheet alone, straightened. Pure but for OpenCV's arithmetic.

The sheet is what is bright on a table that is darker: the table must not be white, and nothing else bright may be larger.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.transport.picture import Pixels

LOOK_WIDE = 480
"""Width at which a sheet is looked for."""

LEAST_SHARE = 0.08
"""Of the picture, below which something bright is no sheet: a card or a receipt is larger."""

LEAST_CONTRAST = 35.0
"""Brightness by which a sheet differs from its table."""

EDGE_PX = 3
CUT_SHARE = 0.03
"""Share of a sheet's outline that lies on the picture's edge, from which it is cut off."""

A4_LONG = 297.0
A4_SHORT = 210.0
MOST_DPI = 200
LONG_PX = round(A4_LONG / 25.4 * MOST_DPI)
LEAST_LONG_PX = 400

SKEW_STEP_DEG = 0.5
MOST_SKEW_DEG = 3.0
"""Print may stand askew on its sheet by less than this; what is more is meant."""

LEAST_ROWS = 2.0
"""Variance of the rows' darkness below which there are no lines of print to go by."""

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Top left, top right, bottom right, bottom left, in shares of the picture's width and height."""

_Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it lies.

    Attributes:
        is_cut_off: A part of it is outside the picture.
        bite: Share of its area that is not as a rectangle's would be: something lies over its edge.
    """

    corners: Corners
    is_cut_off: bool
    bite: float


def find_sheet(grey: Pixels) -> Sheet | None:
    """Find the sheet in a grey picture, best one of ``LOOK_WIDE``; None when none lies there."""
    height, width = grey.shape
    soft = cv2.GaussianBlur(grey, (5, 5), 0)
    threshold, mask = cv2.threshold(soft, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright, dark = soft[soft > threshold], soft[soft <= threshold]
    if not bright.size or not dark.size or float(bright.mean()) - float(dark.mean()) < LEAST_CONTRAST:
        return None
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    area = cv2.contourArea(outline)
    if area < LEAST_SHARE * width * height:
        return None
    hull = cv2.convexHull(outline)
    quad = _four_corners(hull)
    points = outline.reshape(-1, 2)
    on_edge = (
        (points[:, 0] < EDGE_PX)
        | (points[:, 0] >= width - EDGE_PX)
        | (points[:, 1] < EDGE_PX)
        | (points[:, 1] >= height - EDGE_PX)
    )
    hull_area, quad_area = cv2.contourArea(hull), cv2.contourArea(quad)
    bite = max(1 - area / hull_area, abs(1 - hull_area / quad_area)) if hull_area and quad_area else 1.0
    top_left, top_right, bottom_right, bottom_left = ((float(x) / width, float(y) / height) for x, y in _ordered(quad))
    return Sheet(
        corners=(top_left, top_right, bottom_right, bottom_left),
        is_cut_off=float(np.count_nonzero(on_edge)) / len(points) >= CUT_SHARE,
        bite=bite,
    )


def flattened(colour: Pixels, corners: Corners, *, long_px: int = LONG_PX) -> Pixels:
    """Cut the sheet out and give it the proportions of A4, upright or lying as it lay.

    Args:
        colour: The whole picture.
        corners: Of the sheet.
        long_px: Pixels of its long side at most; never more than the picture gives.
    """
    height, width = colour.shape[:2]
    quad = np.array([(x * width, y * height) for x, y in corners], np.float32)
    across = max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))
    down = max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))
    longer = min(max(round(max(across, down)), LEAST_LONG_PX), long_px)
    shorter = round(longer * A4_SHORT / A4_LONG)
    wide, high = (longer, shorter) if across > down else (shorter, longer)
    target = np.array([(0, 0), (wide - 1, 0), (wide - 1, high - 1), (0, high - 1)], np.float32)
    flat: Pixels = cv2.warpPerspective(
        colour, cv2.getPerspectiveTransform(quad, target), (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return flat


def skew_of(grey: Pixels) -> float:
    """By how many degrees the print of a flattened sheet must be turned to stand straight; 0.0 when that is not clear.

    Print in lines makes rows that are much darker than others; that is clearest at the angle at which it stands straight.
    """
    wide = 300
    small = cv2.resize(grey, (wide, round(grey.shape[0] * wide / grey.shape[1])), interpolation=cv2.INTER_AREA)
    ink = cv2.subtract(cv2.GaussianBlur(small, (0, 0), 8), small)[8:-8, 8:-8]
    straight = _rows_differ(ink, 0.0)
    steps = round(MOST_SKEW_DEG / SKEW_STEP_DEG)
    best, angle = max((_rows_differ(ink, step * SKEW_STEP_DEG), step * SKEW_STEP_DEG) for step in range(-steps, steps + 1))
    is_clear = best > LEAST_ROWS and best > 1.15 * straight and abs(angle) < MOST_SKEW_DEG
    return angle if is_clear else 0.0


def turned(colour: Pixels, degrees: float) -> Pixels:
    """Turn a picture about its middle; what comes in from outside repeats its edge."""
    height, width = colour.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    straight: Pixels = cv2.warpAffine(colour, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return straight


def _rows_differ(ink: Pixels, degrees: float) -> float:
    return float(np.var(turned(ink, degrees).mean(axis=1)))


def _four_corners(hull: npt.NDArray[np.int32]) -> _Points:
    """The quadrilateral a hull comes nearest to."""
    length = cv2.arcLength(hull, True)
    for share in (0.02, 0.03, 0.04, 0.06, 0.08):
        quad = cv2.approxPolyDP(hull, share * length, True)
        if len(quad) == 4:
            corners: _Points = quad.reshape(4, 2).astype(np.float32)
            return corners
    return np.asarray(cv2.boxPoints(cv2.minAreaRect(hull)), np.float32)


def _ordered(quad: _Points) -> _Points:
    """Clockwise, beginning with the corner nearest to the top left."""
    middle = quad.mean(axis=0)
    clockwise = quad[np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))]
    first = int(np.argmin(clockwise.sum(axis=1)))
    ordered: _Points = np.roll(clockwise, -first, axis=0)
    return ordered
