"""The far end of a camera: an MJPEG server on this machine that shows drawn people, and fails as cameras fail."""

from drivers.camera.simulated_faces import SAMPLES, STRAIGHT_S, TURNED_S, turning
from drivers.transport.served_pictures import ServedPictures

TURNING = {"face-1": 0, "face-2": 1}
"""Samples that turn their heads, and who they are."""


class SimulatedCamera(ServedPictures):
    """A camera with nobody before it. ``face-1`` and ``face-2`` turn to both sides for ever, so that prompts are followed."""

    def __init__(
        self, *, name: str = "camera", fps: float = 24.0, straight_s: float = STRAIGHT_S, turned_s: float = TURNED_S
    ) -> None:
        """Make a camera that is not plugged in yet.

        Args:
            name: Its name in the rig.
            fps: Pictures a second.
            straight_s: Seconds a willing person looks straight.
            turned_s: Seconds a willing person looks to a side.
        """
        hasty = {sample: turning(who, straight_s=straight_s, turned_s=turned_s) for sample, who in TURNING.items()}
        super().__init__(name=name, title="摄像头", samples={**SAMPLES, **hasty}, nothing="nobody", label="镜头前", fps=fps)
