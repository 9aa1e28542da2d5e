"""The guide to adding a driver, walked: its commands are run in a copy of the house, and what it names is there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.test_catalog import PORTS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/adding-a-driver.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`((?:drivers|kiosk|tests|docs|deploy)/[\w./-]+)`")
PART_OF_A_LINE = re.compile(r"`([A-Za-z_]\w*)`")
COPIED = ("drivers", "kiosk", "tests", "docs", "deploy", "telemetry", "screens", "provisioning", "pyproject.toml")

PRINTERS_SLICE = "-k 'once_whole or idle_printer or hot_head or cutter or says_who_it_is'"
"""Of the printers' suite, which three models run whole in their own test: here a fourth shows that the guide leads there."""

pytestmark = pytest.mark.timeout(180)


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(GUIDE) if kind == language]


def entry_for(file: str) -> str:
    """The piece of Python that the guide has somebody type into a file."""
    (found,) = (text for text in blocks("python") if text.startswith(f"# {file}\n"))
    return found.partition("\n")[2]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the house in which the guide was followed to its end, and what its commands said."""
    house = tmp_path_factory.mktemp("house")
    listed = subprocess.run(["git", "ls-files", "-z", "--", *COPIED], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        if name and not name.endswith((".png", ".svg")) and (ROOT / name).exists():
            (house / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, house / name)
    (house / ".venv").symlink_to(Path(sys.executable).parents[1])
    typed(house, "drivers/catalog.py", end="    }\n)\n\n\nclass _DriverClass")
    typed(house, "drivers/receipt_printer/models.py", end='    }\n)\n"""Model word')
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(map(command, blocks("sh")))],
        cwd=house,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return house, done.stdout


def command(block: str) -> str:
    """What the guide has somebody run."""
    slice_of_it = PRINTERS_SLICE if "sample_printer" in block else ""
    return f"export PYTEST_ADDOPTS={shlex.quote(slice_of_it)}\n{block}"


def typed(house: Path, file: str, *, end: str) -> None:
    """Type the guide's entry behind the last one of a table."""
    text = (house / file).read_text(encoding="utf-8")
    assert text.count(end) == 1
    (house / file).write_text(text.replace(end, entry_for(file) + end), encoding="utf-8")


def test_the_template_passes_its_suite_and_everything_the_guide_asks_for(walked: tuple[Path, str]) -> None:
    _, said = walked
    passed = [int(count) for count in re.findall(r"(\d+) passed", said)]
    assert len(passed) == 3  # the printer's suite, the reader's, and those of catalogue, faults and fuzzer
    assert passed[0] > 5
    assert passed[1] > 100
    assert "failed" not in said


def test_the_catalogue_of_the_copy_leads_to_the_new_driver(walked: tuple[Path, str]) -> None:
    house, _ = walked
    program = (
        "from drivers.catalog import create; from tests.fakes.clock import FakeClock; "
        f"print(create('code_scanner/lantern', name='s', port={next(iter(PORTS.values()))!r}, settings={{}}, clock=FakeClock()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=house, capture_output=True, text=True, check=False)
    assert "LanternScanner" in done.stdout, done.stderr


def test_nothing_of_the_templates_name_is_left(walked: tuple[Path, str]) -> None:
    house, _ = walked
    new = [path for path in house.rglob("*lantern*.py") if ".venv" not in path.relative_to(house).parts]
    assert len(new) == 6
    assert [path.name for path in new if "beacon" in path.read_text(encoding="utf-8").lower()] == []


def test_every_file_and_folder_the_guide_names_is_there() -> None:
    named = set(NAMED.findall(GUIDE))
    assert len(named) > 25
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_name_the_guide_speaks_of_is_in_the_file_it_speaks_of() -> None:
    sentences = [part for part in re.split(r"\. |\n\n|\n\d+\. |; ", BLOCK.sub("", GUIDE)) if NAMED.search(part)]
    missing = []
    for sentence in sentences:
        files = [ROOT / name for name in NAMED.findall(sentence) if name.endswith((".py", ".toml"))]
        texts = "".join(file.read_text(encoding="utf-8") for file in files)
        missing += [name for name in PART_OF_A_LINE.findall(sentence) if files and name not in texts and "antern" not in name]
    assert missing == []


def test_every_file_of_the_template_is_in_the_guide() -> None:
    there = {f"docs/driver-template/{path.name}" for path in (ROOT / "docs/driver-template").glob("*.*")}
    assert there <= set(NAMED.findall(GUIDE)) | {"docs/driver-template/test_sample_printer.py"}
    assert "docs/driver-template/test_sample_printer.py" in GUIDE
