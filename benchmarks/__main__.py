"""Measures everything and prints the table; exits with 1 when a limit was not held, so that a person looks.

``python -m benchmarks NAME ...`` measures only these, e.g. ``card_read healing_times``.
"""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import structlog

from benchmarks import (
    card_read,
    cold_start,
    converge,
    converge_wire,
    fault_path,
    fleet_ingest,
    fleet_scale,
    healing_times,
    idle,
    picture_taking,
    preview,
    touch_answer,
    way_back,
)
from benchmarks.figure import Figure
from tests.system.demo import Demo

ALONE: Mapping[str, Callable[[Path], tuple[Figure, ...]]] = {
    "card_read": card_read.measure,
    "picture_taking": picture_taking.measure,
    "cold_start": lambda _: cold_start.measure(),
    "healing_times": lambda _: healing_times.measure(),
    "way_back": lambda _: way_back.measure(),
    "fleet_ingest": fleet_ingest.measure,
    "fleet_scale": fleet_scale.measure,
    "converge": converge.measure,
    "converge_wire": converge_wire.measure,
}
"""Each with what it needs and nothing else running; handed a folder."""

IN_THE_DEMO: Mapping[str, Callable[[Demo], tuple[Figure, ...]]] = {
    "idle": idle.measure,
    "touch_answer": touch_answer.measure,
    "preview": preview.measure,
    "fault_path": fault_path.measure,
}
"""In the whole demonstration, which has come to rest before each."""


def main(*wanted: str) -> int:
    """Run every benchmark, or those wanted, each on a machine that is otherwise quiet."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if strangers := set(wanted) - ALONE.keys() - IN_THE_DEMO.keys():
        print(f"there is no {', '.join(sorted(strangers))}; there are {', '.join((*ALONE, *IN_THE_DEMO))}")
        return 2
    all_held = True
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        for figure in _measured(Path(folder), wanted):
            print(figure.line(), flush=True)
            all_held &= figure.is_held
    return 0 if all_held else 1


def _measured(folder: Path, wanted: tuple[str, ...]) -> Iterator[Figure]:
    for name, alone in ALONE.items():
        if not wanted or name in wanted:
            yield from alone(folder / name)
    in_the_demo = [measure for name, measure in IN_THE_DEMO.items() if not wanted or name in wanted]
    if not in_the_demo:
        return
    demo = Demo.start(folder / "demo")
    try:
        for measure in in_the_demo:
            demo.come_to_rest()
            yield from measure(demo)
    finally:
        demo.end()
    yield Figure(name="make demo, ready after", value=demo.ready_after_s, limit=30.0, unit="s")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
