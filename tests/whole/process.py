"""The core as the process it really is, among far ends, platform and broker that live in the loop of the test."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from drivers.rig.equipment import Choice
from kiosk.compose.releases import RELEASES
from tests.system.demo import ROOT
from tests.whole.kiosk import DONE_WITHIN_S, Surroundings, surrounded

LOOK_S = 0.02
BEAT_S = 0.5
"""Seconds between two heartbeats: what a test sees of a core that is another process."""


@dataclass(kw_only=True)
class KioskProcess(Surroundings):
    """A kiosk whose core can be killed, stopped and starved."""

    environment: dict[str, str] = field(default_factory=dict)
    launcher: Path | None = None
    """What starts the core; None: nothing, and there are no releases."""
    process: "asyncio.subprocess.Process | None" = None

    @property
    def pid(self) -> int:
        """Of the core that runs."""
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> str:
        """Everything the core has logged that is still kept."""
        files = sorted((self.state / "log").glob("kiosk.log*"), reverse=True)
        return "".join(file.read_text(encoding="utf-8") for file in files)

    async def start(self) -> None:
        """Start a core; what it says to its terminal goes beside its configuration."""
        with self.config_file.with_suffix(".out").open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self._words(),
                "run",
                "--config",
                str(self.config_file),
                cwd=ROOT,
                env=os.environ | self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _words(self) -> tuple[str, ...]:
        if self.launcher is None:
            return (sys.executable, "-m", "kiosk")
        shipped = Path(sys.executable).with_name("zhizhu-kiosk")
        return (sys.executable, "-I", "-S", str(self.launcher), str(self.state / RELEASES), str(shipped))

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def end(self) -> int:
        """Ask it to end; returns its exit code."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def command(self, *words: str) -> None:
        """Give ``zhizhu-kiosk`` a command, as a technician at this machine."""
        done = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kiosk", *words, "--config", str(self.config_file)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        await done.communicate()
        assert done.returncode == 0

    async def well(self, *, within_s: float = DONE_WITHIN_S) -> float:
        """Wait until the fleet would show every device READY and every service; returns the seconds it took."""
        began_s = self.now_s
        since = len(self.ear.bodies)
        await self.ear.body("hb", _is_well, since=since, what="a kiosk that is well", within_s=within_s)
        return self.now_s - began_s

    async def until(self, look: Callable[[], object], *, what: str, within_s: float) -> float:
        """Wait until ``look()`` is true; returns the seconds it took."""
        began_s = self.now_s
        while not look():
            assert self.now_s - began_s < within_s, f"{what}: not within {within_s} s\n{self.log[-3000:]}"
            await asyncio.sleep(LOOK_S)
        return self.now_s - began_s


@asynccontextmanager
async def kiosk_process(
    folder: Path,
    *,
    broker_port: int,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    display: str = "external = true",
    environment: Mapping[str, str] | None = None,
    choice: Choice | None = None,
) -> AsyncIterator[KioskProcess]:
    """Everything around a core; ``start`` begins it. No core is left afterwards.

    Args:
        folder: As for ``surrounded``, and so are the others.
        environment: What the core finds in its environment besides.
    """
    async with surrounded(folder, broker_port=broker_port, settings=settings, choice=choice, display=display) as around:
        settings_of = around.config_file.read_text(encoding="utf-8")
        around.config_file.write_text(settings_of.replace("[fleet]", f"[fleet]\nheartbeat_s = {BEAT_S}"))
        kiosk = KioskProcess(
            environment=dict(environment or {}), **{each.name: getattr(around, each.name) for each in fields(around)}
        )
        try:
            yield kiosk
        finally:
            if kiosk.process is not None and kiosk.process.returncode is None:
                await kiosk.kill()


def _is_well(beat: Mapping[str, Any]) -> bool:
    services = beat["services"]
    return {each["condition"] for each in beat["devices"]} <= {"READY"} and services["offered"] == services["total"]
