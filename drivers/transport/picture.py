"""Pictures as pixels: JPEG files decoded, scaled and encoded through OpenCV, the pixels wiped afterwards.

Blocking: call it in a Worker. Wiping reaches the arrays we hold; what a library has copied and freed is beyond us.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.transport.jpeg_codec import size_of

Pixels = npt.NDArray[np.uint8]
"""Grey (height x width) or blue-green-red (height x width x 3)."""

LARGEST_SIDE = 8192
"""Pixels a side may have: a file of a few bytes can claim 65535 x 65535."""

_REDUCED_GREY = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}
_REDUCED_COLOUR = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}


class NoPictureError(ValueError):
    """The bytes cannot be decoded as a picture of a size we take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How bright a picture is.

    Attributes:
        mean: 0 to 255.
        spread: Standard deviation of the brightness.
        bright: Share of pixels at the top of the scale, 0.0 to 1.0.
    """

    mean: float
    spread: float
    bright: float

    @property
    def is_black(self) -> bool:
        """Nothing is seen: a covered lens or no light at all, never merely a dark room."""
        return self.mean < 14 and self.spread < 8

    @property
    def is_overexposed(self) -> bool:
        """Nothing is seen for brightness."""
        return self.bright > 0.7 or (self.mean > 242 and self.spread < 12)


def take_one_core() -> None:
    """Have OpenCV compute in the thread that calls it: the other cores draw the screen, and faces are found no later."""
    cv2.setNumThreads(1)


def decoded_grey(jpeg: bytes | bytearray | memoryview, *, at_most_wide: int) -> Pixels:
    """Decode to grey, no wider than told. The quick way: a large file is decoded at a half or a quarter of its size.

    Raises:
        NoPictureError: It is no picture.
    """
    return _decoded(jpeg, at_most_wide=at_most_wide, modes=_REDUCED_GREY)


def decoded_colour(jpeg: bytes | bytearray | memoryview, *, at_most_wide: int = LARGEST_SIDE) -> Pixels:
    """Decode to blue-green-red, no wider than told; raises as ``decoded_grey`` does."""
    return _decoded(jpeg, at_most_wide=at_most_wide, modes=_REDUCED_COLOUR)


def encoded(pixels: Pixels, *, quality: int) -> bytearray:
    """Encode as a JPEG file; the quality goes from 1 to 100."""
    is_encoded, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not is_encoded:
        raise NoPictureError("these pixels cannot be encoded")
    jpeg = bytearray(file.tobytes())
    file.fill(0)
    return jpeg


def smaller(jpeg: bytes | bytearray | memoryview, *, at_most_wide: int, quality: int) -> bytearray:
    """Encode a picture anew, no wider than told; raises as ``decoded_grey`` does."""
    pixels = decoded_colour(jpeg, at_most_wide=at_most_wide)
    try:
        return encoded(pixels, quality=quality)
    finally:
        pixels.fill(0)


def light_of(grey: Pixels) -> Light:
    """Measure how bright a grey picture is."""
    mean, spread = cv2.meanStdDev(grey)
    return Light(mean=float(mean[0][0]), spread=float(spread[0][0]), bright=float(np.count_nonzero(grey >= 250)) / grey.size)


def sharpness_of(grey: Pixels) -> float:
    """The variance of the Laplacian: how much fine detail a grey picture has. Compare pictures of one size only."""
    _, spread = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return float(spread[0][0] ** 2)


def _decoded(jpeg: bytes | bytearray | memoryview, *, at_most_wide: int, modes: dict[int, int]) -> Pixels:
    size = size_of(jpeg)
    if size is None or max(size) > LARGEST_SIDE:
        raise NoPictureError("no JPEG of a size we take")
    width, _ = size
    divisor = max(by for by in modes if width // by >= at_most_wide or by == 1)
    try:
        pixels: Pixels | None = cv2.imdecode(np.frombuffer(jpeg, np.uint8), modes[divisor] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        pixels = None
    if pixels is None or not pixels.size:
        raise NoPictureError("a JPEG that cannot be decoded")
    if pixels.shape[1] <= at_most_wide:
        return pixels
    height = max(round(pixels.shape[0] * at_most_wide / pixels.shape[1]), 1)
    scaled: Pixels = cv2.resize(pixels, (at_most_wide, height), interpolation=cv2.INTER_AREA)
    pixels.fill(0)
    return scaled
