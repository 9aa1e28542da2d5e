"""Rule R7: a document or a release that is bad is tried, and what was good before serves again within 90 s.

Real processes: the core is started again two seconds after it ends, as by its systemd unit. The clock runs from the moment a bad
document is told to the kiosk, or a bad release is made current, until every device is READY and every service offered.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figure import Figure, percentile
from deploy.launcher import build
from kiosk.compose.releases import RELEASES
from kiosk.upkeep.crash_loop import boot_id
from provisioning.agent.releases.install import install
from provisioning.agent.trial import BACK_WITHIN_S, Trial
from provisioning.fleet.releases.wheel_set import manifest_of
from provisioning.launcher.slots import SHIPPED, Slots, SlotTrial
from provisioning.wire.release import write_release
from tests.provisioning.releases.simulator import ANY_DATA
from tests.provisioning.releases.wheels import release_wheels
from tests.whole.bureau import Bureau, scene
from tests.whole.ear import broker
from tests.whole.process import KioskProcess

RUNS = 5
RESTART_S = 2.0
"""RestartSec of ``deploy/systemd/zhizhu-kiosk.service``."""
GIVEN_UP_S = 240.0
NOWHERE: Mapping[str, object] = {"device": {"receipt-printer": {"port": "tcp://127.0.0.1:9"}}}
"""Nobody answers there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A release that does not work, by its first lines."""

    name: str
    core: str
    runs: int


RELEASES_TRIED = (
    Bad(name="dies at its first line", core="raise SystemExit(1)\n", runs=RUNS),
    Bad(name="hangs at its first line", core="import time\nwhile True:\n    time.sleep(60)\n", runs=2),
)


def measure() -> tuple[Figure, ...]:
    """Have bad ones tried, one after the other."""
    return asyncio.run(_measured())


async def _measured() -> tuple[Figure, ...]:
    # Sockets lie in the folder: its path has to be short.
    with tempfile.TemporaryDirectory(prefix="zz-") as name, broker(Path(name)) as port:
        folder = Path(name)
        launcher = build(folder / "launcher.pyz")
        async with scene(folder / "k", port, launcher=launcher, restart_s=RESTART_S) as (kiosk, bureau):
            documents = [await _document(kiosk, bureau, version + 1) for version in range(RUNS)]
            figures = [_figure("a device that is not there: document", documents)]
            for number, bad in enumerate(RELEASES_TRIED):
                took = [await _release(kiosk, folder, bad, f"2030.{number + 1}.{run + 1}") for run in range(bad.runs)]
                figures.append(_figure(f"{bad.name}: release", took))
    return tuple(figures)


async def _document(kiosk: KioskProcess, bureau: Bureau, version: int) -> float:
    began_s, since = kiosk.now_s, len(kiosk.ear.bodies)
    await bureau.sends(version, NOWHERE)
    said = await bureau.hears("went_back", since=since, within_s=GIVEN_UP_S)
    await kiosk.well(within_s=GIVEN_UP_S)
    assert said["version"] == version
    return kiosk.now_s - began_s


async def _release(kiosk: KioskProcess, folder: Path, bad: Bad, version: str) -> float:
    slots = Slots(kiosk.state / RELEASES)
    await asyncio.to_thread(_lay, slots, folder / version, version, bad.core)
    began_s, since = kiosk.now_s, len(kiosk.ear.bodies)
    trial = SlotTrial(trial=Trial(candidate=version), slot="a", back_to=SHIPPED, switched_boot=boot_id(), switched_s=began_s)
    slots.write_trial(trial)
    slots.switch("a")
    await kiosk.end()
    await kiosk.ear.body(
        "event",
        lambda said: said["name"] == "release.reported" and said["fields"]["state"] == "went_back",
        what="went back",
        since=since,
        within_s=GIVEN_UP_S,
    )
    await kiosk.well(within_s=GIVEN_UP_S)
    return kiosk.now_s - began_s


def _lay(slots: Slots, folder: Path, version: str, core: str) -> None:
    """Put a bad release into slot a, as it lies there after it was brought."""
    wheels = release_wheels(folder, version, core=core)
    now = datetime.now(UTC)
    release = manifest_of(wheels, version=version, python="3.11", data=ANY_DATA, launcher=1, note="", now=now)
    there = {wheel.sha256: wheels / wheel.name for wheel in release.wheels}
    python = Path(sys.executable).resolve()
    install(slots, "a", release, write_release(release), there, python=python, compile_=lambda _python, _modules: None)


def _figure(name: str, took_s: list[float]) -> Figure:
    remark = f"{len(took_s)} runs, p50 {percentile(took_s, 0.5):.0f} s, {', '.join(f'{each:.0f}' for each in sorted(took_s))}"
    return Figure(name=f"back from a bad one, {name}", value=max(took_s), limit=BACK_WITHIN_S, unit="s", remark=remark)
