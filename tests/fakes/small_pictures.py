"""A served camera with tiny pictures, so that every manner of a cable carries them quickly."""

from collections.abc import Sequence

import numpy as np

from drivers.transport.served_pictures import ServedPictures, Shot


def _noise(seed: int) -> Sequence[Shot]:
    luck = np.random.default_rng(seed)
    return (Shot(pictures=tuple(luck.integers(0, 255, (24, 32, 3), dtype=np.uint8) for _ in range(5)), lasts_s=1.0),)


def small_pictures(fps: float = 30.0) -> ServedPictures:
    """Make one; plug it to have it serve."""
    samples = {"this": lambda: _noise(1), "that": lambda: _noise(2)}
    return ServedPictures(name="camera", title="摄像头", samples=samples, nothing="this", label="镜头前", fps=fps)
