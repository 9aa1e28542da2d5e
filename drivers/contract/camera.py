"""What a camera can do for a visit: show the person herself, and take one good picture of one living face."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.contract.device import Device


class Guidance(StrEnum):
    """What the person is to do for a good picture; GOOD when nothing."""

    GOOD = "good"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    TO_THE_MIDDLE = "to_the_middle"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    HOLD_STILL = "hold_still"
    """The picture is blurred by movement."""
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_STRAIGHT = "look_straight"


class LivenessPrompt(StrEnum):
    """What a living person is asked to do; the value is the guidance shown while it is awaited."""

    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"


class FaceRefusal(StrEnum):
    """Why no picture was taken; the ``reason`` of a RefusedError."""

    NOT_ALIVE = "not_alive"
    """The prompts were not followed as a living face would: perhaps a picture of a picture. Fail closed."""
    NOT_USABLE = "not_usable"
    """The camera's picture is black, upside-down or stands still: its status says so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewFrame:
    """One picture for the screen. ``jpeg`` shows the person: it is never stored and never leaves the machine."""

    jpeg: bytes = field(repr=False)
    width_px: int
    height_px: int


class Capture:
    """One picture in one buffer of its own, which ``wipe`` fills with zeros. Wipe it as soon as it has been used."""

    def __init__(self, jpeg: bytearray) -> None:
        self._jpeg = jpeg

    @property
    def jpeg(self) -> memoryview:
        """The JPEG file; empty once wiped. Copy nothing out of it that is not wiped too."""
        return memoryview(self._jpeg)

    def wipe(self) -> None:
        """Overwrite the picture. Twice is fine."""
        self._jpeg[:] = bytes(len(self._jpeg))

    @property
    def is_wiped(self) -> bool:
        """Whether nothing is left of it."""
        return not any(self._jpeg)


class Camera(Device, Protocol):
    """Sees the person before the kiosk."""

    async def capture_face(
        self,
        *,
        deadline_s: float,
        prompts: tuple[LivenessPrompt, ...],
        preview: Callable[[PreviewFrame], None],
        guide: Callable[[Guidance], None],
    ) -> Capture:
        """Show the person herself, guide her, have every prompt followed in order, and take one good picture.

        Args:
            deadline_s: Seconds all of it may take, 1 to 120.
            prompts: What is asked of a living person, in order; empty asks for nothing.
            preview: Called on the loop with at least 15 pictures a second while they come.
            guide: Called on the loop whenever the guidance changes.

        Raises:
            DeadlineError: No good picture in time.
            RefusedError: ``reason`` is a FaceRefusal.
            UnreachableError: The camera went away; its Keeper will reopen it.
            ProtocolError: What comes is no picture, again and again.
        """


class FaceComparer(Protocol):
    """Says how much two faces look like one person's, on this machine."""

    async def similarity(self, live: memoryview, reference: bytes) -> float | None:
        """Cosine similarity of the two largest faces, -1.0 to 1.0; None when one of the pictures holds no face."""

    @property
    def same_person_from(self) -> float:
        """The similarity from which the model's makers say that it is the same person."""
