"""Drawn sheets of paper on a drawn table, for the far end of a document scanner: synthetic, and saying so."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np

from drivers.transport.picture import Pixels
from drivers.transport.served_pictures import Shot

WIDE = 1280
HIGH = 960
PICTURES = 3
"""Different pictures of the same, shown in turn: the sensor's noise."""

PAGE_WIDE = 744
PAGE_HIGH = 1052
"""A drawn page, 90 dots an inch."""

_SKIN = (125, 160, 205)
_INK = (48, 44, 44)
_SEAL = (52, 46, 196)


def table() -> Pixels:
    """The empty table: dark, with a grain."""
    grain = np.random.default_rng(5).normal(0, 5, (HIGH // 4, WIDE // 4)).astype(np.float32)
    grain = cv2.resize(cv2.GaussianBlur(grain, (0, 0), 3), (WIDE, HIGH)) * 4
    light = np.linspace(82, 96, WIDE, dtype=np.float32)[None, :] + grain
    colours = [np.clip(light * share, 0, 255).astype(np.uint8) for share in (0.8, 0.92, 1.0)]
    merged: Pixels = cv2.merge(colours)
    return merged


def page(title: str, *, lines: int, seed: int) -> Pixels:
    """A printed page with a headline, lines of words and a red seal; without lines it is blank."""
    paper: Pixels = np.full((PAGE_HIGH, PAGE_WIDE, 3), (228, 234, 236), np.uint8)
    if not lines:
        return paper
    luck = np.random.default_rng(seed)
    cv2.putText(paper, title, (90, 110), cv2.FONT_HERSHEY_DUPLEX, 1.1, _INK, 2, cv2.LINE_AA)
    cv2.putText(paper, "SYNTHETIC - NO REAL DOCUMENT", (92, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.6, _INK, 1, cv2.LINE_AA)
    for n in range(lines):
        words = " ".join("".join(chr(97 + int(c)) for c in luck.integers(0, 26, int(luck.integers(2, 9)))) for _ in range(9))
        cv2.putText(paper, words[:48], (80, 210 + n * 34), cv2.FONT_HERSHEY_SIMPLEX, 0.66, _INK, 1, cv2.LINE_AA)
    cv2.circle(paper, (560, 860), 66, _SEAL, 4, cv2.LINE_AA)
    cv2.putText(paper, "SAMPLE", (508, 868), cv2.FONT_HERSHEY_DUPLEX, 0.8, _SEAL, 2, cv2.LINE_AA)
    return paper


def lying(
    paper: Pixels, *, degrees: float = 4.0, right_px: float = 0.0, scale: float = 0.78, keystone_px: float = 12.0
) -> Pixels:
    """A page on the table, turned, shifted and seen a little from the side."""
    half_wide, half_high = PAGE_WIDE * scale / 2, PAGE_HIGH * scale / 2
    angle = np.deg2rad(degrees)
    corners = []
    for x, y in (
        (-half_wide + keystone_px, -half_high),
        (half_wide - keystone_px, -half_high),
        (half_wide, half_high),
        (-half_wide, half_high),
    ):
        corners.append(
            (WIDE / 2 + right_px + x * np.cos(angle) - y * np.sin(angle), HIGH / 2 + x * np.sin(angle) + y * np.cos(angle))
        )
    source = np.array([(0, 0), (PAGE_WIDE, 0), (PAGE_WIDE, PAGE_HIGH), (0, PAGE_HIGH)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    picture = table()
    cover = cv2.warpPerspective(np.full((PAGE_HIGH, PAGE_WIDE), 255, np.uint8), matrix, (WIDE, HIGH))
    laid = cv2.warpPerspective(paper, matrix, (WIDE, HIGH), flags=cv2.INTER_AREA)
    share = (cover.astype(np.float32) / 255)[..., None]
    mixed: Pixels = (laid * share + picture * (1 - share)).astype(np.uint8)
    return mixed


def with_finger(picture: Pixels) -> Pixels:
    """A finger that holds the sheet at its right edge."""
    shown = picture.copy()
    cv2.line(shown, (1180, 560), (880, 520), _SKIN, 74, cv2.LINE_AA)
    cv2.ellipse(shown, (868, 518), (16, 20), 5, 0, 360, (150, 180, 220), -1, cv2.LINE_AA)
    return shown


def with_glare(picture: Pixels) -> Pixels:
    """A lamp mirrored in the sheet."""
    shine = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(shine, (600, 400), (120, 80), 20, 0, 360, 255.0, -1)
    shine = cv2.GaussianBlur(shine, (0, 0), 18)
    shown: Pixels = np.clip(picture.astype(np.float32) + shine[..., None], 0, 255).astype(np.uint8)
    return shown


def _shots(picture: Pixels) -> Sequence[Shot]:
    pictures = []
    for n in range(PICTURES):
        noise = np.random.default_rng(n).integers(-2, 3, picture.shape, dtype=np.int8)
        pictures.append(np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8))
    return (Shot(pictures=tuple(pictures), lasts_s=1.0),)


def _first() -> Pixels:
    return page("HOSPITAL INVOICE 0001", lines=17, seed=1)


SAMPLES: Mapping[str, Callable[[], Sequence[Shot]]] = MappingProxyType(
    {
        "nothing": lambda: _shots(table()),
        "sheet-1": lambda: _shots(lying(_first())),
        "sheet-2": lambda: _shots(lying(page("LAND CERTIFICATE 0002", lines=14, seed=2), degrees=-7.0, right_px=40)),
        "blank-sheet": lambda: _shots(lying(page("", lines=0, seed=0))),
        "sheet-with-finger": lambda: _shots(with_finger(lying(_first()))),
        "sheet-glare": lambda: _shots(with_glare(lying(_first()))),
        "sheet-cut-off": lambda: _shots(lying(_first(), right_px=480)),
        "sheet-blurred": lambda: _shots(cv2.GaussianBlur(lying(_first()), (0, 0), 5)),
    }
)
"""Sample name -> how it is drawn."""
