import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.upkeep.crash_loop import CrashLoop, Life, Start, ask_to_leave, how_to_start, safe_mode_is_over
from tests.fakes.clock import FakeClock, HeldClock


def lives(*began_s: float, ended: Sequence[int] = (), boot: str = "b") -> list[Life]:
    return [Life(boot=boot, began_s=at_s, ended_in_order=number in ended) for number, at_s in enumerate(began_s)]


@pytest.mark.parametrize(
    ("before", "now_s", "is_safe"),
    [
        ([], 10, False),
        (lives(10, 20), 30, False),
        (lives(10, 20, 30), 40, True),
        (lives(10, 1000, 2000), 3000, False),
        (lives(0, 100, 200), 310, True),  # died at 100, 200 and 310
        (lives(0, 5, 200), 310, False),  # the first of the three died at 5
        (lives(10, 20, 30, ended=[1]), 40, False),
        (lives(10, 20, 30, boot="another day"), 40, False),
        (lives(5000, 5001, 5002), 40, False),  # cannot be: the monotonic clock began anew under the same name
    ],
)
def test_three_deaths_in_five_minutes_are_a_loop(before: list[Life], now_s: float, is_safe: bool) -> None:
    assert how_to_start(before, boot="b", now_s=now_s).is_safe is is_safe


def test_a_death_in_safe_mode_leads_to_safe_mode_however_long_ago_the_others_were() -> None:
    before = [*lives(10, 20, 30), Life(boot="b", began_s=40, is_safe=True)]
    assert how_to_start(before, boot="b", now_s=5000).is_safe


def test_safe_mode_lasts_longer_each_time() -> None:
    spent = [Life(boot="b", began_s=at_s, is_safe=True, ended_in_order=True) for at_s in range(5)]
    assert [how_to_start(spent[:spells], boot="b", now_s=8e4).steady_s for spells in range(5)] == [600, 1200, 2400, 3600, 3600]


def begin(folder: Path, clock: FakeClock, boot: str = "b") -> tuple[CrashLoop, Start]:
    loop = CrashLoop(folder, clock=clock, boot=boot)
    return loop, loop.begin()


async def test_a_core_that_dies_three_times_starts_safely_and_an_orderly_end_is_no_death(tmp_path: Path) -> None:
    clock = HeldClock()
    for _ in range(2):
        assert not begin(tmp_path, clock)[1].is_safe
        await clock.advance(20)
    loop, start = begin(tmp_path, clock)
    loop.end()
    assert not start.is_safe
    assert not begin(tmp_path, clock)[1].is_safe
    await clock.advance(20)
    clock.jump_wall(timedelta(days=3650))
    assert begin(tmp_path, clock)[1] == Start(is_safe=True, deaths=3, steady_s=600)


async def test_after_a_steady_spell_of_safe_mode_an_ordinary_start_is_tried(tmp_path: Path) -> None:
    clock = HeldClock()
    for _ in range(3):
        begin(tmp_path, clock)
    loop, start = begin(tmp_path, clock)
    assert start.is_safe
    await clock.advance(600)
    loop.end()
    assert not begin(tmp_path, clock)[1].is_safe


async def test_safe_mode_ends_by_itself_or_when_a_technician_asks(tmp_path: Path) -> None:
    clock = FakeClock()
    began_s = clock.monotonic_s()
    assert await safe_mode_is_over(tmp_path, clock=clock, steady_s=600) == "steady"
    assert clock.monotonic_s() - began_s == 600
    ask_to_leave(tmp_path)
    assert await safe_mode_is_over(tmp_path, clock=clock, steady_s=600) == "technician"


async def test_a_start_after_a_technician_asked_forgets_every_death(tmp_path: Path) -> None:
    clock = HeldClock()
    for _ in range(4):
        begin(tmp_path, clock)
    ask_to_leave(tmp_path)
    assert begin(tmp_path, clock)[1] == Start(is_safe=False, deaths=0, steady_s=600)
    assert begin(tmp_path, clock)[1].deaths == 1


TOO_LATE = b'[{"boot": "b", "began_s": 1' + b"0" * 400 + b', "ended_in_order": false, "is_safe": false}]'


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}", b'[{"boot": 1}]', b"[" * 100_000, b'[{"bad": "key"}]', TOO_LATE])
async def test_marks_that_cannot_be_understood_are_no_reason_not_to_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lives.json").write_bytes(content)
    assert not begin(tmp_path, HeldClock())[1].is_safe


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path) -> None:
    assert not begin(tmp_path / "not there", HeldClock())[1].is_safe


def test_real_processes_that_are_killed_end_in_safe_mode(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pathlib\n"
        "from kiosk.clock import SystemClock\n"
        "from kiosk.upkeep.crash_loop import CrashLoop\n"
        f"print(CrashLoop(pathlib.Path({str(tmp_path)!r}), clock=SystemClock()).begin().is_safe, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    said = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False) for _ in range(4)]
    assert [each.returncode for each in said] == [-9] * 4
    assert [each.stdout.split()[-1] for each in said] == ["False", "False", "False", "True"]
