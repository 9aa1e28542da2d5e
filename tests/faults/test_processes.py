"""Rows about the machine that need the core as a process: power cuts, disks, descriptors, displays, crash loops."""

import asyncio
import json
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from kiosk.display.vocabulary.intent import ChooseService, GoHome, Proceed, Start
from kiosk.upkeep.crash_loop import MARKS, ask_to_leave
from tests.faults.row import Row
from tests.faults.traces import assert_nothing_personal
from tests.whole.glass import Glass
from tests.whole.process import KioskProcess, kiosk_process

pytestmark = [pytest.mark.fault, pytest.mark.timeout(200)]

IN_FLEET_S = 2.0
BACK_S = 20.0
"""R5: a display that is gone or stands still is back within so many seconds."""
OFFSCREEN = {"SDL_VIDEODRIVER": "offscreen"}
"""A real display that draws real pixels, and needs no screen."""


@pytest.fixture
async def kiosk(folder: Path, broker_port: int) -> AsyncIterator[KioskProcess]:
    """Everything around a core; the test starts it."""
    async with kiosk_process(folder, broker_port=broker_port) as kiosk:
        yield kiosk


@pytest.fixture
async def shown_kiosk(folder: Path, broker_port: int) -> AsyncIterator[KioskProcess]:
    """The same with a display of the core's own, on no screen."""
    async with kiosk_process(folder, broker_port=broker_port, display="fullscreen = false", environment=OFFSCREEN) as kiosk:
        yield kiosk


# --- F54: power cut at any write ---

CUTS = 3
LAST_CUT_S = 2.4
"""Seconds after the touch by which submission and print are over."""


@pytest.mark.fault("F54")
async def test_a_power_cut_at_any_moment_leaves_one_outcome_each_and_repeats_nothing(row: Row, kiosk: KioskProcess) -> None:
    seed = 54
    random = Random(seed)
    moments = [LAST_CUT_S * ((part + random.random()) / CUTS) ** 3 for part in range(CUTS)]  # most is written at the beginning
    for moment in moments:
        ask_to_leave(kiosk.state)  # so many power cuts in a minute are no crash loop
        await kiosk.start()
        await kiosk.page("attract", "trouble")
        if kiosk.glass.page == "trouble":
            kiosk.touch(GoHome())
        await kiosk.well()
        await kiosk.walk_to("confirm")
        kiosk.touch(Proceed())
        row.injected(f"kill -9, {', '.join(f'{each:.2f} s' for each in moments)} after the touch (seed {seed})")
        await asyncio.sleep(moment)
        await kiosk.kill()
        kiosk.take("id-card-reader")
    ask_to_leave(kiosk.state)
    await kiosk.start()
    await kiosk.page("attract", "trouble")
    row.seen()
    row.page(f"{kiosk.glass.page}: honest about what became of it")
    await kiosk.until(lambda: not _open_rows(kiosk), what="an outcome for every row", within_s=15)
    row.healed()
    effects = (await kiosk.platform.get("/sandbox/effects")).json()
    assert all(times == 1 for times in effects.values()), effects
    submitted = dict(kiosk.rows("SELECT key, outcome FROM intent WHERE kind = 'submit'"))
    assert {key for key, outcome in submitted.items() if outcome == "done"} == set(effects)
    assert kiosk.rows("SELECT key FROM intent WHERE kind = 'print' GROUP BY key HAVING count(*) > 1") == []
    assert kiosk.rows("PRAGMA integrity_check") == [("ok",)]
    row.note(f"{len(submitted)} submissions: {', '.join(sorted(submitted.values()))}")
    assert_nothing_personal(kiosk)


def _open_rows(kiosk: KioskProcess) -> list[tuple[object, ...]]:
    return kiosk.rows("SELECT id FROM intent WHERE outcome IS NULL")


# --- F55, F56: disks ---

DISK_MB = 64


@contextmanager
def disk(at: Path, *how: str) -> Iterator[None]:
    """A real file system of the test's own."""
    at.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", *how, str(at)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no right to mount a disk here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


