"""The power goes: a core's acts on its files are written down, and every prefix of them is a moment at which it may have gone."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.disk import MAPPED, Act, Disk, acts_in
from tests.crash.killed import Death, Taken, die, wait_for_threads
from tests.crash.restart import restart
from tests.crash.shim import Shim
from tests.crash.world import World

LIFE_S = (0.03, 0.25)
LIVES_A_CHAIN = 6
CUTS_A_LIFE = 100
"""Prefixes tried of one recording at most, spread over all of it."""


def cut_many(points: int, *, seed: int, room: Path, shim: Shim) -> Counter[str]:
    """Cut the power so many times; returns what was counted. Raises AssertionError, with the seed, at the first problem."""
    seen: Counter[str] = Counter()
    while points > 0:
        seed += 1
        folder = room / f"power-{seed}"
        counted = _chain(folder, points, seed=seed, shim=shim)
        points -= counted["cuts"]
        seen += counted
        shutil.rmtree(folder)
    return seen


def _chain(folder: Path, points: int, *, seed: int, shim: Shim) -> Counter[str]:
    """A few lives, each over what the power cut of the one before it left."""
    luck = Random(seed)
    world = World()
    seen: Counter[str] = Counter()
    (folder / "state").mkdir(parents=True)
    for number in range(LIVES_A_CHAIN):
        if seen["cuts"] >= points:
            break
        life = Recording(folder, world, luck=luck, shim=shim)
        world = life.cut(points - seen["cuts"], luck=luck, seen=seen, where=f"seed {seed}, life {number}")
    return seen


class Recording:
    """One life of a core, written down act by act."""

    def __init__(self, folder: Path, world: World, *, luck: Random, shim: Shim) -> None:
        """Let it live, over what lies in ``folder/state``."""
        self._folder = folder
        self._state = folder / "state"
        self._before, replayed = Disk(self._state), Disk(self._state)
        self._world = world.copied()
        log, lived = folder / "acts", world.copied()
        with log.open("wb") as file:
            taken = Taken(log=file.fileno())
            die(self._state, lived, Death(after_s=luck.uniform(*LIFE_S)), luck=luck, shim=shim, taken=taken)
        assert not lived.problems, lived.problems
        self._decided = tuple(taken.decided)
        self._acts = tuple(acts_in(log.read_bytes()))
        for act in self._acts:
            replayed.apply(act)
        there = {path.name: path.read_bytes() for path in self._state.iterdir() if not path.name.endswith(MAPPED)}
        assert replayed.whole() == there, "the recorder missed an act on the files"

    def cut(self, points: int, *, luck: Random, seen: Counter[str], where: str) -> World:
        """Cut the power at its acts and judge each restart; one is left behind to go on from, and its world returned."""
        moments = [number for number, act in enumerate(self._acts) if act.what != "M"]
        if not moments:  # on a busy machine a short life may end before it has written anything
            return self._world
        tried = set(luck.sample(moments, min(len(moments), CUTS_A_LIFE, points)))
        kept = luck.choice(sorted(tried))
        decided = iter(self._decided)
        last = self._world
        disk, world = self._before, self._world
        for number, act in enumerate(self._acts):
            disk.apply(act)
            if act.what == "M":
                _take(act, world, decided)
            if number not in tried:
                continue
            left = disk.after_power_cut(luck)
            after, counted = self._restarted(left, world)
            assert not after.problems, f"{where}, power cut at act {number} of {len(self._acts)}: {after.problems}"
            seen.update({"cuts": 1, "settled at restart": counted["settled at restart"]})
            if number == kept:
                last, next_state = after, self._folder / "next"
                shutil.rmtree(next_state, ignore_errors=True)
                shutil.copytree(self._folder / "cut", next_state)
        wait_for_threads()
        shutil.rmtree(self._state)
        (self._folder / "next").rename(self._state)
        seen.update({"acts on files": len(moments), "lives": 1})
        return last

    def _restarted(self, left: dict[str, bytes], world: World) -> tuple[World, Counter[str]]:
        state = self._folder / "cut"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        for name, content in left.items():
            (state / name).write_bytes(content)
        after = world.copied()
        return after, asyncio.run(restart(state, after))


def _take(act: Act, world: World, decided: Iterator[dict[str, Any]]) -> None:
    """Let the world hear what the core said at this moment, and answer as it did."""
    message = json.loads(act.payload)
    if "did" in message:
        world.note(message)
    elif (answer := next(decided, None)) is not None:  # None: it died with the words on its lips
        world.take(message, answer)
