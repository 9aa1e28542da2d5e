"""From a fault at the far end of the cable to the row on the dashboard's API, through everything that lies between."""

import time

from benchmarks.figure import Figure, percentile
from tests.system.demo import Demo, eventually

ROUNDS = 20
LIMIT_MS = 1000.0
CODE = "printer.paper_out"


def measure(demo: Demo) -> tuple[Figure, Figure]:
    """Let the printer run out of paper and refill it, again and again."""
    raised, cleared = [], []
    for number in range(ROUNDS):
        time.sleep(0.037 * (number % 13))  # not in step with any poll
        began = time.perf_counter()
        demo.give("receipt-printer", "paper-out")
        eventually("the alarm", lambda: _is_open(demo), within_s=10)
        raised.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        demo.clear("receipt-printer")
        eventually("no alarm", lambda: not _is_open(demo), within_s=10)
        cleared.append((time.perf_counter() - began) * 1000)
    return (
        Figure(name="fault at far end -> alarm on the API, p95", value=percentile(raised, 0.95), limit=LIMIT_MS, unit="ms",
               remark=f"{ROUNDS} rounds, median {percentile(raised, 0.5):.0f}"),
        Figure(name="refilled -> alarm gone by itself, p95", value=percentile(cleared, 0.95), limit=3000.0, unit="ms",
               remark=f"median {percentile(cleared, 0.5):.0f}"),
    )  # fmt: skip


def _is_open(demo: Demo) -> bool:
    """What comes and goes twenty times flaps, and is watched for a while after it has gone: that is no longer said of it."""
    return any(alarm["code"] == CODE and alarm["phase"] != "clearing" for alarm in demo.api("alarms?open=true"))