@pytest.mark.fault("F55")
async def test_a_full_disk_stops_a_matter_before_it_has_begun_and_is_told_without_a_byte_of_room(
    row: Row, folder: Path, broker_port: int
) -> None:
    with disk(folder / "kiosk", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs"):
        async with kiosk_process(folder, broker_port=broker_port) as kiosk:
            await kiosk.start()
            await kiosk.page("attract")
            await kiosk.well()
            await kiosk.walk_to("confirm")
            old_logs = [kiosk.state / "log" / f"kiosk.log.{number}" for number in (1, 2)]
            for log in old_logs:
                log.write_bytes(b"old news\n" * 300_000)
            ballast = kiosk.state / "ballast"
            room = _room(kiosk.state)
            ballast.write_bytes(bytes(room - DISK_MB * 1_000_000 // 16))  # short of room, not full
            await kiosk.until(lambda: not any(log.exists() for log in old_logs), what="old logs gone", within_s=5)
            assert kiosk.glass.page == "confirm", "logs go first, and nobody notices"
            assert not [each for each in kiosk.ear.heard if each.code == "core.storage_failed"]

            _fill(ballast)
            row.injected("the state folder's disk filled to its last byte")
            heard = await kiosk.ear.fault("core.storage_failed")
            assert row.seen(heard.at_s) < IN_FLEET_S + 1
            kiosk.touch(Proceed())
            await kiosk.page("trouble")
            row.page("trouble: not done; then out_of_service")
            assert (await kiosk.platform.get("/sandbox/effects")).json() == {}
            kiosk.touch(GoHome())
            kiosk.take("id-card-reader")
            await kiosk.page("out_of_service")

            ballast.unlink()
            row.mended()
            await kiosk.ear.cleared("core.storage_failed")
            await kiosk.page("attract")
            row.healed()
            await kiosk.walk_to("take_receipt")
            assert list((await kiosk.platform.get("/sandbox/effects")).json().values()) == [1]
            row.note("old log files went first")
            assert "Traceback" not in kiosk.log
            assert_nothing_personal(kiosk)


@pytest.mark.fault("F55")
async def test_a_core_that_starts_on_a_full_disk_tells_so_and_serves_once_there_is_room(
    row: Row, folder: Path, broker_port: int
) -> None:
    with disk(folder / "kiosk", "-t", "tmpfs", "-o", "size=8m", "tmpfs"):
        async with kiosk_process(folder, broker_port=broker_port) as kiosk:
            ballast = kiosk.state / "ballast"
            _fill(ballast)
            row.injected("the disk is full before the first start")
            await kiosk.start()
            heard = await kiosk.ear.fault("core.storage_failed", within_s=15)
            row.seen(heard.at_s)
            await kiosk.page("out_of_service")
            row.page("out_of_service")
            ballast.unlink()
            row.mended()
            await kiosk.page("attract")
            row.healed()
            await kiosk.walk_to("take_receipt")
            assert "Traceback" not in kiosk.log


@pytest.mark.fault("F56")
async def test_a_disk_that_turns_read_only_is_told_at_the_first_write_and_nothing_is_begun(
    row: Row, folder: Path, broker_port: int
) -> None:
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(DISK_MB * 1_000_000)
    _run("mkfs.ext4", "-q", str(image))
    with disk(folder / "kiosk", "-o", "loop", str(image)):
        async with kiosk_process(folder, broker_port=broker_port) as kiosk:
            await kiosk.start()
            await kiosk.page("attract")
            await kiosk.well()
            _run("mount", "-o", "remount,abort", str(kiosk.state))
            row.injected("ext4 aborted: every write ends with EROFS or EIO")
            # The first write may be the visit's, or one of the machine's own a moment earlier: then nobody can begin at all.
            kiosk.touch(Start())
            await kiosk.page("catalogue", "out_of_service")
            if kiosk.glass.page == "catalogue":
                kiosk.touch(ChooseService(service="social_security_enrolment"))
            heard = await kiosk.ear.fault("core.storage_failed")
            row.seen(heard.at_s)
            kiosk.touch(GoHome())
            await kiosk.page("out_of_service")
            row.page("out_of_service")
            assert (await kiosk.platform.get("/sandbox/effects")).json() == {}
            assert kiosk.process is not None
            assert kiosk.process.returncode is None
            await kiosk.kill()
            row.mended()
            sound = folder / "sound.img"
            sound.write_bytes(image.read_bytes())
            with disk(kiosk.state, "-o", "loop", str(sound)):
                await kiosk.start()
                await kiosk.page("attract")
                await kiosk.well()
                row.healed()
                row.note("serves again after a restart on a sound disk with what was on the old one")
                await kiosk.kill()


@pytest.mark.fault("F56")
async def test_a_core_that_starts_on_a_read_only_disk_lives_in_memory_and_tells_both_villager_and_fleet(
    row: Row, folder: Path, broker_port: int
) -> None:
    memory = folder / "memory"
    with disk(folder / "kiosk", "-t", "tmpfs", "-o", "ro", "tmpfs"):
        async with kiosk_process(folder, broker_port=broker_port, environment={"RUNTIME_DIRECTORY": str(memory)}) as kiosk:
            elsewhere = Glass(memory / "zhizhu-DEMO-001" / "display.sock")
            watching = asyncio.create_task(elsewhere.run())
            row.injected("the state folder's disk is read-only before the first start")
            await kiosk.start()
            heard = await kiosk.ear.fault("core.storage_failed", within_s=15)
            row.seen(heard.at_s)
            await elsewhere.until(lambda view: view.kind == "out_of_service", what="out of service", within_s=5)
            row.page("out_of_service")
            assert "Traceback" not in (memory / "zhizhu-DEMO-001" / "log" / "kiosk.log").read_text(encoding="utf-8")

            _run("mount", "-o", "remount,rw", str(kiosk.state))
            row.mended()
            assert kiosk.process is not None
            assert await asyncio.wait_for(kiosk.process.wait(), 20) == 0, "it ends in order, and is started again"
            watching.cancel()
            await kiosk.start()
            await kiosk.page("attract")
            await kiosk.well()
            row.healed()
            row.note("lives from memory until the disk can be written, then ends to be started again")
            await kiosk.walk_to("take_receipt")
            await kiosk.kill()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _room(folder: Path) -> int:
    at = os.statvfs(folder)
    return at.f_bavail * at.f_frsize


def _fill(ballast: Path) -> None:
    """To the last byte, whoever else writes."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


# --- F57: a spoilt database ---


@pytest.mark.fault("F57")
async def test_spoilt_files_are_put_aside_and_counted_and_the_kiosk_serves(row: Row, kiosk: KioskProcess) -> None:
    await kiosk.start()
    await kiosk.page("attract")
    await kiosk.well()
    await kiosk.walk_to("take_receipt")
    await kiosk.end()
    kiosk.take("id-card-reader")
    journal, outbox = kiosk.state / "journal.sqlite3", kiosk.state / "outbox.sqlite3"
    random = Random(57)
    for file in (journal, outbox):
        _flip_bits(file, random)
    row.injected("bits of journal and outbox flipped while the core was down (seed 57)")
    since = len(kiosk.ear.heard)
    await kiosk.start()
    heard = await kiosk.ear.fault("core.state_quarantined", since=since, within_s=15)
    row.seen(heard.at_s)
    told = await kiosk.ear.until(
        lambda heard: heard.code == "state.quarantined" and "outbox" in heard.text, what="what became of the outbox", since=since
    )
    row.note(f"told: {told.text}")
    copies = sorted(
        path.name.split("-")[0] for path in kiosk.state.iterdir() if ".corrupt-" in path.name or ".spoilt-" in path.name
    )
    assert [name for name in copies if name in {"journal.sqlite3.corrupt", "outbox.sqlite3.spoilt"}]
    await kiosk.page("attract")
    await kiosk.well(within_s=20)
    row.healed()
    row.page("attract: serves on with fresh files")
    await kiosk.walk_to("take_receipt")
    assert "Traceback" not in kiosk.log
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F57")
async def test_a_ledger_whose_last_writes_are_torn_off_is_whole_up_to_there(row: Row, kiosk: KioskProcess) -> None:
    await kiosk.start()
    await kiosk.page("attract")
    await kiosk.well()
    await kiosk.walk_to("take_receipt")
    await kiosk.kill()
    kiosk.take("id-card-reader")
    for log in kiosk.state.glob("*.sqlite3-wal"):
        with log.open("r+b") as file:
            file.truncate(log.stat().st_size * 2 // 3 + 7)
    row.injected("kill -9, then the last third of every write-ahead log cut off in the middle of a page")
    await kiosk.start()
    await kiosk.page("attract", "trouble")
    row.seen()
    kiosk.touch(GoHome())
    await kiosk.until(lambda: not _open_rows(kiosk), what="an outcome for every row", within_s=15)
    assert kiosk.rows("PRAGMA integrity_check") == [("ok",)]
    await kiosk.page("attract")
    await kiosk.walk_to("take_receipt")
    row.healed()
    row.page("attract or trouble, then a whole visit")
    assert set((await kiosk.platform.get("/sandbox/effects")).json().values()) == {1}


PAGE_BYTES = 4_096
"""SQLite's, as both files have them."""


def _flip_bits(file: Path, random: Random) -> None:
    """Anywhere behind the file's header, and in the first byte of every page: bits flipped where nothing is kept harm nobody."""
    spoilt = bytearray(file.read_bytes())
    anywhere = random.sample(range(100, len(spoilt)), len(spoilt) // 40)
    for place in {*anywhere, *range(PAGE_BYTES, len(spoilt), PAGE_BYTES)}:
        spoilt[place] ^= 1 << random.randrange(8)
    file.write_bytes(spoilt)


# --- F58, F59: descriptors, and the display ---


@pytest.mark.fault("F58")
async def test_a_core_without_free_descriptors_lives_on_and_serves_once_it_has_some(row: Row, kiosk: KioskProcess) -> None:
    await kiosk.start()
    await kiosk.page("attract")
    await kiosk.well()
    usual = resource.prlimit(kiosk.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(kiosk.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    row.injected("RLIMIT_NOFILE of the core below what it has open")
    await kiosk.unplug("id-card-reader")
    await kiosk.replug("id-card-reader")
    heard = await kiosk.ear.fault("reader.unreachable", within_s=10)
    row.seen(heard.at_s)
    await kiosk.ear.fault("core.storage_failed", within_s=30)
    await kiosk.page("out_of_service")
    row.page("out_of_service")
    resource.prlimit(kiosk.pid, resource.RLIMIT_NOFILE, usual)
    row.mended()
    await kiosk.page("attract")
    await kiosk.well()
    row.healed()
    await kiosk.walk_to("take_receipt")
    assert "Traceback" not in kiosk.log


@pytest.mark.fault("F58")
async def test_a_display_that_is_killed_is_back_within_twenty_seconds(row: Row, shown_kiosk: KioskProcess) -> None:
    await _back_on_the_glass(row, shown_kiosk, signal.SIGKILL, "kill -9 of the display")


@pytest.mark.fault("F59")
async def test_a_display_that_stands_still_is_back_within_twenty_seconds(row: Row, shown_kiosk: KioskProcess) -> None:
    await _back_on_the_glass(row, shown_kiosk, signal.SIGSTOP, "SIGSTOP to the display")


async def _back_on_the_glass(row: Row, kiosk: KioskProcess, how: signal.Signals, words: str) -> None:
    await kiosk.start()
    await kiosk.until(lambda: kiosk.log.count("display.connected") == 1, what="a display", within_s=30)
    await kiosk.well()
    (display,) = _displays(kiosk)
    os.kill(display, how)
    row.injected(words)
    restarted = await kiosk.ear.event("display.restarted", within_s=BACK_S)
    row.seen(restarted.at_s)
    await kiosk.until(lambda: kiosk.log.count("display.connected") == 2, what="another display", within_s=BACK_S)
    assert row.healed() < BACK_S
    row.page("the same page again: the visit lives in the core")
    assert _displays(kiosk) != [display]
    assert await kiosk.end() == 0


# --- F61: crash loops ---


@pytest.mark.fault("F61")
async def test_three_deaths_within_five_minutes_lead_to_safe_mode_and_a_technician_out_of_it(
    row: Row, kiosk: KioskProcess
) -> None:
    for life in range(3):
        await kiosk.start()
        await kiosk.until(lambda count=life + 1: _lives(kiosk) == count, what="a core that lives", within_s=20)  # type: ignore[misc]
        await kiosk.kill()
    row.injected("kill -9 of the core, three times")
    since = len(kiosk.ear.bodies)
    await kiosk.start()
    birth = await kiosk.ear.body(
        "birth", lambda body: _codes(body) == ["core.safe_mode"], what="a birth in safe mode", since=since, within_s=20
    )
    row.seen()
    assert [each["device"] for each in birth["devices"]] == ["display"]
    assert birth["services"]["offered"] == 0
    await kiosk.page("out_of_service")
    row.page("out_of_service")
    row.mended()
    await kiosk.command("leave-safe-mode")
    assert kiosk.process is not None
    assert await asyncio.wait_for(kiosk.process.wait(), 15) == 0
    await kiosk.start()
    await kiosk.page("attract")
    await kiosk.well()
    row.healed()
    row.note("the supervisor starts it again; leave-safe-mode ends it")


@pytest.mark.fault("F61")
async def test_a_display_that_dies_five_times_is_no_loop_and_takes_the_services_away(row: Row, shown_kiosk: KioskProcess) -> None:
    kiosk = shown_kiosk
    await kiosk.start()
    for _ in range(5):
        await kiosk.until(lambda: _displays(kiosk), what="a display", within_s=30)
        os.kill(_displays(kiosk)[0], signal.SIGKILL)
        row.injected("kill -9 of the display, five times")
        await kiosk.until(lambda: not _displays(kiosk), what="it is gone", within_s=5)
    heard = await kiosk.ear.fault("display.not_drawing", within_s=10)
    row.seen(heard.at_s)
    row.page("none: the next display is tried in half a minute, and serves once it has drawn for as long")
    await kiosk.ear.body("hb", lambda body: body["services"]["offered"] == 0, what="no service", within_s=5)
    assert await kiosk.end() == 0


def _lives(kiosk: KioskProcess) -> int:
    marks = kiosk.state / MARKS
    return len(json.loads(marks.read_bytes())) if marks.exists() else 0


def _codes(body: dict[str, list[dict[str, str]]]) -> list[str]:
    return [fault["code"] for fault in body["faults"]]


def _displays(kiosk: KioskProcess) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(kiosk.pid), "-f", "screens"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]
