"""What core and display cost while nobody is there."""

import time

import psutil

from benchmarks.figure import Figure
from tests.system.demo import Demo

SECONDS = 20.0
CORE_LIMIT_PERCENT = 5.0
MEMORY_LIMIT_MB = 350.0
MB = 1_000_000


def measure(demo: Demo) -> tuple[Figure, ...]:
    """Watch both processes for a while; memory is what they share counted once (PSS)."""
    core, display = psutil.Process(demo.member("-m kiosk", "run")), psutil.Process(demo.member("-m screens"))
    for process in (core, display):
        process.cpu_percent()
    time.sleep(SECONDS)
    memory_mb = sum(process.memory_full_info().pss for process in (core, display)) / MB
    return (
        Figure(
            name="core, idle CPU", value=core.cpu_percent(), limit=CORE_LIMIT_PERCENT, unit="%", remark=f"over {SECONDS:.0f} s"
        ),
        Figure(name="display, idle CPU", value=display.cpu_percent(), limit=10.0, unit="%", remark="software GL"),
        Figure(name="core + display, memory", value=memory_mb, limit=MEMORY_LIMIT_MB, unit="MB", remark="PSS"),
    )
