import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from kiosk.log.shedding import shed_oldest
from kiosk.upkeep.storage_guard import PROBE, StorageGuard
from tests.fakes.clock import HeldClock


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


class Guarded:
    def __init__(self, folder: Path) -> None:
        self.clock = HeldClock()
        self.told: list[str] = []
        self.besides = ""
        self.guard = StorageGuard(
            folder,
            clock=self.clock,
            on_trouble=self.told.append,
            on_well=lambda: self.told.append("well"),
            shed=partial(shed_oldest, folder),
            besides=lambda: self.besides,
        )

    async def until_told(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.told) < count:
                await asyncio.sleep(0.002)  # the worker writes in real time
                await self.clock.advance(1)


@asynccontextmanager
async def guarding(folder: Path) -> AsyncIterator[Guarded]:
    guarded = Guarded(folder)
    task = asyncio.create_task(guarded.guard.run())
    yield guarded
    task.cancel()
    await asyncio.wait({task})


async def test_a_disk_that_is_full_is_told_and_so_is_its_end(disk: Path) -> None:
    async with guarding(disk) as guarded:
        filler = disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(1_000_000))
        await guarded.until_told(1)
        assert "No space left" in guarded.told[0]
        filler.unlink()
        await guarded.until_told(2)
        assert guarded.told[1:] == ["well"]
        assert not (disk / PROBE).exists()


async def test_a_disk_that_was_remounted_read_only_is_told(disk: Path) -> None:
    async with guarding(disk) as guarded:
        remount(disk, "ro")
        await guarded.until_told(1)
        assert "Read-only" in guarded.told[0]
        remount(disk, "rw")
        await guarded.until_told(2)


async def test_a_record_that_could_not_be_written_is_believed_at_once_and_tried_at_once(tmp_path: Path) -> None:
    async with guarding(tmp_path) as guarded:
        await guarded.clock.advance(1)
        guarded.guard.failed("journal: database or disk is full")
        assert guarded.told == ["journal: database or disk is full"]
        assert guarded.guard.trouble
        async with asyncio.timeout(10):
            while guarded.guard.trouble:  # noqa: ASYNC110  # the worker writes in real time
                await asyncio.sleep(0.002)
        assert guarded.told[1:] == ["well"]


async def test_while_room_is_short_old_logs_go_and_nothing_is_said(disk: Path) -> None:
    for number in (1, 2, 10):
        (disk / f"kiosk.log.{number}").write_bytes(bytes(12_000))
    (disk / "kiosk.log").write_bytes(b"now")
    (disk / "filler").write_bytes(bytes(200_000))
    async with guarding(disk) as guarded:
        async with asyncio.timeout(10):
            while (disk / "kiosk.log.10").exists():
                await asyncio.sleep(0.002)
                await guarded.clock.advance(1)
        assert (disk / "kiosk.log").exists()
        assert (disk / "kiosk.log.1").exists(), "the oldest goes first, and no more than is needed"
        assert guarded.told == []


async def test_a_journal_that_is_not_open_is_trouble_though_the_disk_is_sound(tmp_path: Path) -> None:
    async with guarding(tmp_path) as guarded:
        guarded.besides = "the journal cannot be opened"
        await guarded.until_told(1)
        guarded.besides = ""
        await guarded.until_told(2)
        assert guarded.told == ["the journal cannot be opened", "well"]


async def test_quiet_hours_tell_nothing(tmp_path: Path) -> None:
    async with guarding(tmp_path) as guarded:
        for _ in range(20):
            await asyncio.sleep(0.002)
            await guarded.clock.advance(60)
        assert guarded.told == []
