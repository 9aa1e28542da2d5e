"""A process that dies: forked, killed at a random moment, at a message, or at the n-th act on its files."""

import asyncio
import json
import os
import select
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.line import LONGEST
from tests.crash.mortal import live
from tests.crash.restart import restart
from tests.crash.shim import How, Shim
from tests.crash.world import World

LONGEST_LIFE_S = 0.12
ACTS = 200
"""Acts on files of the longest life that is killed at one."""
MESSAGES = 80
AT_ONCE = 0.25
"""Share of deaths after which the next core starts, and may die, before anybody has looked."""
DEATHS_A_FOLDER = 25
DRAINED_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """When to kill: after so many seconds, at an act on a file, or at a message (heard, taken, or answered)."""

    after_s: float = LONGEST_LIFE_S * 5
    act: int | None = None
    how: How = How.BEFORE
    message: int | None = None
    is_heard: bool = False
    is_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Where a life is written down: a descriptor for its acts on files, and what the world decided, in order."""

    log: int = -1
    decided: list[dict[str, Any]] = field(default_factory=list)


def draw_death(luck: Random, *, has_shim: bool) -> Death:
    """Some death; without a shim, none at an act."""
    kinds: tuple[int, ...] = (0, 1, 2) if has_shim else (0, 2)
    match luck.choice(kinds):
        case 0:
            return Death(after_s=luck.uniform(0.0, LONGEST_LIFE_S))
        case 1:
            return Death(act=luck.randrange(ACTS), how=luck.choice(tuple(How)))
        case _:
            return Death(message=luck.randrange(MESSAGES), is_heard=luck.random() < 0.7, is_answered=luck.random() < 0.5)


def kill_many(points: int, *, seed: int, room: Path, shim: Shim | None) -> Counter[str]:
    """Die so many times; returns what was counted. Raises AssertionError, with the seed of the folder, at the first problem."""
    seen: Counter[str] = Counter()
    while points > 0:
        deaths = min(points, DEATHS_A_FOLDER)
        points -= deaths
        seed += 1
        folder = room / f"killed-{seed}"
        folder.mkdir()
        seen += _kill_in(folder, deaths, seed=seed, shim=shim)
        shutil.rmtree(folder)
    return seen


def _kill_in(folder: Path, deaths: int, *, seed: int, shim: Shim | None) -> Counter[str]:
    luck = Random(seed)
    world = World()
    seen: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for number in range(deaths):
        death = draw_death(luck, has_shim=shim is not None)
        seen[die(folder, world, death, luck=luck, shim=shim)] += 1
        if number == deaths - 1 or luck.random() >= AT_ONCE:
            last = asyncio.run(restart(folder, world))
            seen["settled at restart"] += last.pop("settled at restart", 0)
            wait_for_threads()
        assert not world.problems, f"seed {seed}, death {number} ({death}): {world.problems}"
    _drain(folder, world, luck=luck, shim=shim)
    assert not world.problems, f"seed {seed}, at the end: {world.problems}"
    return seen + last


def die(folder: Path, world: World, death: Death, *, luck: Random, shim: Shim | None, taken: Taken | None = None) -> str:
    """Let a core live until its death, and the world take what it still said; returns how it died.

    With ``taken`` everything is written down: the core's acts on its files, and what the world decided.
    """
    taken = taken or Taken()
    core, here = _fork(folder, seed=luck.getrandbits(32), death=death, shim=shim, log=taken.log)
    until_s = time.monotonic() + death.after_s
    messages = 0
    how = "killed at a moment"
    while True:
        readable, _, _ = select.select([here], [], [], max(0.0, until_s - time.monotonic()))
        if not readable:
            break
        said = _received(here)
        if not said:
            how = "killed at an act"
            break
        is_due = messages == death.message
        messages += 1
        if is_due and not death.is_heard:
            _kill(core)
        answer = _take(said, world, luck, taken.decided)
        if is_due and not death.is_answered:
            how = "killed at a message"
            break
        if answer is not None:
            _send(here, answer)
        if is_due:
            how = "killed at a message"
            break
    _kill(core)
    os.waitpid(core, 0)
    while said := _received(here):  # what had left it before it died
        _take(said, world, luck, taken.decided)
    here.close()
    return how


def _fork(folder: Path, *, seed: int, death: Death, shim: Shim | None, log: int) -> tuple[int, socket.socket]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    core = os.fork()
    if core == 0:
        here.close()
        if shim is not None:
            shim.watch(folder, log=log)
            if death.act is not None:
                shim.die_at(death.act, death.how)
        live(there, folder, seed=seed, mark=shim.mark if shim is not None and log >= 0 else lambda _text: None)
    there.close()
    return core, here


def _take(said: bytes, world: World, luck: Random, taken: list[dict[str, Any]]) -> bytes | None:
    message = json.loads(said)
    if "did" in message:
        world.note(message)
        return None
    decided = world.decide(message, luck)
    taken.append(decided)
    heard = world.take(message, decided)
    return json.dumps({"number": message["number"], "decided": decided, **heard}).encode()


def _received(here: socket.socket) -> bytes:
    """The next message, empty when it is dead. Linux tells once that it died with answers unread; what it said is still there."""
    try:
        return here.recv(LONGEST)
    except ConnectionResetError:
        return here.recv(LONGEST)


def _send(here: socket.socket, answer: bytes) -> None:
    try:
        here.send(answer)
    except OSError:  # it died of itself meanwhile, at an act
        return


def _kill(core: int) -> None:
    os.kill(core, signal.SIGKILL)


def _drain(folder: Path, world: World, *, luck: Random, shim: Shim | None) -> None:
    """A last life without villagers: everything that was kept reaches the fleet."""
    core, here = _fork(folder, seed=luck.getrandbits(32), death=Death(), shim=shim, log=-1)
    until_s = time.monotonic() + DRAINED_S
    while not set(world.queued) <= set(world.stored) and time.monotonic() < until_s:
        readable, _, _ = select.select([here], [], [], 0.1)
        if readable and (answer := _take(_received(here), world, luck, [])) is not None:
            _send(here, answer)
    _kill(core)
    os.waitpid(core, 0)
    here.close()
    missing = sorted(set(world.queued) - set(world.stored))
    assert not missing, f"never reached the fleet: {missing}"
    assert all(world.stored[seq] == kept for seq, kept in world.queued.items()), "the fleet has something else"


def wait_for_threads() -> None:
    """No thread may hold anything while this process forks."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(5)
