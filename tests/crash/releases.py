"""Deaths while a kiosk takes, tries, keeps or leaves a release: ``python -m tests.crash.releases --points 1000 --seed 1``.

A kiosk's release part is forked and lives, start after start, launcher first, until the new release has proven itself or the
kiosk has gone back. It is killed before the n-th act on its files or in the middle of writing one, or its disk is full from some
act or some byte on. After each of them: what would be started now is the old release or the new one, whole to the last byte; and
left to itself the kiosk comes to the end it should.
"""

import argparse
import asyncio
import contextlib
import errno
import gc
import logging
import mmap
import os
import resource
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Protocol

import structlog

from provisioning.agent.desired_probe import Wellness
from provisioning.agent.releases.install import verify
from provisioning.agent.trial import Moment
from provisioning.launcher.launch import choose
from provisioning.launcher.slots import SHIPPED
from provisioning.wire.desired_state import At, WantedRelease
from tests.crash.__main__ import MEMORY
from tests.fakes.clock import ScaledClock
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.village import OLD, WELL, Village

NEW = "2026.11.2"
WANTED = WantedRelease(version=NEW, at=At.NOW)
TIMES = 1_500.0
"""So much faster than a wall clock: the ten seconds a probe takes are over in seven milliseconds, the sixty it has in forty."""
ACTS = 80
"""Acts on files of a life that brings a release, counted: 78."""
TRIAL_ACTS = 14
"""Of a life on trial, or of one that settles what is left of it: 11."""
LARGEST_BYTES = 2_700
"""Of the files: a limit below it stops one in the middle."""
TRIAL_BYTES = 280
MOST_LIVES = 12
AHEAD = 0.5
"""Share of deaths that come after a life in peace: on trial, or on the way back."""
LIFE_S = 20.0
FULL_LIFE_S = 0.3
"""Real seconds on a full disk: time for a second attempt, which ends like the first."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
COUNTED = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate"})
GROWING = frozenset({"os.mkdir", "os.symlink", "os.link"})
CRASHED = 9
"""Exit code of a release that dies at its first line."""


class Kind(StrEnum):
    """What the new release is like."""

    GOOD = "good"
    DRAWS_NOTHING = "draws nothing"
    CRASHES = "crashes"


class How(StrEnum):
    """How a life ends before its time."""

    LEFT = "left to itself"
    KILLED = "killed at an act"
    KILLED_WRITING = "killed while writing"
    FULL_FROM_AN_ACT = "disk full from an act"
    FULL_FROM_A_BYTE = "disk full from a byte"


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One of them, and where."""

    how: How
    at: int = 0


class Chain:
    """One kiosk, one new release, and what happens on the way."""

    def __init__(self, village: Village, *, seed: int) -> None:
        self._village = village
        self._luck = Random(seed)
        self._seed = seed
        self._acts = (ACTS, TRIAL_ACTS)
        self._kind = self._luck.choice(tuple(Kind))
        self._struck = mmap.mmap(-1, 1)
        """Set by the child: the death has come, or the disk was full."""

    def run(self) -> Counter[str]:
        """Die a few times, then live to the end; returns what was counted. Raises AssertionError with the seed."""
        seen: Counter[str] = Counter()
        for _ in range(self._luck.choice((1, 1, 2, 3))):
            how = self._luck.choice(tuple(How)[1:])
            if self._luck.random() < AHEAD and self._village.slots.trial() is None:
                self._live(Death(how=How.LEFT))
            is_tried = self._village.slots.trial() is not None
            acts, size = (self._acts[1], TRIAL_BYTES) if is_tried else (self._acts[0], LARGEST_BYTES)
            at = self._luck.randrange(size if how in {How.KILLED_WRITING, How.FULL_FROM_A_BYTE} else acts)
            self._struck[0] = 0
            self._live(Death(how=how, at=at))
            self._judge(f"{how} {at}")
            seen[f"{how}, on trial" if is_tried else str(how)] += self._struck[0]  # what struck nothing is no point
        ends = 0
        for number in range(MOST_LIVES):
            ends = self._live(Death(how=How.LEFT))
            self._judge(f"life {number} after that")
            if ends == 0:
                break
        assert ends == 0, self._say("never came to rest")
        self._judge_end()
        return seen

    def _live(self, death: Death) -> int:
        """Live once; returns 0 when everything is as it should be for ever, or another number."""
        child = os.fork()
        if not child:
            code = 1
            try:
                arm(death, self._village.folder, self._struck)
                longest_s = LIFE_S if death.how is How.LEFT else FULL_LIFE_S
                code = asyncio.run(asyncio.wait_for(self._one_life(), longest_s))
            except OSError:
                code = 5  # the core would be started again
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGXFSZ:
            self._struck[0] = 1
        return code

    async def _one_life(self) -> int:
        return await live(self._village, self._kind)

    def _judge(self, after: str) -> None:
        """Old or new, whole, and nothing that has failed or not proven itself is anybody's last resort."""
        slots, store = self._village.slots, self._village.store
        trial = slots.trial()
        starts = choose(slots.current, trial, slots.is_whole, Moment(boot="judge", now_s=0.0)).slot
        assert starts != SHIPPED, self._say(f"{after}: no slot can be started")
        verify(slots, starts)
        version = store.version_of(starts)
        assert version in {OLD, NEW}, self._say(f"{after}: starts {version!r}")
        if version == NEW and self._kind is not Kind.GOOD:
            assert trial is not None, self._say(f"{after}: a release that does not work is kept")
        if version == NEW and trial is not None:
            verify(slots, trial.back_to)
            assert store.version_of(trial.back_to) == OLD, self._say(f"{after}: nothing to go back to")
        for slot in ("a", "b"):
            if slots.is_whole(slot):
                verify(slots, slot)

    def _judge_end(self) -> None:
        slots, store = self._village.slots, self._village.store
        assert slots.trial() is None, self._say("still on trial")
        failed = NEW in store.read().failures
        if self._kind is not Kind.GOOD:
            assert self._village.serves() == OLD, self._say("a release that does not work serves")
            assert failed, self._say("why it went back was forgotten")
        elif failed:  # killed by us as often as it may be started: that it was we it cannot know
            assert self._village.serves() == OLD, self._say("failed, and serves")
        else:
            assert self._village.serves() == NEW, self._say("a good release did not come")

    def _say(self, what: str) -> str:
        return f"seed {self._seed}, a release that is {self._kind}: {what}; trial {self._village.slots.trial()}"


