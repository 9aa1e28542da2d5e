"""Faces: one picture of a living face, compared and wiped; every end of it becomes an event."""

import asyncio
from collections.abc import Callable
from random import Random

import structlog

from drivers.contract.camera import Capture, FaceComparer, FaceRefusal, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, RefusedError
from kiosk.gateway.platform import FaceVerdict, Person
from kiosk.visit.deadlines import GUARD_S, within
from kiosk.visit.event import CameraLost, Event, FaceGuided, FaceJudged, FaceNotAlive, FaceTaken, NoFaceCame
from kiosk.visit.ports import FaceTaking, MatterPlatform
from kiosk.visit.stages.facing import FACE_S

COMPARE_S = 4.5
"""Seconds nobody may say whose face it is. F33: within five the other way is on the page;
half a second is for the way there."""

log = structlog.get_logger(__name__)


class Faces:
    """Takes one face when asked. The picture lives as long as it is compared, in one buffer that is then wiped."""

    def __init__(
        self,
        *,
        camera: FaceTaking,
        platform: MatterPlatform,
        comparer: FaceComparer | None,
        clock: Clock,
        tell: Callable[[Event], None],
        show_preview: Callable[[bytes], None],
        chance: Random,
    ) -> None:
        self._camera = camera
        self._platform = platform
        self._comparer = comparer
        self._clock = clock
        self._tell = tell
        self._show_preview = show_preview
        self._chance = chance

    async def take(self, job: int, person: Person) -> None:
        """Show her herself, guide her, take one picture and have it compared."""

        def guide(guidance: Guidance) -> None:
            self._tell(FaceGuided(job=job, guidance=guidance))

        try:
            async with asyncio.timeout(GUARD_S):
                capture = await self._camera.capture_face(
                    deadline_s=FACE_S, prompts=self._prompts(), preview=self._preview, guide=guide
                )
        except RefusedError as error:
            not_alive = error.reason == FaceRefusal.NOT_ALIVE
            self._tell(FaceNotAlive(job=job) if not_alive else CameraLost(job=job))
        except DeadlineError:
            self._tell(NoFaceCame(job=job))
        except (DriverError, TimeoutError):
            self._tell(CameraLost(job=job))
        else:
            await self._compare(job, person, capture)

    async def _compare(self, job: int, person: Person, capture: Capture) -> None:
        try:
            self._tell(FaceTaken(job=job))
            verdict = await within(self._clock, COMPARE_S, self._verdict(person, capture))
        except TimeoutError:
            log.info("visit.face_not_compared", waited_s=COMPARE_S)
            verdict = FaceVerdict.NOT_COMPARED
        finally:
            capture.wipe()
        self._tell(FaceJudged(job=job, verdict=verdict))

    async def _verdict(self, person: Person, capture: Capture) -> FaceVerdict:
        comparer = self._comparer
        if comparer is not None and person.picture:
            likeness = await comparer.similarity(capture.jpeg, person.picture)
            if likeness is not None:
                return FaceVerdict.SAME if likeness >= comparer.same_person_from else FaceVerdict.NOT_SAME
        return await self._platform.compare_face(person, capture.jpeg)

    def _prompts(self) -> tuple[LivenessPrompt, ...]:
        """Nobody knows beforehand which way to turn first; the last look is straight, for the picture."""
        turns = [LivenessPrompt.TURN_LEFT, LivenessPrompt.TURN_RIGHT]
        self._chance.shuffle(turns)
        return (*turns, LivenessPrompt.LOOK_STRAIGHT)

    def _preview(self, frame: PreviewFrame) -> None:
        self._show_preview(frame.jpeg)
