"""Measures everything and prints the table; exits with 1 when a limit was not held, so that a person looks."""

import sys
import tempfile
from pathlib import Path

from benchmarks import card_read, fault_path, idle, touch_answer
from benchmarks.figure import Figure
from tests.system.demo import Demo


def main() -> int:
    """Run every benchmark, each on a machine that is otherwise quiet."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        figures += card_read.measure(Path(folder) / "rig")
        demo = Demo.start(Path(folder) / "demo")
        try:
            demo.come_to_rest()
            figures += idle.measure(demo)
            figures += touch_answer.measure(demo)
            demo.come_to_rest()
            figures += fault_path.measure(demo)
        finally:
            demo.end()
        figures.append(Figure(name="make demo, ready after", value=demo.ready_after_s, limit=30.0, unit="s"))
    for figure in figures:
        print(figure.line())
    return 0 if all(figure.value <= figure.limit for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
