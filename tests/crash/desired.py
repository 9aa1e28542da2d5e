"""Deaths while a kiosk takes, tries, keeps or leaves a document: ``python -m tests.crash.desired --points 1000 --seed 1``.

A kiosk of the bench is forked and lives, start after start, until the document is in force or gone back from. It is killed at the
n-th act on its files, or its disk is full from some byte on; or the power goes at any of its acts, and what was not synced is
lost or torn. After each of them: the old document or the new one, whole, and a kiosk that starts.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import structlog

from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.desired_standing import Standing
from tests.crash import shim
from tests.crash.__main__ import MEMORY
from tests.crash.disk import Disk, acts_in
from tests.crash.shim import How, Shim
from tests.provisioning.desired.bench import BenchKiosk, sealed

ACTS = 45
"""Acts on files of a life in which a document is taken, tried and kept; one that goes back has more."""
LONGEST_S = 10.0
LARGEST_BYTES = 1_500
"""Of the files, so small that a disk full from a byte below is full in the middle of one."""
DOCUMENTS_A_FOLDER = 12
CUTS_A_LIFE = 8
"""Moments at which the power of one life goes, spread over all of it."""
LEFT = "left to itself"
KINDS = ("killed", "killed", "killed", "full disk", "power cut")


class Chain:
    """One kiosk and the documents it is sent, one after the other, each with a death in it."""

    def __init__(self, folder: Path, *, seed: int, recorder: Shim | None) -> None:
        """Begin with an empty state folder."""
        self._folder = folder
        self._luck = Random(seed)
        self._recorder = recorder
        self._seed = seed
        self._kiosk = BenchKiosk(folder=folder, times=4_000.0)
        self._desired = folder / "desired"
        self._desired.mkdir(parents=True)
        self._version = 0
        self._good = 0
        """Newest version that works and was in force."""

    def run(self, points: int) -> Counter[str]:
        """Die so many times at most; returns what was counted."""
        seen: Counter[str] = Counter()
        for _ in range(DOCUMENTS_A_FOLDER):
            if seen.total() >= points:
                break
            self._version += 1
            if self._luck.random() < 0.4:
                self._kiosk.broken.add(self._version)
            kind = self._luck.choice(KINDS if self._recorder else KINDS[:-1])
            if kind == "killed":
                seen[kind] += self._kill()
            elif kind == "full disk":
                seen[kind] += self._fill()
            else:
                seen[kind] += self._cut(points - seen.total())
            self._settles()
        return seen

    def _kill(self) -> int:
        """Kill it a few times on its way; fewer than would be held against what is on trial."""
        deaths = 0
        for _ in range(self._luck.choice((1, 2, 3))):
            deaths += self._fork(act=self._luck.randrange(ACTS), how=self._luck.choice(tuple(How)))
            self._judge(self._desired, "killed")
        return deaths

    def _fill(self) -> int:
        self._fork(full_at=self._luck.randrange(LARGEST_BYTES))
        self._judge(self._desired, "full disk")
        return 1

    def _cut(self, most: int) -> int:
        before = Disk(self._desired)
        log = self._folder / "acts"
        with log.open("wb") as file:
            self._fork(log=file.fileno())
        cut = self._folder / "cut"
        acts = list(acts_in(log.read_bytes()))
        tried = set(self._luck.sample(range(len(acts)), min(len(acts), CUTS_A_LIFE, most)))
        for number, act in enumerate(acts):
            before.apply(act)
            if number not in tried:
                continue
            shutil.rmtree(cut, ignore_errors=True)
            (cut / "desired").mkdir(parents=True)
            for name, content in before.after_power_cut(self._luck).items():
                (cut / "desired" / name).write_bytes(content)
            self._judge(cut / "desired", f"power cut at act {number} of {len(acts)}")
            running = BenchKiosk(folder=cut).start()
            assert running.version in {self._good, self._version}, f"seed {self._seed}: starts by {running.version}"
        shutil.rmtree(cut, ignore_errors=True)
        return len(tried)

    def _judge(self, folder: Path, how: str) -> Standing:
        """Old or new, whole, nothing that does not work in force, and what was seen is not forgotten."""
        standing = DesiredFolder(folder).read()
        where = f"seed {self._seed}, document {self._version}, {how}: {standing}"
        held = (standing.in_force, standing.on_trial, standing.candidate, standing.previous)
        for document in held:
            assert document is None or document.settings == settings(document.version), where
        assert standing.in_force_version in {self._good, self._version}, where
        assert standing.in_force_version not in self._kiosk.broken, where
        assert (standing.trial is None) == (standing.on_trial is None), where
        assert standing.newest_seen in {self._version - 1, self._version}, where
        return standing

    def _settles(self) -> None:
        """Left to itself it comes to the end it should: in force when it works, gone back from when not."""
        self._fork()
        standing = self._judge(self._desired, LEFT)
        assert standing.on_trial is None, f"seed {self._seed}: still on trial: {standing}"
        assert standing.candidate is None, f"seed {self._seed}: still waiting: {standing}"
        died_of_us = standing.said is not None and standing.said.reason.startswith("died")
        wanted = self._good if self._version in self._kiosk.broken or died_of_us else self._version
        assert standing.in_force_version == wanted, f"seed {self._seed}: {standing}"
        self._good = wanted

    def _fork(self, *, act: int | None = None, how: How = How.BEFORE, full_at: int | None = None, log: int = -1) -> bool:
        """Let it live in a process of its own until it dies or has settled; returns whether it was killed."""
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                if full_at is not None:
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (full_at, full_at))
                if self._recorder is not None:
                    self._recorder.watch(self._desired, log=log)
                    if act is not None:
                        self._recorder.die_at(act, how)
                elif act is not None:
                    signal.setitimer(signal.ITIMER_REAL, 0.0005 * (act + 1))  # no shim: at a moment instead
                asyncio.run(self._live(LONGEST_S if full_at is None else 0.15))
            os._exit(0)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])

    async def _live(self, longest_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._kiosk.settle(sealed(self._version, settings(self._version)))


def settings(version: int) -> dict[str, object]:
    """What a document of this version says, long enough to be torn."""
    return {"n": version, "words": f"{version} " * (50 + version % 7)}


def replay(points: int, *, seed: int, room: Path, recorder: Shim | None) -> Counter[str]:
    """Die so many times; returns what was counted. Raises AssertionError, with the seed, at the first problem."""
    seen: Counter[str] = Counter()
    while seen.total() < points:
        seed += 1
        folder = room / f"desired-{seed}"
        seen += Chain(folder, seed=seed, recorder=recorder).run(points - seen.total())
        shutil.rmtree(folder)
    return seen


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.desired", description=__doc__)
    parser.add_argument("--points", type=int, default=1_000, help="deaths in all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    arguments = parser.parse_args()
    library = os.environ.get("LD_PRELOAD", "")
    if not library.endswith(shim.LIBRARY) and not shim.cannot_be_built_because():
        with tempfile.TemporaryDirectory(prefix="zhizhu-shim-") as folder:
            return subprocess.run(
                [sys.executable, "-m", "tests.crash.desired", "--points", str(arguments.points), "--seed", str(arguments.seed)],
                env=os.environ | {"LD_PRELOAD": str(shim.build(Path(folder)))},
                check=False,
            ).returncode
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"seed {arguments.seed}", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zhizhu-crash-", dir=MEMORY if MEMORY.is_dir() else None) as room:
        recorder = Shim(library) if library.endswith(shim.LIBRARY) else None
        seen = replay(arguments.points, seed=arguments.seed, room=Path(room), recorder=recorder)
    took_s = time.monotonic() - began_s
    counted = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
    print(f"{seen.total()} deaths in {took_s:.0f} s, seed {arguments.seed}: {counted}: old or new each time, never neither")
    return 0


if __name__ == "__main__":
    sys.exit(main())
