"""Words: what can be asked, answered and true in a visit, one short list each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

GOODBYE_S = 8.0
"""Seconds the goodbye stands before the page goes home by itself."""

MAX_REPRINTS = 2
"""补打 2 is the last: whoever needs a third copy needs a person, not a machine."""

ASKS_BY_ITSELF = 6
"""How often the platform is asked without a touch what became of a matter; a minute later a person is the quicker way."""


MAX_SHEETS = 10
"""Sheets of paper one person may lay under the camera."""


class CardPrompt(StrEnum):
    """What the person is asked to do with the card, or with the code on her phone."""

    PUT_CARD = "put_card"
    READING = "reading"
    """Leave it there: it is being read."""
    PRESENT_AGAIN = "present_again"
    WRONG_CARD = "wrong_card"
    NOT_AUTHENTIC = "not_authentic"
    BANK_CARD = "bank_card"
    NEEDS_PIN = "needs_pin"
    NOT_ACCEPTED = "not_accepted"


class FacePrompt(StrEnum):
    """What the person before the camera is asked to do; the values of ``drivers.contract.camera.Guidance``, and the ends."""

    GOOD = "good"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    TO_THE_MIDDLE = "to_the_middle"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    HOLD_STILL = "hold_still"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_STRAIGHT = "look_straight"
    COMPARING = "comparing"
    NOT_MATCHED = "not_matched"
    NOT_POSSIBLE = "not_possible"
    """The camera, or whoever compares, does not answer now."""


class FaceWay(StrEnum):
    """A way on without the face."""

    PHONE_CODE = "phone_code"
    WITHOUT_FACE = "without_face"


class ScanState(StrEnum):
    """Where the scanning of papers stands."""

    WAITING = "waiting"
    TAKING = "taking"
    TAKEN = "taken"
    REFUSED = "refused"


class PayState(StrEnum):
    """Where the showing of the payment code stands."""

    SHOW_CODE = "show_code"
    REFUSED = "refused"
    SCANNER_AWAY = "scanner_away"


class PaperSeen(StrEnum):
    """What the person says came out of the slot."""

    WHOLE = "whole"
    PART = "part"
    NOTHING = "nothing"


class MatterState(StrEnum):
    """Whether the matter went through."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class VisitOutcome(StrEnum):
    """How a visit ended; every visit that began has exactly one."""

    DONE = "done"
    WITHOUT_RECEIPT = "without_receipt"
    """The matter went through; the receipt did not come out whole, as far as anyone knows."""
    REFUSED = "refused"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"
    LEFT = "left"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person chose for reading and hearing; back to this after each visit."""

    text_size: Literal[0, 1, 2, 3] = 0
    voice_is_on: bool = False
    volume: Literal[0, 1, 2, 3] = 2


DEFAULT_SETTINGS = Settings()
"""How every visit begins."""


class TroubleKind(StrEnum):
    """What happened."""

    PLATFORM_OFFLINE = "platform_offline"
    PLATFORM_REFUSED = "platform_refused"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SERVICE_WITHDRAWN = "service_withdrawn"
    CARD_NOT_READ = "card_not_read"
    CARD_EXPIRED = "card_expired"
    RESTARTED = "restarted"
    FACE_NOT_MATCHED = "face_not_matched"
    PAYMENT_UNKNOWN = "payment_unknown"
    CABINET_OPEN = "cabinet_open"
    DOCUMENT_VOIDED = "document_voided"
