"""Service: one matter as data, and the steps and capabilities it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Capability(StrEnum):
    """What a step needs of this machine and its world."""

    READ_ID_CARD = "read_id_card"
    READ_SOCIAL_SECURITY_CARD = "read_social_security_card"
    READ_PHONE_CODE = "read_phone_code"
    TAKE_FACE = "take_face"
    SCAN_DOCUMENT = "scan_document"
    PRINT_RECEIPT = "print_receipt"
    PRINT_DOCUMENT = "print_document"
    SHOW_ON_SCREEN = "show_on_screen"
    """A code on the screen to be taken along with a phone. Never missing while the screen is there."""
    REACH_PLATFORM = "reach_platform"
    KEEP_RECORDS = "keep_records"
    """The disk takes the ledger's rows. Without it nothing irreversible is begun."""


class StepKind(StrEnum):
    """The kinds of step a visit can take."""

    GUIDE = "guide"
    IDENTIFY = "identify"
    CONFIRM = "confirm"
    FACE = "face"
    """A living face, compared by the platform. Never the only way: see ``Service.without_face``."""
    SCAN = "scan"
    """Papers the person has brought, as one PDF."""
    PAY = "pay"
    SUBMIT = "submit"
    SHOW = "show"
    PRINT = "print"
    RATE = "rate"


NEEDS: dict[StepKind, tuple[Capability, ...]] = {
    StepKind.GUIDE: (),
    StepKind.IDENTIFY: (Capability.READ_ID_CARD,),
    StepKind.CONFIRM: (),
    StepKind.FACE: (Capability.TAKE_FACE, Capability.REACH_PLATFORM),
    StepKind.SCAN: (Capability.SCAN_DOCUMENT,),
    StepKind.PAY: (Capability.READ_PHONE_CODE, Capability.REACH_PLATFORM, Capability.KEEP_RECORDS),
    StepKind.SUBMIT: (Capability.REACH_PLATFORM, Capability.KEEP_RECORDS),
    StepKind.SHOW: (),
    StepKind.PRINT: (Capability.KEEP_RECORDS,),
    StepKind.RATE: (),
}
"""The capabilities without which a step cannot be finished; a print needs its service's ``paper`` besides."""


class Paper(StrEnum):
    """What a service's result is printed on; the value is the capability it takes."""

    RECEIPT = "print_receipt"
    DOCUMENT = "print_document"

    @property
    def capability(self) -> Capability:
        """What the machine must be able to do."""
        return Capability(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One matter.

    Attributes:
        id: Stable word, also the platform's name of the matter, e.g. ``social_security_enrolment``.
        icon: Key of a drawing.
        bring: What to bring, in the villager's words.
        result: What one goes home with.
        print_title: Headline while and after printing, e.g. ``您的参保证明已经开好了``.
        paper: What it is printed on.
        stand_ins: For a capability, those that may take its place, the best first.
        without_face: Whether a person who cannot or will not show her face may go on; the platform is told. A service with a
            face step that says no here offers the phone's code instead.
        scan_hint: What is to be laid under the camera, when there is a scan step, e.g. ``医院发票``.
        may_continue_print: Whether the missing pages alone may be printed after a stop; otherwise the document is voided.
    """

    id: str
    title: str
    topic: str
    icon: str
    lead: str
    bring: str
    result: str
    print_title: str
    minutes: int
    cost_fen: int
    steps: tuple[StepKind, ...]
    paper: Paper = Paper.RECEIPT
    stand_ins: Mapping[Capability, tuple[Capability, ...]] = field(default_factory=dict, hash=False)
    without_face: bool = True
    scan_hint: str = ""
    may_continue_print: bool = False

    def needs(self) -> tuple[Capability, ...]:
        """Every capability its steps need, each once, in the order of the steps."""
        return tuple(dict.fromkeys(need for step in self.steps for need in self.needs_of(step)))

    def needs_of(self, step: StepKind) -> tuple[Capability, ...]:
        """What one of its steps needs."""
        return (self.paper.capability, *NEEDS[step]) if step is StepKind.PRINT else NEEDS[step]
