"""Pictures that keep coming: what a way to a camera offers its driver."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture as the camera sent it. Whoever was handed it wipes it.

    Attributes:
        sequence: Number within this opening; grows, and leaves out what was skipped.
        came_s: Monotonic second at which it arrived here.
        stamp_s: The camera's own time of the picture, from an arbitrary origin, or None where it does not tell.
        jpeg: The JPEG file, from its first marker to its last. It may show a person.
    """

    sequence: int
    came_s: float
    stamp_s: float | None
    jpeg: bytearray = field(repr=False)

    def wipe(self) -> None:
        """Overwrite the picture. Twice is fine."""
        self.jpeg[:] = bytes(len(self.jpeg))


class FrameSource(Protocol):
    """The way to one camera. Raises only children of ``DriverError``.

    Not safe for two conversations at once: whoever holds it serialises.
    """

    @property
    def port(self) -> str:
        """Where it leads, as in the configuration, e.g. ``v4l2:/dev/video0?width=1280``."""

    async def open(self) -> None:
        """Take hold of the camera anew. UnreachableError when it is missing or busy, ProtocolError when it is no camera."""

    async def close(self) -> None:
        """Let go. Twice is fine; a picture that is waited for ends with UnreachableError. Never raises."""

    async def next_frame(self, *, deadline_s: float) -> Frame:
        """Wait for the next picture; after ``rest`` one that was taken since. Cancelling it is fine.

        Raises:
            DeadlineError: None came.
            ProtocolError: What comes is no picture, again and again.
            UnreachableError: The camera is gone.
        """

    async def rest(self) -> None:
        """No pictures are wanted for a while; ``next_frame`` wakes the camera by itself. Never raises."""

    async def check(self) -> None:
        """See, cheaply and without a picture, whether the camera is still there; UnreachableError when not."""
