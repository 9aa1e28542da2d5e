"""The driver for cameras that see the person before the kiosk."""

from collections.abc import Callable

import structlog
from pydantic import BaseModel, ConfigDict, Field, FilePath
from typing_extensions import override

from drivers.camera.faces import CascadeFinder, FaceFinder, ModelFinder, Seen, light_and_sharpness, seen_in
from drivers.camera.pose import Pose
from drivers.camera.sitting import Sitting
from drivers.contract.camera import Camera, Capture, FaceRefusal, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus, Measurement, Symptom
from drivers.transport.frame_source import FrameSource
from drivers.transport.jpeg_codec import size_of
from drivers.transport.picture import Light, NoPictureError
from drivers.transport.sight import Sight, Watch

BLURRED_BELOW = 8.0
"""Sharpness of a whole picture, 256 wide, below which the lens is dirty or out of focus. Drawn rooms have 200, blurred ones 2;
not yet seen with a real lens."""

FLAT_BELOW = 6.0
"""Spread of brightness below which a picture has nothing in it that could be sharp: a wall, or fog."""

FACE_LOOK_S = 15.0
"""Seconds between two looks for an upside-down face while nobody uses the camera; each costs fifty milliseconds."""

SUSPICION_S = 12.0
"""Seconds after an opening or a reset in which every glance looks for a face, until one was found either way round: somebody who
turns away just then would hide a camera hung upside down until the next such look."""

TROUBLED_LOOK_S = 0.9
"""Seconds between two glances while something is wrong, so that its end is seen soon."""

_log = structlog.get_logger()


