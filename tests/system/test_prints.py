"""Prints that break off in the middle: asked about, never repeated by themselves, and nothing left for the next person."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.system import receipts
from tests.system.demo import NO_PAPER, PART_OF_IT, PRIMARY, SECOND, WHOLE_PAPER, Demo, eventually
from tests.system.ledger import PrintRow, prints
from tests.system.logs import Logs

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

PRINTER = "receipt-printer"
BY_ITSELF_S = 2.0
"""A receipt takes 1.2 s: what would come out by itself after the mending has come out by then."""


def _nothing(_demo: Demo) -> None:
    """The fault begins by itself, or ends by itself."""


def _pull_the_cable(demo: Demo) -> None:
    """Pulled while a hot head holds the print in the middle."""
    eventually("a print that is held", lambda: demo.holding(PRINTER)["故障"] == "打印头过热", within_s=15)
    demo.plug(PRINTER, is_plugged=False)


def _end_the_fault(demo: Demo) -> None:
    demo.clear(PRINTER)


def _put_the_cable_back(demo: Demo) -> None:
    """The head cools when the kiosk has found the printer again, and emptied its buffer."""
    demo.plug(PRINTER, is_plugged=True)
    demo.wait_until_spoken_to(PRINTER)
    demo.clear(PRINTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mishap:
    """What happens to the printer in the middle of a print, how it ends, and what the ledger may call it."""

    fault: str
    options: dict[str, str]
    outcomes: frozenset[str]
    strike: Callable[[Demo], None] = _nothing
    mend: Callable[[Demo], None] = _end_the_fault
    her_answer: tuple[int, int] = PART_OF_IT
    word: str = "part"


PARTIAL, UNKNOWN = frozenset({"partial"}), frozenset({"unknown"})
MISHAPS = {
    "the paper ends in the first line": _Mishap(
        fault="paper-out", options={"after_bytes": "60"}, outcomes=PARTIAL, her_answer=NO_PAPER, word="nothing"
    ),
    "the paper ends in the middle": _Mishap(fault="paper-out", options={"after_bytes": "300"}, outcomes=PARTIAL),
    "the paper ends before the last line": _Mishap(fault="paper-out", options={"after_bytes": "780"}, outcomes=PARTIAL),
    "the cover is opened": _Mishap(fault="cover-open", options={"after_bytes": "400"}, outcomes=PARTIAL),
    "the cable is pulled": _Mishap(
        fault="head-hot",
        options={"after_bytes": "300", "seconds": "60"},
        outcomes=UNKNOWN,
        strike=_pull_the_cable,
        mend=_put_the_cable_back,
    ),
    "the printer loses power": _Mishap(
        fault="power-cycle", options={"after_bytes": "400", "seconds": "2"}, outcomes=PARTIAL | UNKNOWN, mend=_nothing
    ),
}


@pytest.mark.parametrize("happening", MISHAPS)
def test_a_print_that_broke_off_is_asked_about_and_repeated_by_her_alone(demo: Demo, happening: str) -> None:
    mishap = MISHAPS[happening]
    logs, known = Logs(demo), len(prints(demo))
    whole, papers = len(receipts.whole(demo)), len(demo.papers())

    _break_off(demo, mishap)
    mishap.mend(demo)
    mended_at_s = time.monotonic()
    eventually("the printer READY again", demo.is_well, within_s=10)
    demo.press(mishap.her_answer, "printer_waits")
    time.sleep(max(0.0, mended_at_s + BY_ITSELF_S - time.monotonic()))
    assert len(receipts.whole(demo)) == whole
    demo.press(PRIMARY, "take_receipt", within_s=25)

    broken, again = prints(demo)[known:]
    assert broken.outcome in mishap.outcomes
    assert (broken.reprint, broken.answer) == (0, mishap.word)
    assert (again.key, again.reprint, again.outcome) == (broken.key, 1, "done")
    receipt = receipts.texts(demo)[-1]
    assert receipts.is_alone(receipt)
    assert receipt.strip().startswith("补打 1")
    assert len(receipts.whole(demo)) - whole == _whole_ones([broken, again]) == 1
    assert len(demo.papers()) - papers <= 2  # the torn piece, and hers
    assert logs.defects() == []


def test_what_the_printer_finished_without_its_cable_is_hers_when_she_says_so(demo: Demo) -> None:
    mishap = MISHAPS["the cable is pulled"]
    logs, known, whole = Logs(demo), len(prints(demo)), len(receipts.whole(demo))

    _break_off(demo, mishap)
    demo.clear(PRINTER)
    eventually("the rest of the receipt", lambda: len(receipts.whole(demo)) == whole + 1, within_s=5)
    demo.plug(PRINTER, is_plugged=True)
    demo.press(WHOLE_PAPER, "take_receipt")

    (row,) = prints(demo)[known:]
    assert (row.outcome, row.answer) == ("unknown", "whole")
    assert receipts.is_alone(receipts.whole(demo)[-1])
    assert len(receipts.whole(demo)) - whole == _whole_ones([row]) == 1
    assert logs.defects() == []


def test_who_goes_without_a_receipt_leaves_nothing_on_the_next_persons(demo: Demo) -> None:
    mishap = MISHAPS["the cover is opened"]
    logs, known, whole = Logs(demo), len(prints(demo)), len(receipts.whole(demo))

    _break_off(demo, mishap)
    demo.press(mishap.her_answer, "printer_waits")
    demo.press(SECOND, "show_code")
    demo.press(PRIMARY, "rate")
    mishap.mend(demo)
    demo.come_to_rest()
    demo.walk_to("take_receipt")

    broken, hers = prints(demo)[known:]
    assert (broken.outcome, hers.outcome, hers.reprint) == ("partial", "done", 0)
    assert hers.key != broken.key
    receipt = receipts.texts(demo)[-1]
    assert receipts.is_alone(receipt)
    assert "补打" not in receipt
    assert len(receipts.whole(demo)) - whole == 1
    assert logs.defects() == []


def _break_off(demo: Demo, mishap: _Mishap) -> None:
    demo.walk_to("confirm")
    demo.give(PRINTER, mishap.fault, **mishap.options)
    demo.touch(PRIMARY)
    mishap.strike(demo)
    demo.wait_for_page("print_question", within_s=25)


def _whole_ones(rows: list[PrintRow]) -> int:
    """How many whole receipts these rows and her own answers speak of."""
    return sum(row.outcome == "done" or row.answer == "whole" for row in rows)
