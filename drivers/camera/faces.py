"""Faces in a grey picture: OpenCV's own cascades, or a face detection model when its file is configured.

Blocking: call it in a Worker. One finder belongs to one thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from typing_extensions import override

from drivers.camera.pose import Face, Pose, pose_of
from drivers.transport.picture import Light, NoPictureError, Pixels, decoded_colour, decoded_grey, light_of, sharpness_of

ANALYSIS_WIDE = 256
"""Width at which faces are looked for. A face at arm's length is a third of it, four times what the cascades need."""

SMALLEST_FACE = 30
"""Pixels a face must be wide at that width: the person stands two metres away, which is too far anyhow."""

SCALE_STEP = 1.15
NEIGHBOURS = 4
"""How many overlapping finds make a face. OpenCV's examples use 3 to 5; less finds faces in curtains."""

MODEL_CONFIDENCE = 0.8
"""From which the detection model's finds count; its makers' examples use 0.9, lower for small pictures."""


class FaceFinder(Protocol):
    """Finds faces in a picture of blue, green, red."""

    def find(self, colour: Pixels) -> tuple[Face, ...]:
        """Return the faces, the largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one picture shows, in numbers; nothing of the person.

    Attributes:
        sharpness: Of the whole picture.
        face_sharpness: Of the largest face, scaled to one size; 0.0 when there is none.
        face_light: How bright the largest face is, 0 to 255; 0.0 when there is none.
        is_upside_down: There is no face from the front, but there is one when the picture is turned over.
    """

    light: Light
    sharpness: float
    faces: tuple[Face, ...] = ()
    face_sharpness: float = 0.0
    face_light: float = 0.0
    is_upside_down: bool = False


class CascadeFinder(FaceFinder):
    """The Haar cascades that come with OpenCV: one for faces from the front, one for profiles, tried both ways round.

    A head counts as turned when a profile is found on exactly one side and no face from the front. That is coarse: it
    tells left from right and straight from turned, no angle. The front cascade alone is asked while it finds something.
    """

    def __init__(self) -> None:
        """Load the cascades."""
        folder = Path(cv2.__file__).parent / "data"
        self._front = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt.xml"))
        self._profile = cv2.CascadeClassifier(str(folder / "haarcascade_profileface.xml"))

    @override
    def find(self, colour: Pixels) -> tuple[Face, ...]:
        grey: Pixels = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY) if colour.ndim == 3 else colour
        if front := self._boxes(self._front, grey):
            return tuple(_face(box, grey, Pose.STRAIGHT) for box in front)
        mirrored: Pixels = cv2.flip(grey, 1)
        looks_left = self._boxes(self._profile, grey)  # the cascade was trained with profiles that look to the picture's left
        looks_right = [(grey.shape[1] - x - w, y, w, h) for x, y, w, h in self._boxes(self._profile, mirrored)]
        mirrored.fill(0)
        if looks_left and looks_right:
            return tuple(_face(box, grey, Pose.BETWEEN) for box in looks_left[:1])
        pose = Pose.PICTURE_LEFT if looks_left else Pose.PICTURE_RIGHT
        return tuple(_face(box, grey, pose) for box in looks_left or looks_right)

    def _boxes(self, cascade: cv2.CascadeClassifier, grey: Pixels) -> list[tuple[int, int, int, int]]:
        found = cascade.detectMultiScale(
            grey, scaleFactor=SCALE_STEP, minNeighbors=NEIGHBOURS, minSize=(SMALLEST_FACE, SMALLEST_FACE)
        )
        boxes = [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]
        return _apart(sorted(boxes, key=lambda box: -box[2]))


class ModelFinder(FaceFinder):
    """OpenCV's FaceDetectorYN with a model file: faces with five landmarks, so that the pose is geometry.

    Not yet seen with a real model: the file is not ours to ship.
    """

    def __init__(self, model: Path) -> None:
        """Load the model.

        Raises:
            ValueError: The file is no such model.
        """
        try:
            self._detector = cv2.FaceDetectorYN.create(str(model), "", (ANALYSIS_WIDE, ANALYSIS_WIDE), MODEL_CONFIDENCE)
        except cv2.error:
            raise ValueError(f"{model} is no face detection model that OpenCV can read") from None

    @override
    def find(self, colour: Pixels) -> tuple[Face, ...]:
        height, width = colour.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(colour)
        return faces_of_rows([] if rows is None else rows.tolist(), width=width, height=height)


