"""The face, and every way on without it (E10, F28 to F33)."""

from dataclasses import replace

import pytest

from drivers.contract.camera import Guidance
from drivers.contract.code_scanner import CodeRefusal
from kiosk.gateway.platform import FaceSeen, FaceVerdict, KnownBy
from kiosk.services.service import Capability, Service
from kiosk.visit.effect import Effect, ReadCard, StopReading, Submit, TakeFace
from kiosk.visit.event import (
    CameraLost,
    CardRead,
    CardRefused,
    FaceGuided,
    FaceJudged,
    FaceNotAlive,
    FaceTaken,
    NobodyRecognised,
    NoFaceCame,
    Proceeded,
    ReaderLost,
    TimePassed,
    WayChosen,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    CardPrompt,
    Confirming,
    FacePrompt,
    FaceWay,
    Facing,
    LeaveAsked,
    MatterState,
    ProvingByPhone,
    StillThereAsked,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.ways import face_ways
from tests.kiosk.visit.world import QUALIFICATION, SEED, a_person, after, cannot, effects_of, identified

STRICT = replace(QUALIFICATION, without_face=False)
FACE, PHONE = Capability.TAKE_FACE, Capability.READ_PHONE_CODE


def _before_camera(*missing: Capability, service: Service = QUALIFICATION) -> Visit:
    return after(identified(service, event=cannot(*missing, services=(service,))), Proceeded())


def _facing(visit: Visit) -> Facing:
    assert isinstance(visit.stage, Facing)
    return visit.stage


def _not_same(visit: Visit, times: int) -> Visit:
    for _ in range(times):
        visit = after(visit, FaceJudged(job=visit.jobs, verdict=FaceVerdict.NOT_SAME), Proceeded())
    return visit


def _handed_in(effects: tuple[Effect, ...]) -> FaceSeen:
    (submit,) = [effect for effect in effects if isinstance(effect, Submit)]
    return submit.application.face


def test_the_camera_guides_her_and_a_face_that_is_hers_goes_on() -> None:
    visit = _before_camera()
    assert isinstance(effects_of(identified(QUALIFICATION), Proceeded())[0], TakeFace)
    visit = after(visit, FaceGuided(job=visit.jobs, guidance=Guidance.COME_CLOSER))
    assert _facing(visit).prompt is FacePrompt.COME_CLOSER
    visit = after(visit, FaceTaken(job=visit.jobs))
    assert _facing(visit).prompt is FacePrompt.COMPARING
    visit, effects = advance(visit, FaceJudged(job=visit.jobs, verdict=FaceVerdict.SAME))
    assert isinstance(visit.stage, Submitting)
    assert _handed_in(effects) is FaceSeen.MATCHED


@pytest.mark.parametrize("missing", [(), (PHONE,)])
def test_a_way_without_the_face_is_always_on_the_page(missing: tuple[Capability, ...]) -> None:
    visit = _before_camera(*missing)
    ways = face_ways(visit, _facing(visit).submission)
    assert ways == ((FaceWay.WITHOUT_FACE,) if missing else (FaceWay.PHONE_CODE, FaceWay.WITHOUT_FACE))


def test_going_on_without_the_face_tells_the_platform_so() -> None:
    visit, effects = advance(_before_camera(), WayChosen(way=FaceWay.WITHOUT_FACE))
    assert isinstance(visit.stage, Submitting)
    assert effects[0] == StopReading()
    assert _handed_in(effects) is FaceSeen.NOT_SHOWN


def test_a_service_that_insists_on_a_proof_takes_the_phone_instead_and_never_nothing() -> None:
    visit = _before_camera(service=STRICT)
    assert advance(visit, WayChosen(way=FaceWay.WITHOUT_FACE)) == (visit, ())
    visit, effects = advance(visit, WayChosen(way=KnownBy.PHONE_CODE))
    assert isinstance(visit.stage, ProvingByPhone)
    assert effects == (StopReading(), ReadCard(job=visit.jobs, way=KnownBy.PHONE_CODE))


def test_without_a_camera_the_only_other_way_is_taken_at_once() -> None:
    assert isinstance(_before_camera(FACE, service=STRICT).stage, ProvingByPhone)
    visit = identified(QUALIFICATION, event=cannot(FACE, PHONE))
    assert _handed_in(effects_of(visit, Proceeded())) is FaceSeen.NOT_SHOWN


def test_without_a_camera_two_other_ways_are_offered_at_once() -> None:
    visit = _before_camera(FACE)
    assert (_facing(visit).prompt, _facing(visit).is_looking) == (FacePrompt.NOT_POSSIBLE, False)
    assert len(face_ways(visit, _facing(visit).submission)) == 2


def test_without_any_way_the_matter_is_withdrawn_before_it_is_handed_in() -> None:
    visit = identified(STRICT, event=cannot(services=(STRICT,)))
    visit = after(visit, cannot(FACE, PHONE, services=(STRICT,)), Proceeded())
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.SERVICE_WITHDRAWN, MatterState.NOT_DONE)


