"""The wheel: the five packages with their data, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"kiosk", "drivers", "screens", "telemetry", "provisioning"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.timeout(120)
def test_the_wheel_holds_the_five_packages_and_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == OURS


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "needed",
    [
        "kiosk/upkeep/faults/printer.toml",
        "provisioning/fleet/config/kiosk_settings.json",
        "telemetry/fleet/fault_words.json",
        "telemetry/fleet/web/static/style.css",
        "screens/words/zh.toml",
    ],
)
def test_the_wheel_holds_the_data_the_packages_read(names: set[str], needed: str) -> None:
    assert needed in names


@pytest.mark.timeout(120)
def test_every_drawing_is_in_the_wheel_as_the_picture_the_screen_shows(names: set[str]) -> None:
    drawings = {path.stem for path in (ROOT / "screens/drawings").glob("*/*.svg")}
    rendered = {Path(name).stem for name in names if name.startswith("screens/drawings/rendered/")}
    assert drawings
    assert drawings <= rendered


def test_top_level_names_are_ours_alone() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == OURS | {"tests", "benchmarks", "deploy"}
