import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.state_folder import LOCK, StateFolderHeldError, StateFolderUnusableError, hold

ROOT = Path(__file__).parents[3]
HOLDER = """
import pathlib, sys
from kiosk.state_folder import hold
with hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)


def test_a_second_start_says_who_holds_the_folder(tmp_path: Path) -> None:
    process = holder(tmp_path / "state")
    try:
        with pytest.raises(StateFolderHeldError) as raised, hold(tmp_path / "state"):
            pass
        assert raised.value.pid == process.pid
        assert f"in use by process {process.pid} ({sys.executable} -c" in str(raised.value)
    finally:
        end(process)


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    end(holder(tmp_path))
    with hold(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path):
            pass


def test_a_new_folder_is_readable_by_this_user_alone(tmp_path: Path) -> None:
    with hold(tmp_path / "a" / "state") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StateFolderUnusableError, match="file/state: cannot be used as state folder"),
        hold(tmp_path / "file" / "state"),
    ):
        pass
