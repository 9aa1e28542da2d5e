"""The register of equipment as CSV: strict, line by line, whole or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from provisioning.server import app
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.equipment import HEADER, Entry, RegisterError, read, write
from telemetry.fleet.equipment.rows import every, put
from telemetry.fleet.store.schema import audit
from tests.telemetry.said import NOW

CALENDARS = {"office", "always"}
HEAD = ",".join(HEADER)
WORDS = st.text(st.characters(categories=("L", "N")), max_size=20)


def _problems(*lines: str, head: str = HEAD) -> tuple[str, ...]:
    with pytest.raises(RegisterError) as refused:
        read("\n".join((head, *lines)).encode(), calendars=CALENDARS)
    return refused.value.problems


def test_a_register_is_read_with_columns_in_any_order_as_a_spreadsheet_writes_it() -> None:
    head = "\ufeffkiosk,county,village,link,feeder,area,vendor,batch,hours"
    raw = f"{head}\r\nK1,demo, 清泉村 ,node-1,F7,东片,甲,2025-3,always\r\n\r\n"
    (entry,) = read(raw.encode(), calendars=CALENDARS)
    assert entry == Entry(
        county="demo",
        kiosk="K1",
        village="清泉村",
        link="node-1",
        feeder="F7",
        area="东片",
        vendor="甲",
        batch="2025-3",
        hours="always",
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("demo,K1", "line 2: 2 cells, but the header has 9"),
        ("de mo,K1,,,,,,,", "line 2: county 'de mo': must be letters, digits and hyphens"),
        ("demo,,,,,,,,", "line 2: kiosk '': must be letters, digits and hyphens"),
        (f"demo,K1,{'村' * 65},,,,,,", "line 2: village: must be at most 64 printable characters"),
        ("demo,K1,=1+1,,,,,,", "line 2: village '=1+1': must not begin with ="),
        ("demo,K1,,,,,,,night", "line 2: hours 'night': not in [hours.calendars] of fleet.toml (always, office)"),
        ('demo,K1,"清泉,,,,,,', "line 2: not CSV"),
        ('demo,K1,"清\n泉",,,,,,', "line 2: village: must be at most 64 printable characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(line: str, problem: str) -> None:
    assert _problems(line)[0].startswith(problem)


def test_every_problem_is_told_at_once() -> None:
    assert _problems("demo,K1,,,,,,,", "demo,K 2,,,,,,,", "demo,K1,,,,,,,") == (
        "line 3: kiosk 'K 2': must be letters, digits and hyphens, at most 32, as the kiosk says it",
        "line 4: demo/K1 stands in line 2 already",
    )


def test_a_header_of_another_table_says_what_it_must_be() -> None:
    assert _problems(head="county,kiosk,town") == (
        "line 1: column missing: 'village', 'link', 'feeder', 'area', 'vendor', 'batch', 'hours'",
        "line 1: unknown column: 'town'",
        f"line 1 must be: {HEAD}",
    )


def test_a_file_in_the_local_code_page_says_how_to_save_it() -> None:
    with pytest.raises(RegisterError, match="line 2: not UTF-8; save it from the spreadsheet as"):
        read(f"{HEAD}\ndemo,K1,清泉村,,,,,,".encode("gb18030"), calendars=CALENDARS)


def test_an_empty_register_is_a_mistake() -> None:
    assert _problems() == ("the file names no kiosk",)


@given(st.lists(st.builds(Entry, county=st.just("demo"), kiosk=st.from_regex(r"[A-Z][0-9]{1,5}", fullmatch=True), village=WORDS,
                          link=WORDS, vendor=WORDS), min_size=1, max_size=20, unique_by=lambda entry: entry.kiosk))  # fmt: skip
def test_what_is_exported_is_imported_as_it_was(entries: list[Entry]) -> None:
    assert list(read(write(entries), calendars=CALENDARS)) == entries


def test_an_import_adds_and_changes_and_keeps_what_it_does_not_name(store: Engine) -> None:
    first, second = Entry(county="demo", kiosk="K1", village="清泉村"), Entry(county="demo", kiosk="K2", village="光明村")
    with store.begin() as connection:
        put(connection, [first, second], COMMAND_LINE, now=NOW)
    moved = Entry(county="demo", kiosk="K1", village="光明村")
    with store.begin() as connection:
        done = put(connection, [moved], COMMAND_LINE, now=NOW)
        assert (done.new, done.changed, done.same, done.unheard) == (0, 1, 0, ("demo/K1",))
        assert list(every(connection)) == [moved, second]
        assert connection.execute(select(audit.c.act, audit.c.detail)).all()[-1] == (
            "equipment.import",
            "1 kiosks, 0 new, 1 changed",
        )


def test_the_command_imports_whole_or_not_at_all_and_exports_again(tmp_path: Path) -> None:
    config, good, bad, out = (tmp_path / name for name in ("fleet.toml", "good.csv", "bad.csv", "out.csv"))
    config.write_text("")
    good.write_text(f"{HEAD}\ndemo,K1,清泉村,,,,,,\n")
    bad.write_text(f"{HEAD}\ndemo,K2,清泉村,,,,,,\ndemo,K3,,,,,,,night\n")
    run = CliRunner()
    refused = run.invoke(app, ["equipment", "import", str(bad), "--config", str(config)])
    assert refused.exit_code == 2
    assert "line 3: hours 'night'" in refused.stderr
    done = run.invoke(app, ["equipment", "import", str(good), "--config", str(config)])
    assert done.exit_code == 0, done.stderr
    assert "1 kiosks: 1 new" in done.stdout
    exported = run.invoke(app, ["equipment", "export", str(out), "--config", str(config)])
    assert exported.exit_code == 0
    assert read(out.read_bytes(), calendars=CALENDARS) == (Entry(county="demo", kiosk="K1", village="清泉村"),)
