from typing_extensions import override

from drivers.camera.face_camera import CameraSettings, FaceCamera
from drivers.camera.simulated import SimulatedCamera
from drivers.contract.camera import Camera
from drivers.contract.clock import Clock
from drivers.transport.frame_source import FrameSource
from tests.drivers.contract_suite.camera import AttendedCamera, CameraContract


class TestFaceCameraKeepsTheContract(CameraContract):
    @override
    def far_end(self) -> AttendedCamera:
        return SimulatedCamera(straight_s=0.6, turned_s=0.6)

    @override
    def driver(self, frames: FrameSource, clock: Clock) -> Camera:
        settings = CameraSettings(prompt_s=5, useless_s=1, idle_look_s=1, looks_per_s=10)
        return FaceCamera(name="camera", frames=frames, settings=settings, clock=clock)
