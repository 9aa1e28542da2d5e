"""What makes two Views the same page: whether a touch means the same on both."""

from collections.abc import Hashable
from typing import assert_never

from kiosk.display.vocabulary.view import (
    Attract,
    Catalogue,
    ClerkPage,
    Closed,
    Confirm,
    Face,
    FacePrompt,
    Goodbye,
    Guide,
    Help,
    LeaveQuestion,
    OutOfService,
    Pay,
    PrinterWaits,
    Printing,
    PrintQuestion,
    PutCard,
    Rate,
    Scan,
    ShowCode,
    ShowResult,
    StillThere,
    TakeCardFirst,
    TakeReceipt,
    TextSizes,
    Trouble,
    View,
    Voice,
    Working,
)


def touch_meaning_changed(before: View, after: View) -> bool:
    """Whether a finger that aimed at ``before`` must not be taken to have answered ``after``.

    A clock that ticks, progress, a countdown, another text size change nothing. Another person, another question or a button
    that has just begun to do something change everything. Intents that name their object (a service, a device and code)
    need no new page when that object moves.
    """
    return _meaning(before) != _meaning(after)


def _meaning(view: View) -> tuple[Hashable, ...]:
    return (view.kind, view.frame.steps, *_of_the_matter(view))


def _of_the_matter(view: View) -> tuple[Hashable, ...]:
    match view:
        case Attract() | OutOfService() | Closed() | Help() | TextSizes() | Voice() | Goodbye() | StillThere() | LeaveQuestion():
            return ()
        case Rate():
            return ()
        case TakeReceipt():
            return (view.paper,)
        case PutCard():
            return (view.way, view.other_ways)
        case TakeCardFirst():
            return (view.way, view.is_own)
        case Face():
            return (view.other_ways, view.prompt is FacePrompt.NOT_MATCHED)
        case Scan():
            return (view.state, view.pages)
        case Pay():
            return (view.title, view.amount_fen, view.state)
        case Catalogue():
            return (view.page,)
        case Guide():
            return (view.title, view.withdrawn is None)
        case Confirm():
            return (view.name, view.number, view.area)
        case Working():
            return (view.doing,)
        case Printing():
            return (view.title, view.reprint)
        case PrintQuestion():
            return (view.title, view.code)
        case PrinterWaits():
            return (view.title, view.code, view.is_ready, view.can_print_rest)
        case ShowCode():
            return (view.title, view.number, view.content)
        case ShowResult():
            return (view.title, tuple((row.label, row.value) for row in view.rows))
        case Trouble():
            return (view.happened, view.matter, view.can_try_again, view.code)
        case ClerkPage():
            return (view.task.device, view.task.code)
        case _:
            assert_never(view)
