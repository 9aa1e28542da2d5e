"""The core killed at every step of a print: one outcome, nothing printed by itself, said honestly, the next receipt whole."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from kiosk.upkeep.crash_loop import ask_to_leave
from tests.system import receipts
from tests.system.demo import HOME, PRIMARY, Demo, eventually
from tests.system.ledger import ledger_file, prints
from tests.system.logs import Logs

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

PRINTER = "receipt-printer"
BACK_S = 20.0
"""Generous beside the second until it is started again and the few it takes."""
BY_ITSELF_S = 5.0
"""What would be printed by itself after a restart has come out by then."""
WORK = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000000) SELECT i FROM n"
"""Seconds of work for SQLite: a worn card that stalls just where the test wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """Where a print is when the core dies.

    Attributes:
        has_come: Whether it is there, by how many papers lay on the table and how many prints were known before.
        outcome: What the ledger says afterwards.
        by_restart: Whether it is the restart that says so.
        stalls_at: The write of the ledger that stalls, so that the moment before it can be met.
        hot_after_bytes: Where in the print a hot head holds it, so that the moment in it can be met. 816 are the whole.
        leaves: Whole receipts and torn pieces on the table once the core is back.
    """

    has_come: Callable[[Demo, int, int], bool]
    outcome: str
    by_restart: bool = True
    stalls_at: str | None = None
    hot_after_bytes: int | None = None
    leaves: tuple[int, ...] = (0,)


def _is_intended(demo: Demo, known: int, _papers: int) -> bool:
    return [row.sent_at for row in prints(demo)[known:]] == [None]


def _is_sent(demo: Demo, known: int, _papers: int) -> bool:
    return any(row.sent_at for row in prints(demo)[known:])


def _is_held(demo: Demo, known: int, papers: int) -> bool:
    return _is_sent(demo, known, papers) and demo.holding(PRINTER)["故障"] == "打印头过热"


def _is_out(demo: Demo, _known: int, papers: int) -> bool:
    return len(demo.papers()) > papers


def _is_settled(demo: Demo, known: int, _papers: int) -> bool:
    return any(row.outcome for row in prints(demo)[known:])


MOMENTS = {
    "intended": _Moment(has_come=_is_intended, stalls_at="sent_at", outcome="not_started"),
    "sent": _Moment(has_come=_is_sent, outcome="unknown", leaves=(0, 1)),  # what the printer has received it may print
    "a quarter printed": _Moment(has_come=_is_held, hot_after_bytes=204, outcome="unknown"),
    "half printed": _Moment(has_come=_is_held, hot_after_bytes=408, outcome="unknown"),
    "three quarters printed": _Moment(has_come=_is_held, hot_after_bytes=612, outcome="unknown"),
    "printed": _Moment(has_come=_is_out, stalls_at="outcome", outcome="unknown", leaves=(1,)),
    "settled": _Moment(has_come=_is_settled, outcome="done", by_restart=False, leaves=(1,)),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_core_killed_in_a_print_repeats_nothing_and_serves_the_next_person(demo: Demo, moment: str) -> None:
    logs, when = Logs(demo), MOMENTS[moment]
    known, papers, whole = len(prints(demo)), len(demo.papers()), len(receipts.whole(demo))

    demo.walk_to("confirm")
    if when.hot_after_bytes is not None:
        demo.give(PRINTER, "head-hot", after_bytes=str(when.hot_after_bytes), seconds="60")
    with _stalling(demo, when.stalls_at):
        demo.touch(PRIMARY)
        eventually(moment, lambda: when.has_come(demo, known, papers), within_s=15)
        _kill_the_core(demo)
    back_at_s = time.monotonic()
    (killed,) = prints(demo)[known:]
    assert (killed.outcome, killed.by_restart) == (when.outcome, when.by_restart)
    demo.wait_until_spoken_to(PRINTER)  # its buffer has been emptied: what cools now has nothing left to print
    demo.clear(PRINTER)
    eventually("every device READY", demo.is_well, within_s=10)
    came = len(receipts.whole(demo)) - whole
    assert came in when.leaves

    demo.lift_card()
    demo.press(HOME, "attract")
    demo.walk_to("confirm")
    time.sleep(max(0.0, back_at_s + BY_ITSELF_S - time.monotonic()))
    assert len(receipts.whole(demo)) - whole == came
    # Torn or white pieces, cut off so that the next receipt is alone: by the new life, and by a reset when the head had waited.
    assert len(demo.papers()) - papers - came <= 2
    assert "空" in demo.holding(PRINTER)["出纸口"]

    demo.press(PRIMARY, "take_receipt", within_s=25)
    assert prints(demo)[known] == killed
    (hers,) = prints(demo)[known + 1 :]
    assert (hers.outcome, hers.reprint) == ("done", 0)
    assert hers.key != killed.key
    receipt = receipts.texts(demo)[-1]
    assert receipts.is_alone(receipt)
    assert "补打" not in receipt
    assert len(receipts.whole(demo)) - whole == came + 1
    assert logs.defects() == []


@contextlib.contextmanager
def _stalling(demo: Demo, column: str | None) -> Iterator[None]:
    """Make the ledger's write of this column stall for a print, as long as the core lives."""
    if column is None:
        yield
        return
    with contextlib.closing(sqlite3.connect(ledger_file(demo), timeout=5, isolation_level=None)) as ledger:
        ledger.execute(
            f"CREATE TRIGGER stall BEFORE UPDATE OF {column} ON intent"  # noqa: S608  # a name out of the table above
            f" WHEN OLD.kind = 'print' AND NEW.by_restart = 0 BEGIN SELECT count(*) FROM ({WORK}); END"
        )
        try:
            yield
        finally:
            ledger.execute("DROP TRIGGER stall")


def _kill_the_core(demo: Demo) -> None:
    """Kill it, and wait until another one is there, with a display that says what happened."""
    log = demo.state / "kiosk/log/kiosk.log"
    connected = log.read_text().count("display.connected")
    began_s = time.monotonic()
    ask_to_leave(demo.state / "kiosk")  # three deaths within five minutes would be a crash loop (F61), and safe mode
    os.kill(demo.member("-m kiosk run"), signal.SIGKILL)
    eventually("a core with a display", lambda: log.read_text().count("display.connected") > connected, within_s=BACK_S)
    demo.wait_for_page("trouble", within_s=BACK_S)
    print(f"back {time.monotonic() - began_s:.1f} s after kill -9")
