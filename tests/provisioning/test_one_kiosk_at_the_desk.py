"""One kiosk of a made-up county as the desk tells of it: on its own page, and on its day in the audit."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from provisioning.fleet.web.of_kiosk import DeskOfKiosk
from telemetry.fleet.accounts.person import Role
from telemetry.fleet.web.audit_page import Asked, AuditPage, Sort, read
from telemetry.wire.topics import KioskId
from tests.provisioning.made_up import MadeUpDesk, seed_desk
from tests.provisioning.made_up.configured import WENT_BACK
from tests.provisioning.made_up.enrolled import CLONED
from tests.provisioning.made_up.people import FIRST, SECOND
from tests.telemetry.web import county, served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.county import COUNTY, NOW
from tests.telemetry.web.visitor import OF_ROLE

TODAY = NOW.date()
AUDITOR = replace(OF_ROLE[Role.AUDITOR], counties=frozenset({COUNTY}))


@dataclass(kw_only=True)
class There:
    """The county with its desk, written once, only read."""

    engine: Engine
    desk: MadeUpDesk
    kiosk_of: dict[str, str]
    pages: Asking

    def day(self, village: str, asked: Asked | None = None) -> AuditPage:
        """Ask what was done to a village's kiosk today, as an auditor of this county alone."""
        wanted = replace(asked or Asked(day=TODAY), kiosk=f"{COUNTY}/{self.kiosk_of[village]}")
        return read(self.engine, wanted, AUDITOR, now=NOW, of_kiosk=DeskOfKiosk())


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    folder: Path = tmp_path_factory.mktemp("desk")
    engine = county.open_store(folder / "fleet.sqlite3")
    kiosk_of = county.seed(engine).kiosk_of
    desk = seed_desk(engine, folder, kiosk_of)
    yield There(engine=engine, desk=desk, kiosk_of=kiosk_of, pages=Asking(served.build(engine, now=lambda: NOW, desk=desk.desk)))
    engine.dispose()


def test_its_day_tells_what_was_done_to_it_among_many_and_by_whom(there: There) -> None:
    page = there.day("青山")
    acts = [(line.who, line.what, line.about) for line in page.lines if line.sort is Sort.ACT]
    assert acts == [
        (FIRST.name, "config.change", "C-3"),
        (FIRST.name, "config.change", "C-3"),
        (SECOND.name, "config.approve", "C-3"),
        (FIRST.name, "command.send", f"command {there.desk.command}"),
    ]
    assert page.acts == page.total == len(acts)
    assert all(line.stretch is not None for line in page.lines if line.sort is Sort.ACT), "and whether it could be reached then"
    wanted = [(line.what, line.about) for line in page.lines if line.sort is Sort.WANTED]
    assert wanted == [("release", f"rollout {there.desk.rollout}"), ("document", "C-3")]
    said = [(line.what, line.fields.get("state", line.fields.get("outcome"))) for line in page.lines if line.sort is Sort.SAID]
    assert said == [
        ("command.reported", "waiting"), ("desired.reported", "waiting"), ("release.reported", "waiting_for_villager"),
    ]  # fmt: skip


def test_what_was_for_other_kiosks_is_not_on_its_day(there: There) -> None:
    assert {line.about for line in there.day("渔港").lines if line.sort is Sort.ACT} == set()
    assert "command 4" in {line.about for line in there.day("石桥").lines}
    assert "command 4" not in {line.about for line in there.day("青山").lines}


def test_a_question_for_one_person_or_act_keeps_to_it(there: There) -> None:
    mine = there.day("青山", Asked(day=TODAY, by=SECOND.name))
    assert [(line.who, line.what) for line in mine.lines] == [(SECOND.name, "config.approve")]
    sent = there.day("青山", Asked(day=TODAY, act="command.send"))
    assert [line.about for line in sent.lines] == [f"command {there.desk.command}"]


def test_an_identity_in_two_places_stands_on_the_day_and_on_the_page(there: There) -> None:
    assert ("kiosk.quarantine", "shut out") in {(line.what, line.about) for line in there.day(CLONED).lines}
    page = there.pages.get(f"/kiosks/{COUNTY}/{there.kiosk_of[CLONED]}").text
    assert "已隔离" in page


def test_the_day_is_exported_with_what_the_kiosk_said(there: There) -> None:
    text = there.pages.get(f"/audit?kiosk={there.desk.waits_for_villager}&day={TODAY}&format=csv").text
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert {"act", "said", "wanted", "reach"} <= {row["kind"] for row in rows}
    assert any("state=waiting_for_villager" in row["detail"] for row in rows)


def test_its_page_says_why_a_document_went_back_and_what_it_runs_by(there: There) -> None:
    page = there.pages.get(f"/kiosks/{COUNTY}/{there.kiosk_of[WENT_BACK]}").text
    assert "试过，退回了" in page
    assert "not proven within 60 s: receipt-printer" in page
    assert "现在按第 2 版" in page
    assert "等这位村民办完再换" not in page


def test_a_kiosk_the_bureau_knows_nothing_of_has_no_card(there: There) -> None:
    with there.engine.connect() as connection:
        of = KioskId(county=COUNTY, kiosk="LX-999")
        assert DeskOfKiosk().card(connection, of, FIRST, now=NOW) is None
        other = replace(FIRST, counties=frozenset({"qinghe"}))
        known = KioskId(county=COUNTY, kiosk=there.desk.waits_for_villager)
        assert DeskOfKiosk().card(connection, known, other, now=NOW) is None
