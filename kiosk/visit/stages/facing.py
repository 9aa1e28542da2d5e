"""The face: looking, comparing, and every way on without it."""

from dataclasses import replace
from typing import assert_never

from drivers.contract.camera import Guidance
from kiosk.gateway.platform import FaceSeen, FaceVerdict
from kiosk.visit.effect import Effect, StopReading
from kiosk.visit.event import (
    CardRead,
    CardRefused,
    FaceJudged,
    Proceeded,
    Touch,
    WayChosen,
    WentBack,
    WentHome,
)
from kiosk.visit.model import (
    CardPrompt,
    Confirming,
    FacePrompt,
    FaceWay,
    Facing,
    GoOnAgain,
    MatterState,
    ProvingByPhone,
    StillThereAsked,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.stages.entrances import Step, ask_to_leave, next_job, stay, turn_to
from kiosk.visit.stages.identifying import MAX_FAILURES, prompt_after
from kiosk.visit.stages.onward import enter_face, enter_proof_by_phone, go_on, instead_of_face, read_phone
from kiosk.visit.ways import face_ways

FACE_S = 30.0
"""Seconds she is given before the camera (F31); a good picture takes three to eight."""


def touched_facing(visit: Visit, stage: Facing, touch: Touch) -> Step:
    """Another way, once more, or back; else the face is the answer here."""
    match touch:
        case WayChosen() if touch.way in {way.value for way in face_ways(visit, stage.submission)}:
            return _without_face(visit, stage, FaceWay(touch.way.value))
        case Proceeded() if not stage.is_looking and stage.failures < MAX_FAILURES:
            return enter_face(visit, stage.submission, failures=stage.failures)
        case WentBack():
            return _back(visit, stage)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def guided(visit: Visit, stage: Facing, guidance: Guidance) -> Step:
    """Say what to do; the camera sees somebody, so nobody is asked whether she is still there."""
    return replace(visit, stage=replace(stage, prompt=FacePrompt(guidance.value))), ()


def taken(visit: Visit, stage: Facing) -> Step:
    """The picture is being compared."""
    return replace(visit, stage=replace(stage, prompt=FacePrompt.COMPARING)), ()


def judged(visit: Visit, stage: Facing, finding: FaceJudged) -> Step:
    """Take the verdict. Only ``SAME`` is a face; whatever else it is, it is not."""
    match finding.verdict:
        case FaceVerdict.SAME:
            return go_on(visit, replace(stage.submission, face=FaceSeen.MATCHED))
        case FaceVerdict.NOT_SAME:
            return not_hers(visit, stage)
        case FaceVerdict.NOT_COMPARED:
            return instead_of_face(visit, stage.submission, failures=stage.failures)
        case _:
            assert_never(finding.verdict)


def not_hers(visit: Visit, stage: Facing) -> Step:
    """Not the card's person, or no living face: once more, and then only another way."""
    failures = stage.failures + 1
    if failures < MAX_FAILURES:
        again = replace(stage, prompt=FacePrompt.NOT_MATCHED, is_looking=False, failures=failures)
        return turn_to(visit, again)
    if face_ways(visit, stage.submission):
        other = replace(stage, prompt=FacePrompt.NOT_POSSIBLE, is_looking=False, failures=failures)
        return turn_to(visit, other)
    return turn_to(visit, _not_matched(stage))


def none_came(visit: Visit, stage: Facing) -> Step:
    """Nobody who could be seen stood there: the other ways, or once more."""
    if face_ways(visit, stage.submission):
        return turn_to(visit, replace(stage, prompt=FacePrompt.NOT_POSSIBLE, is_looking=False))
    return turn_to(visit, replace(_not_matched(stage), retry=GoOnAgain(submission=stage.submission)))


def camera_lost(visit: Visit, stage: Facing) -> Step:
    """The other way at once (F28)."""
    return instead_of_face(visit, stage.submission, failures=stage.failures)


# --- her phone's code in place of her face ---


def touched_proving(visit: Visit, stage: ProvingByPhone, touch: Touch) -> Step:
    """Back to the face; else the phone is the answer here."""
    match touch:
        case WentBack():
            visit, effects = _to_face(visit, stage)
            return visit, (StopReading(), *effects)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def phone_found(visit: Visit, stage: ProvingByPhone) -> Step:
    """Say that it is being read."""
    overlay = None if isinstance(visit.overlay, StillThereAsked) else visit.overlay
    return replace(visit, stage=replace(stage, prompt=CardPrompt.READING), overlay=overlay), ()


def phone_read(visit: Visit, stage: ProvingByPhone, finding: CardRead) -> Step:
    """Her own phone is a proof; another person's is none."""
    if finding.person.number == stage.submission.identified.person.number:
        return go_on(visit, replace(stage.submission, face=FaceSeen.BY_PHONE))
    return _phone_failed(visit, stage, CardPrompt.NOT_ACCEPTED)


def phone_refused(visit: Visit, stage: ProvingByPhone, finding: CardRefused) -> Step:
    """Say so and wait for it again."""
    return _phone_failed(visit, stage, prompt_after(finding))


def read_phone_again(visit: Visit, stage: ProvingByPhone) -> Step:
    """Wait for it again, on the page as it stands."""
    visit, job = next_job(visit)
    return replace(visit, stage=replace(stage, job=job, prompt=stage.asked)), (read_phone(job),)


def phone_lost(visit: Visit, stage: ProvingByPhone) -> Step:
    """The scanner went away: the face, or whatever way is left."""
    return _to_face(visit, stage)


def _phone_failed(visit: Visit, stage: ProvingByPhone, prompt: CardPrompt) -> Step:
    failures = stage.failures + 1
    if failures >= MAX_FAILURES:
        trouble = Troubled(
            kind=TroubleKind.FACE_NOT_MATCHED,
            matter=MatterState.NOT_DONE,
            service=stage.submission.service,
            retry=GoOnAgain(submission=stage.submission),
        )
        return turn_to(visit, trouble)
    if prompt is not stage.asked:
        visit = replace(visit, overlay=None, idle_s=0.0)
    return read_phone_again(visit, replace(stage, asked=prompt, failures=failures))


def _to_face(visit: Visit, stage: ProvingByPhone) -> Step:
    """Back to the page with every way; not by itself to the phone again."""
    facing = Facing(submission=stage.submission, job=0, prompt=FacePrompt.NOT_POSSIBLE, is_looking=False)
    return turn_to(visit, facing)


def _without_face(visit: Visit, stage: Facing, way: FaceWay) -> Step:
    stopped: tuple[Effect, ...] = (StopReading(),) if stage.is_looking else ()
    match way:
        case FaceWay.PHONE_CODE:
            return enter_proof_by_phone(visit, stage.submission, *stopped)
        case FaceWay.WITHOUT_FACE:
            return go_on(visit, replace(stage.submission, face=FaceSeen.NOT_SHOWN), *stopped)
        case _:
            assert_never(way)


def _back(visit: Visit, stage: Facing) -> Step:
    stopped: tuple[Effect, ...] = (StopReading(),) if stage.is_looking else ()
    submission = stage.submission
    confirming = Confirming(service=submission.service, identified=submission.identified, so_far=submission)
    return turn_to(visit, confirming, *stopped)


def _not_matched(stage: Facing) -> Troubled:
    return Troubled(kind=TroubleKind.FACE_NOT_MATCHED, matter=MatterState.NOT_DONE, service=stage.submission.service)
