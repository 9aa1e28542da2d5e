"""Deaths while a kiosk is sent a document and a release in the same minute: never are both on trial, and both come to their end.

``python -m tests.crash.both --points 1000 --seed 1``. Everything of ``tests.crash.releases``,
with the documents' part of the core living beside the releases' part.
"""

import asyncio
import shutil
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from typing_extensions import override

from kiosk.compose.one_trial import one_trial_of
from provisioning.agent.desired_folder import DesiredFolder
from provisioning.launcher import VERSION_VARIABLE
from tests.crash.releases import ACTS, NEW, TIMES, TRIAL_ACTS, Chain, live, main
from tests.fakes.clock import ScaledClock
from tests.provisioning.desired.bench import BenchKiosk, Life, sealed
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.village import Village

DOCUMENT = 1


class BothChain(Chain):
    """One kiosk, one new release, one new document."""

    def __init__(self, village: Village, *, seed: int) -> None:
        super().__init__(village, seed=seed)
        self._acts = (ACTS + 20, TRIAL_ACTS + 10)
        self._bench = BenchKiosk(folder=village.folder, times=TIMES)
        if self._luck.random() < 0.4:
            self._bench.broken.add(DOCUMENT)

    @override
    async def _one_life(self) -> int:
        clock = self._village.clock
        both = one_trial_of(self._village.folder, clock=clock, variables={VERSION_VARIABLE: "1"})
        self._village.one_trial = self._bench.one_trial = both
        async with self._bench.life() as life:
            life.desired.take(sealed(DOCUMENT))
            releases = asyncio.create_task(live(self._village, self._kind, beside=lambda: _is_settled(life)))
            restart = asyncio.create_task(life.machine.restart_wanted.wait())
            await asyncio.wait({releases, restart}, return_when=asyncio.FIRST_COMPLETED)
            restart.cancel()
            if not releases.done():
                releases.cancel()
                await asyncio.wait({releases})
                return 1
            return releases.result()

    @override
    def _judge(self, after: str) -> None:
        super()._judge(after)
        release, document = self._village.slots.trial(), DesiredFolder(self._village.folder / "desired").read().on_trial
        assert release is None or document is None, self._say(f"{after}: both are on trial")

    @override
    def _judge_end(self) -> None:
        super()._judge_end()
        standing = DesiredFolder(self._village.folder / "desired").read()
        assert standing.on_trial is None, self._say(f"the document is still on trial: {standing}")
        assert standing.candidate is None, self._say(f"the document still waits: {standing}")
        died_of_us = standing.said is not None and standing.said.reason.startswith("died")
        wanted = 0 if self._bench.broken or died_of_us else DOCUMENT
        assert standing.in_force_version == wanted, self._say(f"in force: {standing}")


def _is_settled(life: Life) -> bool:
    standing = life.standing
    return standing.newest_seen == DOCUMENT and standing.candidate is None and standing.on_trial is None


def die_many(points: int, *, seed: int, room: Path) -> Counter[str]:
    """Die so many times; returns what was counted."""
    seen: Counter[str] = Counter()
    sim = Simulator(room / "bureau", lifetime=timedelta(days=4000))
    clock = ScaledClock(times=TIMES, start=sim.now)
    template = Village(room / "template", sim, clock=clock)
    sim.release(NEW)
    while seen.total() < points:
        seed += 1
        folder = room / f"kiosk-{seed}"
        shutil.copytree(template.folder / "releases", folder / "releases", symlinks=True)
        (folder / "desired").mkdir()
        seen += BothChain(template.moved_to(folder), seed=seed).run()
        shutil.rmtree(folder)
    return seen


if __name__ == "__main__":
    sys.exit(main(die_many, description=__doc__))