@pytest.mark.parametrize("happened", [CameraLost(job=2), FaceJudged(job=2, verdict=FaceVerdict.NOT_COMPARED)])
def test_a_camera_that_goes_and_a_match_that_does_not_come_lead_to_the_other_ways(happened: CameraLost | FaceJudged) -> None:
    visit = _before_camera()
    assert visit.jobs == 2
    assert _facing(after(visit, happened)).prompt is FacePrompt.NOT_POSSIBLE
    only_phone = _before_camera(service=STRICT)
    assert isinstance(after(only_phone, happened).stage, ProvingByPhone)


def test_nobody_is_handed_in_as_unseen_by_a_machine_that_does_not_know_whether_she_is_there() -> None:
    visit = _before_camera(PHONE)
    visit, effects = advance(visit, NoFaceCame(job=visit.jobs))
    assert (_facing(visit).is_looking, effects) == (False, ())
    visit = _before_camera(PHONE)
    visit, effects = advance(visit, CameraLost(job=visit.jobs))
    assert (_facing(visit).is_looking, effects) == (False, ())


def test_a_face_that_was_not_hers_may_be_shown_again_and_the_third_time_only_another_way_is_left() -> None:
    visit = _before_camera()
    first = after(visit, FaceJudged(job=visit.jobs, verdict=FaceVerdict.NOT_SAME))
    assert (_facing(first).prompt, _facing(first).is_looking) == (FacePrompt.NOT_MATCHED, False)
    again, effects = advance(first, Proceeded())
    assert _facing(again).is_looking
    assert isinstance(effects[0], TakeFace)
    last = _not_same(visit, 3)
    assert (_facing(last).prompt, _facing(last).is_looking) == (FacePrompt.NOT_POSSIBLE, False)
    assert advance(last, Proceeded()) == (last, ())


def test_a_face_that_never_matches_where_nothing_else_counts_hands_nothing_in() -> None:
    visit = _not_same(after(_before_camera(service=STRICT), cannot(PHONE, services=(STRICT,))), 2)
    visit = after(visit, FaceJudged(job=visit.jobs, verdict=FaceVerdict.NOT_SAME))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter, visit.stage.retry) == (
        TroubleKind.FACE_NOT_MATCHED,
        MatterState.NOT_DONE,
        None,
    )


def test_what_is_not_alive_is_not_her_face() -> None:
    visit = _before_camera()
    visit, effects = advance(visit, FaceNotAlive(job=visit.jobs))
    assert (_facing(visit).prompt, _facing(visit).failures, effects) == (FacePrompt.NOT_MATCHED, 1, ())


def test_her_phone_is_another_proof_and_anothers_phone_is_none() -> None:
    visit = after(_before_camera(), WayChosen(way=FaceWay.PHONE_CODE))
    others = CardRead(job=visit.jobs, person=a_person(number="440804199001011234"), seed=SEED, today=None)
    wrong = after(visit, others)
    assert isinstance(wrong.stage, ProvingByPhone)
    assert wrong.stage.prompt is CardPrompt.NOT_ACCEPTED
    hers = CardRead(job=wrong.jobs, person=a_person(known_by=KnownBy.PHONE_CODE), seed="other" * 8, today=None)
    done, effects = advance(wrong, hers)
    assert isinstance(done.stage, Submitting)
    assert _handed_in(effects) is FaceSeen.BY_PHONE
    assert done.stage.submission.identified.seed == SEED


def test_a_phone_that_told_who_she_is_proves_nothing_more() -> None:
    visit = _before_camera()
    submission = _facing(visit).submission
    by_phone = replace(submission, identified=replace(submission.identified, person=a_person(known_by=KnownBy.PHONE_CODE)))
    assert face_ways(visit, by_phone) == (FaceWay.WITHOUT_FACE,)


def test_three_wrong_phones_hand_nothing_in() -> None:
    visit = after(_before_camera(), WayChosen(way=FaceWay.PHONE_CODE))
    for _ in range(3):
        visit = after(visit, CardRefused(job=visit.jobs, reason=CodeRefusal.NOT_ACCEPTABLE))
    assert isinstance(visit.stage, Troubled)
    assert visit.stage.kind is TroubleKind.FACE_NOT_MATCHED


@pytest.mark.parametrize("happened", [ReaderLost(job=3), NobodyRecognised(job=3), WentBack()])
def test_from_the_phone_the_way_leads_back_to_every_way(happened: ReaderLost | NobodyRecognised | WentBack) -> None:
    visit = after(_before_camera(), WayChosen(way=FaceWay.PHONE_CODE))
    assert visit.jobs == 3
    back = after(visit, happened)
    assert _facing(back).prompt is FacePrompt.NOT_POSSIBLE
    assert _facing(after(back, Proceeded())).is_looking


def test_back_from_the_camera_leads_to_the_question_and_stops_it() -> None:
    visit, effects = advance(_before_camera(), WentBack())
    assert (type(visit.stage), effects) == (Confirming, (StopReading(),))
    assert isinstance(after(visit, Proceeded()).stage, Facing)
    assert after(_before_camera(), WentHome()).overlay == LeaveAsked()


def test_nobody_is_asked_whether_she_is_there_while_the_camera_sees_her() -> None:
    visit = after(_before_camera(), TimePassed(seconds=3600))
    assert (visit.overlay, _facing(visit).is_looking) == (None, True)
    left = after(visit, NoFaceCame(job=visit.jobs), TimePassed(seconds=60))
    assert isinstance(left.overlay, StillThereAsked)
