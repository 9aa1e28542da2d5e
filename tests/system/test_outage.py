"""The line to the fleet breaks while faults come and go: all of them arrive, in order, none twice."""

import os
import signal
import sqlite3
import time

import pytest

from tests.system.demo import Demo, eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

OUTAGE_S = 60.0
ROUNDS = 4


def _faults(demo: Demo) -> list[tuple[str, str, str, str | None]]:
    with sqlite3.connect(f"file:{demo.state}/fleet/fleet.sqlite3?mode=ro", uri=True) as fleet:
        return fleet.execute("SELECT device, code, raised_at, cleared_at FROM occurrence ORDER BY raised_at, id").fetchall()


def _seqs(demo: Demo) -> list[int]:
    with sqlite3.connect(f"file:{demo.state}/fleet/fleet.sqlite3?mode=ro", uri=True) as fleet:
        return [seq for (seq,) in fleet.execute("SELECT seq FROM message ORDER BY received_at, seq")]


def test_a_minute_without_broker_loses_nothing_and_repeats_nothing(demo: Demo) -> None:
    before = len(_faults(demo))
    broker = demo.member("telemetry.fleet.broker")
    os.kill(broker, signal.SIGSTOP)
    ends_at = time.monotonic() + OUTAGE_S
    given = []
    for number in range(ROUNDS):
        fault = ("paper-out", "printer.paper_out") if number % 2 == 0 else ("cover-open", "printer.cover_open")
        _give_and_end(demo, fault[0])
        given.append(fault[1])
    time.sleep(max(0.0, ends_at - time.monotonic()))  # the outage lasts a minute, whatever happened in it
    os.kill(broker, signal.SIGKILL)  # it comes back as a new process, and remembers nothing

    eventually("every fault in the store", lambda: len(_ours(demo, before, given)) == ROUNDS, within_s=60)
    # What the kiosk said is over; the alarm of what came and went four times is still watched for a while.
    eventually("everything ended", lambda: all(row[3] for row in _ours(demo, before, given)), within_s=20)
    eventually("READY again", demo.is_well, within_s=20)

    ours = _ours(demo, before, given)
    assert [code for _, code, _, _ in ours] == given
    assert len({(device, code, raised) for device, code, raised, _ in ours}) == ROUNDS
    assert all(raised < (cleared or "") for _, _, raised, cleared in ours)
    seqs = _seqs(demo)
    assert seqs == sorted(set(seqs))


def _give_and_end(demo: Demo, fault: str) -> None:
    log = demo.state / "kiosk/log/kiosk.log"
    raised, cleared = log.read_text().count("fault.raised"), log.read_text().count("fault.cleared")
    demo.give("receipt-printer", fault)
    eventually("the fault in the kiosk's log", lambda: log.read_text().count("fault.raised") > raised, within_s=5)
    demo.clear("receipt-printer")
    eventually("its end in the kiosk's log", lambda: log.read_text().count("fault.cleared") > cleared, within_s=5)


def _ours(demo: Demo, before: int, given: list[str]) -> list[tuple[str, str, str, str | None]]:
    return [row for row in _faults(demo)[before:] if row[1] in given]
