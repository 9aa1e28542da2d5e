"""Compares two faces on this machine, when the two model files are there.

Not yet seen with real models: they are not ours to ship. What is known to work without them: that their absence is plain,
that a file that is no model is refused at once and in words, and the arithmetic (``likeness``).
"""

from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FilePath
from typing_extensions import override

from drivers.camera.likeness import SAME_PERSON_FROM, cosine
from drivers.contract.camera import FaceComparer
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.picture import NoPictureError, Pixels, decoded_colour
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

NAME = "face-comparison"
COMPARISON_WIDE = 640
"""Width at which faces are compared: more adds nothing, the recogniser takes 112 pixels of it."""

COMPARE_DEADLINE_S = 5.0
"""Seconds two pictures may take; F33 allows five until another way is offered."""

CONFIDENCE = 0.8


class ComparisonSettings(BaseModel):
    """The two model files; without both there is no comparison on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: FilePath | None = Field(default=None, description="Model for OpenCV's FaceDetectorYN.")
    recogniser: FilePath | None = Field(default=None, description="Model for OpenCV's FaceRecognizerSF.")
    same_person_from: float = Field(default=SAME_PERSON_FROM, ge=0.0, le=1.0, description="Cosine similarity.")


def comparer_for(settings: ComparisonSettings) -> "LocalComparer | None":
    """Make the comparison on this machine, or None when its models are not configured.

    Raises:
        ValueError: Only one of the two is configured, or a file is no such model; the message names it.
    """
    if settings.detector is None and settings.recogniser is None:
        return None
    if settings.detector is None or settings.recogniser is None:
        missing = "detector" if settings.detector is None else "recogniser"
        raise ValueError(f"comparison: {missing} is not configured; both models are needed, or neither")
    return LocalComparer(detector=settings.detector, recogniser=settings.recogniser, same_person_from=settings.same_person_from)


class LocalComparer(FaceComparer):
    """Finds the largest face of each picture and compares what makes it itself, in a thread of its own."""

    def __init__(self, *, detector: Path, recogniser: Path, same_person_from: float = SAME_PERSON_FROM) -> None:
        """Load both models. ValueError when a file is none; the message names it."""
        self._same_person_from = same_person_from
        try:
            self._detector = cv2.FaceDetectorYN.create(str(detector), "", (COMPARISON_WIDE, COMPARISON_WIDE), CONFIDENCE)
        except cv2.error:
            raise ValueError(f"{detector} is no face detection model that OpenCV can read") from None
        try:
            self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")
        except cv2.error:
            raise ValueError(f"{recogniser} is no face recognition model that OpenCV can read") from None
        self._worker: Worker | None = None

    @property
    @override
    def same_person_from(self) -> float:
        return self._same_person_from

    @override
    async def similarity(self, live: memoryview, reference: bytes) -> float | None:
        """Compare; raises DeadlineError when it takes too long and UnreachableError when it is closed meanwhile."""
        if self._worker is None:
            self._worker = Worker(NAME)
        try:
            return await self._worker.call(self._compared, live, reference, deadline_s=COMPARE_DEADLINE_S)
        except CallDeadlineError:
            message = f"two faces were not compared within {COMPARE_DEADLINE_S:g} s"
            raise DeadlineError(NAME, message, deadline_s=COMPARE_DEADLINE_S) from None
        except WorkerClosedError:
            raise UnreachableError(NAME, "was closed") from None

    def close(self) -> None:
        """End the thread. Twice is fine."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _compared(self, live: memoryview, reference: bytes) -> float | None:
        one, other = self._feature(live), self._feature(reference)
        if one is None or other is None:
            return None
        return cosine(one, other)

    def _feature(self, jpeg: memoryview | bytes) -> list[float] | None:
        """What makes a face itself, as 128 numbers; None when there is no face."""
        try:
            colour = decoded_colour(jpeg, at_most_wide=COMPARISON_WIDE)
        except NoPictureError:
            return None
        aligned: Pixels | None = None
        try:
            self._detector.setInputSize((colour.shape[1], colour.shape[0]))
            _, rows = self._detector.detect(colour)
            if rows is None or not len(rows):
                return None
            largest = max(rows, key=lambda row: float(row[2]))
            aligned = self._recogniser.alignCrop(colour, largest)
            numbers = np.asarray(self._recogniser.feature(aligned), dtype=np.float64).reshape(-1)
            feature: list[float] = numbers.tolist()
            numbers.fill(0)
            return feature
        finally:
            colour.fill(0)
            if aligned is not None:
                aligned.fill(0)
