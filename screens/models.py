"""What a page shows, ready to draw: every word chosen, every touch given its meaning, no decision left."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.display.vocabulary.view import StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class SayAgain:
    """再听一遍: stays inside the display, the core is not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One dot of the step line and its word."""

    word: str
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press. ``intent`` None is grey. ``icon`` stands before the word, ``icon_after`` behind it."""

    word: str
    intent: object | None
    icon: str = ""
    icon_after: str = ""
    is_on: bool = False


class Mood(StrEnum):
    """What a notice is about."""

    GOOD = "good"
    INFO = "info"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A coloured panel with a drawing; either text may be empty."""

    mood: Mood
    icon: str
    title: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole page.

    Attributes:
        kind: The page module that draws it.
        matter: What that page alone shows; one of the types below, or None.
        second: The second choice, left.
        also: Another choice of the same size, between second and primary.
        spoken: What the voice says when the page comes up, sentence by sentence.
        is_urgent: Said although the voice is off, and louder: something of the person's is being left behind.
    """

    kind: str
    kiosk_name: str
    time: str
    help: Button
    steps: tuple[Step, ...]
    heading: str
    lead: str
    matter: object
    second: Button | None
    primary: Button | None
    foot: tuple[Button, ...]
    spoken: tuple[str, ...]
    also: Button | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCard:
    """One of the pictures with words on the idle page. They invite, they are not pressed."""

    icon: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkCard:
    """The clerk's task, on the idle page or on its own. ``place`` is the place number its lines name, or empty."""

    picture: str
    place: str
    asks: str
    appeal: str
    lines: str
    notice: Notice | None
    hint: Notice | None
    second: Button | None
    primary: Button | None
    opens: object


@dataclass(frozen=True, slots=True, kw_only=True)
class AttractMatter:
    """The idle page."""

    address: str
    name: str
    slogan: str
    date: str
    clock: str
    topics_title: str
    topics: tuple[TopicCard, ...]
    standing: Notice
    reassurance: str
    start: Button
    start_line: str
    clerk: ClerkCard | None
    notice: str
    notice_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A service; ``reason`` is empty when it can be finished now, ``instead`` says what serves in place of the usual."""

    icon: str
    title: str
    line: str
    intent: object | None
    reason: str = ""
    where: str = ""
    when: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueMatter:
    """The services of one page, and the pager; ``place`` says which page of how many, empty when there is one."""

    tiles: tuple[Tile, ...]
    back: Button
    on: Button
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideCell:
    """One of the four answers before any effort is spent."""

    picture: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideMatter:
    """办事指南."""

    upper: tuple[GuideCell, ...]
    lower: tuple[GuideCell, ...]
    notice: Notice
    withdrawn: Tile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMatter:
    """A place on the cabinet: the whole of it with a ring, and a close-up.

    Attributes:
        hint: Words of the strip under the pictures.
        is_moving: Whether the ring breathes: something is to be done there now.
    """

    place: str
    picture: str
    hint: str
    is_moving: bool
    above: Notice | None
    below: Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and what is true of it. Never marked up: it may be a person's."""

    label: str
    value: str
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmMatter:
    """Who the card says it is, masked."""

    facts: tuple[Fact, ...]
    portrait_line: str
    good: Notice
    info: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class LookMatter:
    """The person herself, as before a mirror, and what she is to do.

    Attributes:
        is_live: Whether the camera's pictures are shown; otherwise ``picture`` is.
        is_good: Whether there is nothing to do but to wait.
        turn: ``left`` or ``right`` when the head is to be turned, else empty.
        scene: The drawing beside it: where the camera is, or how the head turns.
        tips: What makes a good picture, for those with room for it.
    """

    picture: str
    is_live: bool
    is_good: bool
    turn: str
    words: str
    line: str
    scene: str
    tips: tuple[TopicCard, ...]
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanMatter:
    """What lies on the table; ``picture`` while no pictures of it come."""

    place: str
    is_moving: bool
    picture: str
    is_live: bool
    count: str
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class PayMatter:
    """What is to be paid, large, and where the phone goes."""

    label: str
    amount: str
    place: PlaceMatter
    notice: Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMatter:
    """A code to be photographed, and the number under it."""

    content: str
    label: str
    number: str
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressMatter:
    """How far it is. ``part`` 0.0 to 1.0."""

    part: float
    done: str
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingMatter:
    """The machine works, the person waits."""

    picture: str
    notice: Notice
    progress: ProgressMatter


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintingMatter:
    """Paper moves."""

    place: PlaceMatter
    progress: ProgressMatter


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureChoice:
    """A picture with words to press."""

    picture: str
    word: str
    intent: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Did my matter go through? Said large."""

    mood: Mood
    icon: str
    title: str
    line: str
    small: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintQuestionMatter:
    """What came out of the slot."""

    verdict: Verdict
    question: str
    question_line: str
    choices: tuple[PictureChoice, ...]
    phone: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterWaitsMatter:
    """The paper is still owed; ``picture`` while nobody is asked to do anything."""

    verdict: Verdict
    clerk: ClerkCard | None
    picture: str
    state: Notice
    phone: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMatter:
    """An answer on the screen."""

    facts: tuple[Fact, ...]
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCard:
    """One thing to take along."""

    picture: str
    title: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMatter:
    """What to take along."""

    cards: tuple[TakeCard, ...]
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class RateMatter:
    """Five levels."""

    levels: tuple[PictureChoice, ...]
    reassurance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FarewellMatter:
    """Goodbye."""

    picture: str
    title: str
    line: str
    notices: tuple[Notice, ...]
    countdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountdownMatter:
    """A question with a clock."""

    question: str
    line: str
    number: str
    unit: str
    part: float
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMatter:
    """A question with a drawing."""

    question: str
    line: str
    picture: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where else it can be done; how far and how long it is open stand in one line."""

    title: str
    name: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Whom to call. The number large, a second one small."""

    title: str
    number: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleMatter:
    """E9: what happened stands in the heading; then did it go through, what to do now, whom to call."""

    verdict: Verdict
    advice: Notice
    elsewhere: Elsewhere | None
    phone: Phone


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpMatter:
    """Whom to call, and 报修."""

    clerk: Phone
    office: Phone
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChoice:
    """One text size, shown in itself. ``em`` in grid pixels."""

    word: str
    sample: str
    em: float
    is_on: bool
    intent: object


@dataclass(frozen=True, slots=True, kw_only=True)
class SizesMatter:
    """The four text sizes."""

    sizes: tuple[SizeChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChoice:
    """One thing the voice can do."""

    icon: str
    word: str
    line: str
    intent: object | None
    is_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMatter:
    """The voice. ``loudness`` in words."""

    choices: tuple[VoiceChoice, ...]
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfServiceMatter:
    """No service can be offered."""

    picture: str
    good: Notice
    elsewhere: Elsewhere
    phone: Phone


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitMatter:
    """The core is not there; nothing can be asked of it."""

    title: str
    line: str
