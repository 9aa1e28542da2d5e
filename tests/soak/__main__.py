"""``python -m tests.soak --visits 2000 --seed 1``: as many visits as are asked for, with random faults, over one life of a core."""

import argparse
import asyncio
import contextlib
import secrets
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import structlog

from tests.soak.cables import Equipment, loop_s
from tests.soak.fleet import Fleet
from tests.soak.loop import HastyLoop, LoopClock
from tests.soak.reckoning import Held, Traces, judge_accounts, judge_held, within
from tests.soak.trouble import Troubles
from tests.soak.villager import Villager, draw_temper
from tests.whole.ear import broker
from tests.whole.kiosk import WholeKiosk, whole_kiosk

LOOK_EVERY = 10
"""Visits between two looks at what is held and told."""
REST_S = 300.0
"""Seconds until the idle page is back, and after LOOK_EVERY visits every service, once all is well."""
TROUBLED = 0.55
"""Share of visits that something befalls."""


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
        async with whole_kiosk(folder, broker_port=broker_port, equip=equipment.equip, clock=clock, make=equipment.make) as kiosk:
            fleet = Fleet(broker_port)
            fleet.listen()
            try:
                return await _let_them_come(visits, kiosk, fleet, traces, luck=luck, folder=folder)
            finally:
                fleet.stop()


async def _let_them_come(
    visits: int, kiosk: WholeKiosk, fleet: Fleet, traces: Traces, *, luck: Random, folder: Path
) -> list[str]:
    problems: list[str] = []
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
            if not await within(REST_S, lambda: kiosk.core.serves_fully):
                problems.append(f"visit {number}: not every service is back; befell: {troubles.told}")
            traces.look(kiosk, fleet)
            held = Held.now()
            if first is None and number >= min(visits // 4, 200):
                first = held
            print(
                f"{number} visits in {time.monotonic() - began_s:.0f} s ({loop_s() - began_here_s:.0f} s there): "
                f"{held.memory / 1e6:.1f} MB, {held.descriptors} descriptors, {held.threads} threads, "
                f"problems {len(problems)}, defects {len(traces.defects)}",
                flush=True,
            )
        if len(problems) > 5:
            break
    await within(REST_S, lambda: fleet.events["visit.ended"] >= len(kiosk.rows("SELECT id FROM visit")))
    last = Held.now()
    problems += judge_held(first or last, last, is_short=visits < 500)
    unaccounted, figures = await judge_accounts(kiosk, fleet, papers=folder / "rig" / "paper", begun=begun)
    problems += unaccounted
    problems += [f"a person is named in what is kept: {words}" for words in traces.found]
    problems += [f"defect: {said}" for said in traces.defects]
    print(figures)
    print("pages seen:", ", ".join(f"{name} {times}" for name, times in pages.most_common()))
    print(f"{befell.total()} troubles of {len(befell)} kinds; {fleet.faults.total()} fault messages of {len(fleet.faults)} codes")
    return problems


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--visits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    parser.add_argument("--times", type=float, default=100.0, help="how fast time runs while everybody waits")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zz-soak-") as folder, broker(Path(folder)) as port:
        with asyncio.Runner(loop_factory=lambda: HastyLoop(times=arguments.times)) as runner:
            problems = runner.run(
                soak(arguments.visits, seed=arguments.seed, folder=Path(folder), broker_port=port)
            )
    for problem in problems:
        print(f"PROBLEM {problem}")
    verdict = "FAILED" if problems else "nothing stuck, nothing leaked, every visit accounted for, no personal trace"
    print(f"{arguments.visits} visits in {time.monotonic() - began_s:.0f} s, seed {arguments.seed}: {verdict}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