async def live(village: Village, kind: Kind, *, beside: Callable[[], bool] = lambda: True) -> int:
    """One start: the launcher, then the core's release part until it has nothing more to do; returns the exit code.

    Args:
        village: The kiosk.
        kind: What the new release is like.
        beside: Whether whatever else lives in this core has nothing more to do either.
    """
    slot = village.starts()
    is_new = village.store.version_of(slot) == NEW
    if is_new and kind is Kind.CRASHES:
        return CRASHED
    village.probe.found = Wellness(display_draws=False) if is_new and kind is Kind.DRAWS_NOTHING else WELL
    village.starts = lambda: slot  # type: ignore[method-assign]  # it has been counted
    async with village.living() as follower:
        follower.want(WANTED)
        while not village.machine.ended.is_set():
            is_over = village.slots.trial() is None and (
                (is_new and village.machine.last == "running") or village.machine.last == "went_back" or _is_known(village, slot)
            )
            if is_over and beside():
                return 0
            await asyncio.sleep(0.001)
    return 1


def _is_known(village: Village, slot: str) -> bool:
    """Whether it has said before what it would say now: nothing is told twice."""
    kept = village.store.read()
    settled = kept.said.get("state") in {"running", "went_back"} and kept.said.get("version") == NEW
    return settled and (village.store.version_of(slot) == NEW or NEW in kept.failures)


def arm(death: Death, folder: Path, struck: mmap.mmap) -> None:
    """Have this process die, or find its disk full, as told. Cannot be taken back."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    left = death.at
    where = str(folder)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & WRITES or not str(path).startswith(where):
                return
        elif event not in COUNTED or not str(arguments[event == "os.symlink"]).startswith(where):
            return
        left -= 1
        if left >= 0:
            return
        struck[0] = 1
        if death.how is How.KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if event in GROWING or event == "open":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where)

    match death.how:
        case How.KILLED | How.FULL_FROM_AN_ACT:
            sys.addaudithook(hook)
        case How.KILLED_WRITING | How.FULL_FROM_A_BYTE:

            def full(_number: int, _frame: object) -> None:
                struck[0] = 1

            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if death.how is How.KILLED_WRITING else full)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (death.at, resource.RLIM_INFINITY))
        case How.LEFT:
            pass


def die_many(points: int, *, seed: int, room: Path) -> Counter[str]:
    """Die so many times; returns what was counted."""
    seen: Counter[str] = Counter()
    sim = Simulator(room / "bureau", lifetime=timedelta(days=4000))  # the clock of so many lives runs far ahead
    clock = ScaledClock(times=TIMES, start=sim.now)
    template = Village(room / "template", sim, clock=clock)
    sim.release(NEW)
    while seen.total() < points:
        seed += 1
        folder = room / f"village-{seed}"
        shutil.copytree(template.folder / "releases", folder / "releases", symlinks=True)
        seen += Chain(template.moved_to(folder), seed=seed).run()
        shutil.rmtree(folder)
    return seen


class Die(Protocol):
    """Dies so many times; returns what was counted. Raises AssertionError, with the seed, at the first problem."""

    def __call__(self, points: int, *, seed: int, room: Path) -> Counter[str]: ...


def main(die: Die = die_many, *, description: str | None = __doc__) -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--points", type=int, default=1_000, help="deaths and full disks in all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began_s = time.monotonic()
    gc.freeze()
    with tempfile.TemporaryDirectory(prefix="zz-releases-", dir=MEMORY if MEMORY.is_dir() else None) as room:
        seen = die(arguments.points, seed=arguments.seed, room=Path(room))
    took_s = time.monotonic() - began_s
    figures = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
    print(f"{seen.total()} points in {took_s:.0f} s: {figures}: old or new, never a mixture, never without a kiosk")
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
