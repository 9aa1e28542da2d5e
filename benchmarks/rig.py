"""The rig in a process of its own, as long as a measurement lasts."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True, slots=True)
class Rig:
    """The far ends of one kiosk's devices, on real ports."""

    web: httpx.AsyncClient

    async def port(self, device: str) -> str:
        """Where a device is, as it stands in a configuration."""
        devices = (await self.web.get("/api/bench")).raise_for_status().json()["devices"]
        return next(str(each["port"]) for each in devices if each["device"] == device)

    async def lay(self, device: str, sample: str) -> None:
        """Lay or hold something before a device."""
        (await self.web.put(f"/api/devices/{device}/laid", json={"sample": sample})).raise_for_status()

    async def take(self, device: str) -> None:
        """Take it away."""
        (await self.web.delete(f"/api/devices/{device}/laid")).raise_for_status()


@contextmanager
def announced(*command: str) -> Iterator[dict[str, str]]:
    """Start one of our servers and wait for the line in which it says that it is ready; yields that line's pairs."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield dict(word.split("=", 1) for word in process.stdout.readline().split() if "=" in word)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def rig_process(folder: Path) -> Iterator[str]:
    """Start a rig; yields the address of its console."""
    with announced("drivers.rig", "serve", "--dir", str(folder), "--port", "0") as said:
        yield said["url"]
