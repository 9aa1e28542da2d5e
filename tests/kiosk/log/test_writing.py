import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from kiosk.log import start_logging, stop_logging
from kiosk.log.writing import FILE
from tests.kiosk.log.test_redaction import ADDRESS, CARD, NAME, NUMBER, leaks

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    level, raises = logging.getLogger().level, logging.raiseExceptions
    folder = tmp_path / "log"
    start_logging(folder, level="info", file_bytes=20_000, files=3)
    yield folder
    stop_logging()
    logging.getLogger().setLevel(level)
    logging.raiseExceptions = raises


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE).read_text(encoding="utf-8").splitlines()]


def everything(folder: Path, capfd: pytest.CaptureFixture[str]) -> str:
    out, err = capfd.readouterr()
    return out + err + "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


def test_an_event_is_one_line_of_json_with_its_fields(folder: Path) -> None:
    structlog.get_logger("kiosk.upkeep.keeper").warning("device.lost", device="receipt-printer", trouble="unreachable")
    (line,) = lines(folder)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "event": "device.lost",
        "logger": "kiosk.upkeep.keeper",
        "device": "receipt-printer",
        "trouble": "unreachable",
    }


PROGRAM = """
import pathlib, sys, structlog
from kiosk.log import start_logging
start_logging(pathlib.Path(sys.argv[1]), level="info", file_bytes=20_000, files=3)
structlog.get_logger("kiosk").info("core.ready")
raise ValueError(sys.argv[2])
"""


def test_a_program_that_crashes_says_where_on_stderr_and_in_the_file_and_nothing_of_whom(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), NAME + NUMBER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in said] == ["core.ready", "program.crashed"]
    assert said[1]["exception"] == {"type": "ValueError", "at": ["<string>:6 <module>"]}
    assert said == lines(tmp_path)
    assert leaks(done.stderr) == []


def test_what_is_below_the_level_is_not_written(folder: Path) -> None:
    structlog.get_logger("a").debug("bytes", length=5)
    logging.getLogger("httpx").info("HTTP Request: GET https://platform.example/")
    assert lines(folder) == []


def test_everything_that_is_logged_passes_redaction(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("a").bind(villager=NAME)
    log.info(" ".join(["read", NUMBER]), card=CARD, who={"name": NAME}, raw=NUMBER.encode())
    stranger = logging.getLogger("some.library")
    stranger.error("no way to send %s to %s", NUMBER, NAME)
    stranger.error("odd %s", CARD, extra={"person": CARD, "raw": NUMBER})
    stranger.error("wrong %s %s number of arguments", *[NAME])
    try:
        int(NAME + NUMBER)
    except ValueError:
        log.exception("visit.failed", address=ADDRESS)
        stranger.exception("lost %s", NAME, stack_info=True)
    assert leaks(everything(folder, capfd)) == []
    assert len(lines(folder)) == 5


def test_a_crash_says_where_and_nothing_of_whom(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    error = ValueError(NUMBER)
    sys.excepthook(type(error), error, None)
    thread = threading.Thread(target=lambda: int(NAME))
    thread.start()
    thread.join()
    assert [line["event"] for line in lines(folder)] == ["program.crashed", "thread.crashed"]
    assert leaks(everything(folder, capfd)) == []


async def _fail() -> None:
    raise ValueError(f"{NAME} {NUMBER}")


async def test_a_task_nobody_waited_for_leaks_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    task = asyncio.create_task(_fail())
    await asyncio.wait({task})
    del task
    gc.collect()
    assert [line["logger"] for line in lines(folder)] == ["asyncio"]
    assert leaks(everything(folder, capfd)) == []


def test_a_warning_leaks_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"{NAME} {NUMBER}", stacklevel=1)
        logging.captureWarnings(capture=False)
    assert leaks(everything(folder, capfd)) == []


def test_the_files_are_bounded(folder: Path) -> None:
    log = structlog.get_logger("a")
    for number in range(2000):
        log.info("device.polled", device="receipt-printer", turn=number)
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == ["kiosk.log", "kiosk.log.1", "kiosk.log.2"]
    assert sum(path.stat().st_size for path in files) <= 60_000


def test_starting_twice_writes_every_line_once(folder: Path) -> None:
    start_logging(folder, level="info", file_bytes=20_000, files=3)
    structlog.get_logger("a").info("core.ready")
    assert len(lines(folder)) == 1
