"""``python -m tests.soak --visits 2000 --seed 1``: as many visits as are asked for, with random faults, in one life."""

import argparse
import asyncio
import contextlib
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import structlog
from typing_extensions import override

from drivers.transport.heap import keep_few_heaps
from kiosk.upkeep.pace import Pace
from tests.soak.cables import Equipment, loop_s
from tests.soak.loop import HastyLoop, LoopClock
from tests.soak.reckoning import Held, Traces, judge_accounts, judge_held, within
from tests.soak.trouble import Troubles
from tests.soak.villager import FACE, Villager, draw_temper
from tests.whole.ear import broker
from tests.whole.kiosk import WholeKiosk, whole_kiosk

MEMORY = Path("/dev/shm")  # noqa: S108  folders of our own are made in it
LOOK_EVERY = 10
"""Visits between two looks at what is held and told."""
WARM_AFTER = 200
"""Visits after which every reel is drawn, every library loaded and every cache full; shorter runs do not judge memory."""
PACE = Pace(poll_s=2.0, urgent_poll_s=0.5)
"""Two thousand visits are half a day: asked at the usual pace, well devices would answer a million times that they are."""
REST_S = 300.0
"""Seconds until the idle page is back, and after LOOK_EVERY visits every service, once all is well."""
TROUBLED = 0.5
"""Share of visits that something befalls."""


class Problems(list[str]):
    """What is wrong, told at once."""

    @override
    def append(self, problem: str) -> None:
        print(f"PROBLEM {problem}", flush=True)
        super().append(problem)


async def soak(visits: int, *, seed: int, folder: Path, broker_port: int) -> list[str]:
    """Let so many people come; returns what was wrong."""
    luck = Random(seed)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HastyLoop)
    clock = LoopClock(loop)
    equipment = Equipment(clock)
    traces = Traces()
    structlog.configure(processors=[traces.log], logger_factory=structlog.ReturnLoggerFactory())
    with loop.minding_workers():
        async with whole_kiosk(
            folder, broker_port=broker_port, equip=equipment.equip, clock=clock, make=equipment.make, pace=PACE
        ) as kiosk:
            return await _let_them_come(visits, kiosk, traces, luck=luck, folder=folder)


async def _let_them_come(visits: int, kiosk: WholeKiosk, traces: Traces, *, luck: Random, folder: Path) -> list[str]:
    problems: list[str] = Problems()
    began_s, began_here_s = time.monotonic(), loop_s()
    first: Held | None = None
    pages: Counter[str] = Counter()
    befell: Counter[str] = Counter()
    begun = 0
    for number in range(1, visits + 1):
        troubles = Troubles(kiosk, luck)
        befalling = asyncio.create_task(troubles.befall()) if luck.random() < TROUBLED else None
        villager = Villager(kiosk, draw_temper(luck), luck)
        try:
            begun += await villager.visit()
        except TimeoutError as error:
            problems.append(f"visit {number}: {error}; befell: {troubles.told}")
        if befalling is not None:
            befalling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await befalling
        await troubles.end()
        villager.take_everything()
        pages.update(set(villager.pages))
        befell.update(each.split(" {")[0] for each in troubles.told)
        if not await within(REST_S, lambda: kiosk.glass.page == "attract"):
            problems.append(f"visit {number}: no rest, {kiosk.glass.page}; pages {villager.pages[-8:]}; befell: {troubles.told}")
        if number % LOOK_EVERY == 0 or number == visits:
            kiosk.lay("camera", FACE)  # a camera that was upside down is known to be right again by a face alone
            if not await within(REST_S, lambda: kiosk.core.serves_fully):
                standing = [f"{each.status.device} {each.status.condition}" for each in kiosk.core.devices]
                problems.append(f"visit {number}: not every service is back; befell: {troubles.told}; {standing}")
            kiosk.take("camera")
            traces.look(kiosk)
            held = Held.now()
            if first is None and number >= min(visits // 2, WARM_AFTER):
                first = held
            print(
                f"{number} visits in {time.monotonic() - began_s:.0f} s ({loop_s() - began_here_s:.0f} s there): "
                f"{held.memory / 1e6:.1f} MB, {held.descriptors} descriptors, {held.threads} threads, "
                f"problems {len(problems)}, defects {len(traces.defects)}",
                flush=True,
            )
        if len(problems) > 5:
            break
    ledger = len(kiosk.rows("SELECT id FROM visit"))
    await within(REST_S, lambda: traces.count(kiosk) >= ledger)
    traces.look(kiosk)
    last = Held.now()
    problems += judge_held(first or last, last, minds_memory=visits >= WARM_AFTER * 2)
    unaccounted, figures = await judge_accounts(kiosk, traces, papers=folder / "rig" / "paper", begun=begun)
    problems += unaccounted
    problems += [f"a person is named in what is kept: {words}" for words in traces.found]
    problems += [f"defect: {said}" for said in traces.defects]
    print(figures)
    print("pages seen:", ", ".join(f"{name} {times}" for name, times in pages.most_common()))
    print(
        f"{befell.total()} troubles of {len(befell)} kinds; {traces.faults.total()} fault messages of {len(traces.faults)} codes"
    )
    return problems


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--visits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    parser.add_argument("--lives", type=int, default=1, help="cores side by side, each with its share of the visits")
    parser.add_argument("--times", type=float, default=200.0, help="how fast time runs while everybody waits")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    began_s = time.monotonic()
    if arguments.lives > 1:
        share = ["--visits", str(arguments.visits // arguments.lives), "--times", str(arguments.times)]
        lives = [
            subprocess.Popen([sys.executable, "-m", "tests.soak", *share, "--seed", str(arguments.seed + number)])
            for number in range(arguments.lives)
        ]
        codes = tuple(life.wait() for life in lives)  # every one to its end
        has_failed = any(codes)
    else:
        has_failed = _one_life(arguments.visits, seed=arguments.seed, times=arguments.times)
    verdict = "FAILED" if has_failed else "nothing stuck, nothing leaked, every visit accounted for, no personal trace"
    print(f"{arguments.visits} visits in {time.monotonic() - began_s:.0f} s, seed {arguments.seed}: {verdict}")
    return has_failed


def _one_life(visits: int, *, seed: int, times: float) -> bool:
    keep_few_heaps()  # as the core does for itself
    with (
        tempfile.TemporaryDirectory(prefix="zz-soak-", dir=MEMORY if MEMORY.is_dir() else None) as folder,
        broker(Path(folder)) as port,
        asyncio.Runner(loop_factory=lambda: HastyLoop(times=times)) as runner,
    ):
        problems = runner.run(soak(visits, seed=seed, folder=Path(folder), broker_port=port))
    for problem in problems:
        print(f"PROBLEM {problem}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
