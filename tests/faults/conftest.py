"""A whole kiosk for the rows, and the table they make."""

import json
import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from tests.faults.expected import EXPECTED, ON_HARDWARE_ALONE
from tests.faults.row import Row
from tests.faults.traces import assert_clean_log
from tests.whole.ear import broker
from tests.whole.kiosk import WholeKiosk, whole_kiosk

OUTCOME = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    if "ZHIZHU_FAULT_ROWS" not in os.environ:  # the workers of xdist inherit it
        folder = TemporaryDirectory(prefix="zz-rows-")
        config.add_cleanup(folder.cleanup)
        config.add_cleanup(_forget_rows)
        os.environ["ZHIZHU_FAULT_ROWS"] = folder.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],  # noqa: ARG001  # pytest's names
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.passed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(os.environ["ZHIZHU_FAULT_ROWS"]).glob("*.json"))]
    if not rows:
        return
    terminalreporter.write_sep("=", "faults")
    for number, title in EXPECTED.items():
        seen = [row for row in rows if row["number"] == number]
        for row in seen:
            terminalreporter.write_line(_line(row))
        if not seen:
            terminalreporter.write_line(f"{number}  {title}: NOT RUN")
    terminalreporter.write_line(f"Not simulated, for it cannot be done honestly: {'; '.join(ON_HARDWARE_ALONE)}.")


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row of the table this test fills; its number stands in the test's ``fault`` mark."""
    mark = request.node.get_closest_marker("fault")
    assert mark is not None, "a test with a row says which: @pytest.mark.fault('F01')"
    row = Row(number=mark.args[0], title=EXPECTED[mark.args[0]])
    yield row
    row.keep(Path(os.environ["ZHIZHU_FAULT_ROWS"]), "pass" if request.node.stash.get(OUTCOME, False) else "FAIL")


@pytest.fixture(scope="session")
def broker_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with broker(tmp_path_factory.mktemp("broker")) as port:
        yield port


@pytest.fixture
def folder() -> Iterator[Path]:
    """For one kiosk. Not tmp_path: a Unix socket's path is at most 107 bytes long."""
    with TemporaryDirectory(prefix="zz-") as folder:
        yield Path(folder)


@pytest.fixture
async def kiosk(folder: Path, broker_port: int) -> AsyncIterator[WholeKiosk]:
    """A whole kiosk of this test's own, everything well."""
    async with whole_kiosk(folder, broker_port=broker_port) as kiosk:
        yield kiosk


@pytest.fixture
def clean_log() -> Iterator[None]:
    """What the kiosk logs meanwhile names nobody, and tells of no defect."""
    with capture_logs() as entries:
        yield
    assert_clean_log(entries)


def _forget_rows() -> None:
    os.environ.pop("ZHIZHU_FAULT_ROWS", None)


def _line(row: dict[str, object]) -> str:
    def seconds(value: object) -> str:
        return f"{value:.2f} s" if isinstance(value, float) else "-"

    notes = row["notes"]
    said = f"  ({'; '.join(map(str, notes))})" if isinstance(notes, list) and notes else ""
    parts = (
        f"{row['number']}  {row['verdict']:<4}  {row['title']}",
        f"injected: {row['injection']}",
        f"seen after {seconds(row['seen_s'])}",
        f"page: {row['page'] or '-'}",
        f"healed after {seconds(row['healed_s'])}{said}",
    )
    return "  | ".join(parts)
