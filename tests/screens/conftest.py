"""Kivy opens its window on import, so everything drawn is drawn in another process."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """The pages as they were laid out, by the name of their picture."""

    pages: Mapping[str, Any]
    folder: Path


def environment() -> dict[str, str]:
    """Draw without a display, wherever the test runs."""
    return {**os.environ, "SDL_VIDEODRIVER": "offscreen"}


def draw(folder: Path, *arguments: str) -> Gallery:
    """Run the gallery as the manual does."""
    command = [sys.executable, "-m", "screens.gallery", "--out", str(folder), *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr
    return Gallery(pages=json.loads((folder / "pages.json").read_text(encoding="utf-8")), folder=folder)


def _shared(factory: pytest.TempPathFactory) -> Path:
    """A folder all workers of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def _once(folder: Path, *arguments: str) -> Gallery:
    """Draw a gallery, or take the one another worker of this run has drawn."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "pages.json").exists():
            return Gallery(pages=json.loads((folder / "pages.json").read_text(encoding="utf-8")), folder=folder)
        return draw(folder, *arguments)


@pytest.fixture(scope="session", autouse=True)
def drawings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The rendered drawings are not in the repository; make those that are missing."""
    with (_shared(tmp_path_factory) / "drawings.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, check=True, capture_output=True, timeout=100)


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Every page at every text size, measured."""
    return _once(_shared(tmp_path_factory) / "measured", "--measure-only")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """A few pages with their pictures."""
    return _once(_shared(tmp_path_factory) / "drawn", "--sizes", "0", "--only", "attract,catalogue,guide,wait")
