"""The pages on which a matter is made ready: who she is, her face, her papers, her payment."""

import math

from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.view import View
from kiosk.gateway.platform import KnownBy
from kiosk.services.service import Capability, Service
from kiosk.visit import model
from kiosk.visit.idle import patience_left_s
from kiosk.visit.masking import area_of, masked_name, masked_number
from kiosk.visit.model import Visit
from kiosk.visit.stages.facing import FACE_S
from kiosk.visit.ways import capability_of, face_ways, identify_ways, withdrawal_of


def card_page(visit: Visit, stage: model.Reading | model.ReaderAway, frame: view.Frame, help_phone: str) -> View:
    """Lay the card down, or hold the phone up; every other way that works now is a button."""
    prompt = stage.prompt.value if isinstance(stage, model.Reading) else view.CardPrompt.READER_AWAY.value
    others = tuple(way for way in identify_ways(visit, stage.service) if way is not stage.way)
    return view.PutCard(
        frame=frame,
        prompt=view.CardPrompt(prompt),
        help_phone=help_phone,
        way=way_in_view(stage.way),
        other_ways=tuple(way_in_view(way) for way in others),
        instead_of=_why_not_usual(visit, stage.service, stage.way),
    )


def proof_page(visit: Visit, stage: model.ProvingByPhone, frame: view.Frame, help_phone: str) -> View:
    """Hold the phone up, in place of the face."""
    face = withdrawal_of(visit, Capability.TAKE_FACE)
    return view.PutCard(
        frame=frame,
        prompt=view.CardPrompt(stage.prompt.value),
        help_phone=help_phone,
        way=view.IdentifyWay.PHONE_CODE,
        instead_of=face.reason if face else "",
    )


def confirm_page(stage: model.Confirming, frame: view.Frame) -> View:
    """Is it you? Masked."""
    person = stage.identified.person
    return view.Confirm(
        frame=frame,
        name=masked_name(person.name),
        number=masked_number(person.number),
        area=area_of(person.address),
        way=way_in_view(person.known_by),
    )


def card_left_page(stage: model.CardLying, frame: view.Frame, clerk_phone: str) -> View:
    """Take the card first."""
    return view.TakeCardFirst(frame=frame, way=way_in_view(stage.ways[0]), is_own=stage.is_own, clerk_phone=clerk_phone)


def face_page(visit: Visit, stage: model.Facing, frame: view.Frame) -> View:
    """Look into the camera, or go another way."""
    return view.Face(
        frame=frame,
        prompt=view.FacePrompt(stage.prompt.value),
        other_ways=tuple(view.FaceWay(way.value) for way in face_ways(visit, stage.submission)),
        remaining_s=math.ceil(max(0.0, FACE_S - stage.elapsed_s)) if stage.is_looking else 0,
    )


def scan_page(stage: model.Scanning, frame: view.Frame) -> View:
    """Sheet by sheet."""
    return view.Scan(
        frame=frame,
        hint=stage.submission.service.scan_hint,
        pages=stage.submission.sheets,
        at_most=model.MAX_SHEETS,
        state=view.ScanState(stage.state.value),
        problem=view.ScanProblem(stage.problem) if stage.problem else None,
    )


def pay_page(visit: Visit, stage: model.PayAsked | model.Paying, frame: view.Frame) -> View:
    """The amount, and where the payment stands."""
    service = stage.submission.service
    state, said, remaining_s = view.PayState.ASKING, "", 0
    if isinstance(stage, model.PayAsked):
        state, said, remaining_s = view.PayState(stage.state.value), stage.said, math.ceil(patience_left_s(visit))
    return view.Pay(
        frame=frame, title=service.title, amount_fen=service.cost_fen, state=state, said=said, remaining_s=remaining_s
    )


def way_in_view(way: KnownBy) -> view.IdentifyWay:
    """The same word on the screen."""
    return view.IdentifyWay(way.value)


def _why_not_usual(visit: Visit, service: Service, way: KnownBy) -> str:
    usual = Capability.READ_ID_CARD
    if capability_of(way) is usual or usual in visit.ready:
        return ""
    withdrawal = withdrawal_of(visit, usual)
    return withdrawal.reason if withdrawal and usual in service.needs() else ""
