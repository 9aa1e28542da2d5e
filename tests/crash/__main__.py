"""``python -m tests.crash --points 10000 --seed 1``: as many deaths as are asked for, half of them kills, half power cuts."""

import argparse
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from tests.crash import shim
from tests.crash.killed import kill_many
from tests.crash.power import cut_many

MEMORY = Path("/dev/shm")  # noqa: S108  what is synced there is simulated; folders of our own are made in it


def main() -> int:
    """Run; returns the exit code."""
    arguments = _arguments()
    print(f"seed {arguments.seed}", flush=True)
    if arguments.part:
        return _part(arguments)
    without_shim = shim.cannot_be_built_because()
    if without_shim:
        print(f"kills alone, no power cuts: {without_shim}")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zhizhu-crash-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        preloaded = {} if without_shim else {"LD_PRELOAD": str(shim.build(Path(folder)))}
        parts = [
            subprocess.Popen(
                [
                    sys.executable, "-m", "tests.crash", "--part", str(number),
                    "--points", str(_share(arguments.points, number, arguments.jobs)),
                    "--seed", str(arguments.seed + number * 1_000_000), "--room", folder,
                ],
                env=os.environ | preloaded,
            )
            for number in range(1, arguments.jobs + 1)
        ]  # fmt: skip
        codes = [part.wait() for part in parts]
    took_s = time.monotonic() - began_s
    verdict = "0 acknowledged records lost, 0 effects repeated, every intent with one outcome" if not any(codes) else "FAILED"
    print(f"{arguments.points} deaths in {took_s:.0f} s ({arguments.points / took_s:.0f}/s), seed {arguments.seed}: {verdict}")
    return max(codes)


def _part(arguments: argparse.Namespace) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    room = Path(tempfile.mkdtemp(dir=arguments.room))
    library = os.environ.get("LD_PRELOAD", "")
    if not library.endswith(shim.LIBRARY):
        _count(arguments, "kills", arguments.points, partial(kill_many, seed=arguments.seed, room=room, shim=None))
        return 0
    loaded = shim.Shim(library)
    kills = arguments.points // 2
    _count(arguments, "kills", kills, partial(kill_many, seed=arguments.seed, room=room, shim=loaded))
    _count(arguments, "power cuts", arguments.points - kills, partial(cut_many, seed=arguments.seed, room=room, shim=loaded))
    return 0


def _count(arguments: argparse.Namespace, name: str, points: int, many: Callable[[int], Counter[str]]) -> None:
    began_s = time.monotonic()
    counted = many(points)
    took_s = max(0.001, time.monotonic() - began_s)
    figures = ", ".join(f"{what} {count}" for what, count in sorted(counted.items()))
    print(f"part {arguments.part}: {points} {name} in {took_s:.0f} s ({points / took_s:.0f}/s): {figures}", flush=True)


def _share(points: int, number: int, jobs: int) -> int:
    return points * number // jobs - points * (number - 1) // jobs


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--points", type=int, default=10_000, help="deaths in all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes side by side")
    parser.add_argument("--part", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--room", default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
