"""Service: one matter as data, and the steps and capabilities it is made of."""

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """What a step needs of this machine and its world."""

    READ_ID_CARD = "read_id_card"
    PRINT_RECEIPT = "print_receipt"
    REACH_PLATFORM = "reach_platform"


class StepKind(StrEnum):
    """The kinds of step a visit can take."""

    GUIDE = "guide"
    IDENTIFY = "identify"
    CONFIRM = "confirm"
    SUBMIT = "submit"
    SHOW = "show"
    PRINT = "print"
    RATE = "rate"


NEEDS: dict[StepKind, tuple[Capability, ...]] = {
    StepKind.GUIDE: (),
    StepKind.IDENTIFY: (Capability.READ_ID_CARD,),
    StepKind.CONFIRM: (),
    StepKind.SUBMIT: (Capability.REACH_PLATFORM,),
    StepKind.SHOW: (),
    StepKind.PRINT: (Capability.PRINT_RECEIPT,),
    StepKind.RATE: (),
}
"""The capabilities without which a step cannot be finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One matter.

    Attributes:
        id: Stable word, also the platform's name of the matter, e.g. ``social_security_enrolment``.
        icon: Key of a drawing.
        bring: What to bring, in the villager's words.
        result: What one goes home with.
        print_title: Headline while and after printing, e.g. ``您的参保证明已经开好了``.
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

    def needs(self) -> tuple[Capability, ...]:
        """Every capability its steps need, each once, in the order of the steps."""
        return tuple(dict.fromkeys(need for step in self.steps for need in NEEDS[step]))