def faces_of_rows(rows: Sequence[Sequence[float]], *, width: int, height: int) -> tuple[Face, ...]:
    """Read the detection model's answer: box (4), five landmarks (10), confidence; all in pixels."""
    faces = [
        Face(
            middle_x=(row[0] + row[2] / 2) / width,
            middle_y=(row[1] + row[3] / 2) / height,
            width=row[2] / width,
            pose=pose_of(row[4:6], row[6:8], row[8:10]),
        )
        for row in rows
    ]
    return tuple(sorted(faces, key=lambda face: -face.width))


def seen_in(jpeg: bytes | bytearray, finder: FaceFinder) -> Seen:
    """Look through one picture.

    Raises:
        NoPictureError: It cannot be decoded.
    """
    colour = decoded_colour(jpeg, at_most_wide=ANALYSIS_WIDE)
    grey: Pixels = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)
    try:
        light, sharpness = light_of(grey), sharpness_of(grey)
        if light.is_black or light.is_overexposed:
            return Seen(light=light, sharpness=sharpness)
        faces = finder.find(colour)
        # The profile cascade sees profiles in pictures that stand on their heads: only a face from the front is believed.
        if not any(face.pose is Pose.STRAIGHT for face in faces) and _is_upside_down(colour, finder):
            return Seen(light=light, sharpness=sharpness, is_upside_down=True)
        if not faces:
            return Seen(light=light, sharpness=sharpness)
        crop = _crop(grey, faces[0])
        return Seen(
            light=light,
            sharpness=sharpness,
            faces=faces,
            face_sharpness=sharpness_of(crop),
            face_light=float(crop.mean()),
        )
    finally:
        colour.fill(0)
        grey.fill(0)


def light_and_sharpness(jpeg: bytes | bytearray) -> tuple[Light, float]:
    """Judge a picture without looking for faces: cheap enough to be done all day. Raises as ``seen_in`` does."""
    grey = decoded_grey(jpeg, at_most_wide=ANALYSIS_WIDE)
    try:
        return light_of(grey), sharpness_of(grey)
    finally:
        grey.fill(0)


def _is_upside_down(colour: Pixels, finder: FaceFinder) -> bool:
    over: Pixels = np.ascontiguousarray(colour[::-1, ::-1])
    try:
        return any(face.pose is Pose.STRAIGHT for face in finder.find(over))
    finally:
        over.fill(0)


def _apart(boxes: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The boxes, largest first, without those whose middle lies within a larger one: the same face, found twice."""
    kept: list[tuple[int, int, int, int]] = []
    for x, y, w, h in boxes:
        middle_x, middle_y = x + w / 2, y + h / 2
        if not any(u <= middle_x <= u + v and t <= middle_y <= t + s for u, t, v, s in kept):
            kept.append((x, y, w, h))
    return kept


def _face(box: tuple[int, int, int, int], grey: Pixels, pose: Pose) -> Face:
    x, y, w, h = box
    height, width = grey.shape[:2]
    return Face(middle_x=(x + w / 2) / width, middle_y=(y + h / 2) / height, width=w / width, pose=pose)


def _crop(grey: Pixels, face: Face) -> Pixels:
    """The face alone, at one size, so that its sharpness can be compared."""
    height, width = grey.shape
    half = max(face.width * width / 2, 8)
    x, y = face.middle_x * width, face.middle_y * height
    cut = grey[max(int(y - half), 0) : int(y + half), max(int(x - half), 0) : int(x + half)]
    if not cut.size:
        raise NoPictureError("a face outside its picture")
    scaled: Pixels = cv2.resize(cut, (96, 96), interpolation=cv2.INTER_AREA)
    return scaled
