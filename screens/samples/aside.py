"""Samples of the pages beside the matter."""

from kiosk.display.vocabulary import view
from screens.samples.parts import CLERK_PHONE, PHONE, TOWN, frame

MATTERS = {
    view.TroubleKind.PLATFORM_OFFLINE: (view.MatterState.NOT_DONE, True, ""),
    view.TroubleKind.PLATFORM_REFUSED: (view.MatterState.NOT_DONE, False, "没有查到您的参保记录"),
    view.TroubleKind.OUTCOME_UNKNOWN: (view.MatterState.UNKNOWN, True, ""),
    view.TroubleKind.SERVICE_WITHDRAWN: (view.MatterState.NOT_DONE, False, "打印机坏了"),
    view.TroubleKind.RESTARTED: (view.MatterState.DONE, False, ""),
    view.TroubleKind.FACE_NOT_MATCHED: (view.MatterState.NOT_DONE, False, ""),
    view.TroubleKind.PAYMENT_UNKNOWN: (view.MatterState.UNKNOWN, False, ""),
    view.TroubleKind.CABINET_OPEN: (view.MatterState.NOT_DONE, False, ""),
    view.TroubleKind.DOCUMENT_VOIDED: (view.MatterState.DONE, True, ""),
}


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    home = frame(text_size=text_size)
    found: dict[str, view.View] = {}
    found["still-there"] = view.StillThere(frame=frame(text_size=text_size, at_step=2, can_go=False), remaining_s=22, total_s=30)
    found["leave-question"] = view.LeaveQuestion(frame=frame(text_size=text_size, at_step=2))
    for kind in view.TroubleKind:
        state, can_try, said = MATTERS.get(kind, (view.MatterState.NOT_DONE, True, ""))
        found[f"trouble-{kind.value.replace('_', '-')}"] = view.Trouble(
            frame=frame(text_size=text_size, at_step=3),
            happened=kind,
            said=said,
            matter=state,
            can_try_again=can_try,
            elsewhere=TOWN if state is view.MatterState.NOT_DONE else None,
            help_phone=PHONE,
            code="N01",
        )
    for is_sent in (False, True):
        found["help-reported" if is_sent else "help"] = view.Help(
            frame=home, clerk_phone=CLERK_PHONE, help_phone="12345", repair_reported=is_sent
        )
    found["text-sizes"] = view.TextSizes(frame=home)
    found["voice"] = view.Voice(frame=home, volume=2)
    return found