class CameraSettings(BaseModel):
    """What differs from one camera's place to another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looks_per_s: float = Field(default=5.0, ge=2, le=10, description="Pictures looked through in a second while in use.")
    prompt_s: float = Field(default=10.0, ge=2, le=60, description="How long a prompt may go unfollowed before it is refused.")
    useless_s: float = Field(default=3.0, ge=1, le=10, description="How long a picture may show nothing until it is refused.")
    idle_look_s: float = Field(default=1.5, ge=1, le=60, description="From one glance to the next while nobody uses it.")
    is_mirrored: bool = Field(default=False, description="The camera itself delivers a mirror picture.")
    detector_model: FilePath | None = Field(default=None, description="Model for FaceDetectorYN; None takes the cascades.")


class FaceCamera(Camera):
    """One camera above the screen. Keeps nothing of a person: every picture is wiped once it has been looked at."""

    def __init__(self, *, name: str, frames: FrameSource, settings: CameraSettings, clock: Clock) -> None:
        """Describe the camera; ``open`` takes hold of it. ValueError when a model's file is none."""
        self._name = name
        self._frames = frames
        self._settings = settings
        self._clock = clock
        self._finder: FaceFinder = CascadeFinder() if settings.detector_model is None else ModelFinder(settings.detector_model)
        self._sight = Sight(device=name, frames=frames, clock=clock)
        self._looked_s = float("-inf")
        self._face_looked_s = float("-inf")
        self._suspected_until_s = float("-inf")
        self._light: Light | None = None
        self._sharpness = 0.0
        self._is_upside_down = False
        self._size: tuple[int, int] | None = None

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.CAMERA

    @override
    async def open(self) -> None:
        await self._frames.close()  # ends a call that still waits on the old opening
        async with self._sight.lock:
            frame = await self._sight.open()
            self._size = size_of(frame.jpeg)
            frame.wipe()
            self._suspect()
            self._is_upside_down = False

    @override
    async def close(self) -> None:
        await self._sight.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._sight.lock.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now(), evidence="in use")
        async with self._sight.lock:
            await self._sight.check()
            pause_s = TROUBLED_LOOK_S if self._symptoms() else self._settings.idle_look_s
            if self._clock.monotonic_s() - self._looked_s >= pause_s:
                await self._look()
        symptoms, fps = self._symptoms(), self._sight.health.fps
        return DeviceStatus(
            device=self._name,
            condition=_condition(symptoms),
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=() if fps is None else (Measurement(name="fps", value=round(fps, 1), unit=""),),
            evidence=self._evidence(),
        )

    @override
    async def reset(self) -> None:
        async with self._sight.lock:
            frame = await self._sight.open()
            frame.wipe()
            self._suspect()

    @override
    async def identify(self) -> Identity:
        if self._size is None:
            raise UnreachableError(self._name, f"{self._frames.port} is not open")
        width, height = self._size
        return Identity(model=f"{width} x {height}", serial="", firmware="")

    @override
    async def capture_face(
        self,
        *,
        deadline_s: float,
        prompts: tuple[LivenessPrompt, ...],
        preview: Callable[[PreviewFrame], None],
        guide: Callable[[Guidance], None],
    ) -> Capture:
        if not 1 <= deadline_s <= 120:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 1 to 120")
        async with self._sight.lock:
            began_s = self._clock.monotonic_s()
            sitting = Sitting(
                prompts,
                prompt_s=self._settings.prompt_s,
                useless_s=self._settings.useless_s,
                is_mirrored=self._settings.is_mirrored,
            )
            async with self._sight.watching(preview) as watch:
                try:
                    capture = await self._sit(sitting, watch, guide, until_s=began_s + deadline_s)
                except (UnreachableError, DeadlineError, ProtocolError):
                    self._looked_s = float("-inf")  # the next status looks for itself
                    raise
            took_s = self._clock.monotonic_s() - began_s
        if capture is None and sitting.was_in_vain:
            raise self._refusal(FaceRefusal.NOT_ALIVE, f"a prompt was not followed within {deadline_s:g} s")
        if capture is None:
            raise DeadlineError(self._name, f"no good picture of a face within {deadline_s:g} s", deadline_s=deadline_s)
        _log.info("face_taken", device=self._name, took_s=round(took_s, 1))
        return capture

    async def _sit(self, sitting: Sitting, watch: Watch, guide: Callable[[Guidance], None], *, until_s: float) -> Capture | None:
        """Look, guide and look again, until there is a picture; None when time runs out."""
        told: Guidance | None = None
        due_s = self._clock.monotonic_s()
        while (now_s := self._clock.monotonic_s()) < until_s:
            await self._clock.sleep(max(min(due_s, until_s) - now_s, 0.0))
            frame = await watch.newest(deadline_s=max(until_s - self._clock.monotonic_s(), 0.01))
            if frame is None:
                continue
            due_s = max(due_s + 1 / self._settings.looks_per_s, self._clock.monotonic_s())
            try:
                if watch.is_frozen:
                    raise self._refusal(FaceRefusal.NOT_USABLE, "it repeats its last picture, and a restart did not help")
                seen = await self._sight.work(seen_in, frame.jpeg, self._finder)
                self._note(seen)
                verdict = sitting.saw(seen, now_s=frame.came_s)
                if verdict.guidance is not told:
                    told = verdict.guidance
                    guide(told)
                if verdict.refusal is FaceRefusal.NOT_USABLE:
                    raise self._refusal(FaceRefusal.NOT_USABLE, f"its pictures cannot be used: {self._evidence()}")
                if verdict.refusal is not None:
                    raise self._refusal(verdict.refusal, f"'{told}' was not followed within {self._settings.prompt_s:g} s")
                if verdict.is_taken:
                    return Capture(bytearray(frame.jpeg))
            except NoPictureError:
                continue
            finally:
                frame.wipe()
        return None

    async def _look(self) -> None:
        """Glance at what the camera shows, and judge it. Whoever calls holds the lock."""
        frame = await self._sight.glance()
        try:
            now_s = self._clock.monotonic_s()
            is_due = now_s - self._face_looked_s >= FACE_LOOK_S or now_s < self._suspected_until_s
            if is_due or self._is_upside_down:
                self._face_looked_s = now_s
                self._note(await self._sight.work(seen_in, frame.jpeg, self._finder))
            else:
                self._light, self._sharpness = await self._sight.work(light_and_sharpness, frame.jpeg)
        except NoPictureError as error:
            raise ProtocolError(self._name, f"{self._frames.port} sends {error}", evidence=b"") from None
        finally:
            frame.wipe()
        self._looked_s = self._clock.monotonic_s()

    def _suspect(self) -> None:
        """Let the next glance be at once, and those after it look with all there is."""
        self._looked_s = float("-inf")
        self._suspected_until_s = self._clock.monotonic_s() + SUSPICION_S

    def _note(self, seen: Seen) -> None:
        self._light, self._sharpness = seen.light, seen.sharpness
        # A picture on its head shows profiles, too, as `seen_in` says: only a face from the front tells which way is up.
        if seen.is_upside_down or any(face.pose is Pose.STRAIGHT for face in seen.faces):
            self._is_upside_down = seen.is_upside_down
            self._suspected_until_s = float("-inf")
        self._looked_s = self._face_looked_s = self._clock.monotonic_s()

    def _symptoms(self) -> tuple[Symptom, ...]:
        light = self._light
        detail = self._evidence()
        if light is None:
            return ()
        if light.is_black:
            return (Symptom(code="camera.black", detail=detail),)
        if light.is_overexposed:
            return (Symptom(code="camera.overexposed", detail=detail),)
        if self._sight.health.is_frozen:
            return (Symptom(code="camera.frozen", detail="the very same picture again and again"),)
        if self._is_upside_down:
            return (Symptom(code="camera.upside_down", detail="a face is found only when the picture is turned over"),)
        found: list[Symptom] = []
        if self._sharpness < BLURRED_BELOW and light.spread >= FLAT_BELOW:
            found.append(Symptom(code="camera.blurred", detail=detail))
        if self._sight.health.is_slow:
            found.append(Symptom(code="camera.slow", detail=detail))
        return tuple(found)

    def _evidence(self) -> str:
        if self._light is None:
            return ""
        fps = "?" if self._sight.health.fps is None else f"{self._sight.health.fps:.0f}"
        return f"light {self._light.mean:.0f}, spread {self._light.spread:.0f}, sharpness {self._sharpness:.0f}, {fps} fps"

    def _refusal(self, reason: FaceRefusal, why: str) -> RefusedError:
        _log.info("face_refused", device=self._name, reason=reason.value, why=why)
        return RefusedError(self._name, why, reason=reason)


def _condition(symptoms: tuple[Symptom, ...]) -> Condition:
    if not symptoms:
        return Condition.READY
    is_served = all(symptom.code in ("camera.blurred", "camera.slow") for symptom in symptoms)
    return Condition.DEGRADED if is_served else Condition.FAILED
