"""A store that is away: pages show what they last showed and say as of when; programs are told when to ask again."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.web.kept import MOST_KEPT, KeptPages
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.county import COUNTY, NOW, add_kiosk

ANYBODY = Person(name="li", full_name="李", role=Role.VIEWER)


class Clock:
    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(embedded: Engine, clock: Clock) -> Asking:
    with embedded.begin() as connection:
        add_kiosk(connection, "A-1")
    return Asking(served.build(embedded, now=clock))


def _lose(engine: Engine) -> None:
    engine.dispose()
    for part in Path(str(engine.url.database)).parent.glob("fleet.sqlite3*"):
        part.unlink()


def test_a_page_shows_what_it_last_showed_and_says_as_of_when(client: Asking, embedded: Engine, clock: Clock) -> None:
    assert 'id="kept" role="status" hidden' in client.get("/kiosks").text
    _lose(embedded)
    clock.now += timedelta(minutes=3)
    page = client.get("/kiosks?lang=en")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "A-1" in page.text
    assert "Data as of" in page.text
    assert "09:12:06" in page.text.split('id="kept-at">')[1].split("<")[0]
    assert 'class="is-kept"' in page.text
    assert 'data-kept="180.0"' in page.text


def test_what_a_fragment_showed_stands_for_its_page(client: Asking, embedded: Engine) -> None:
    client.get(f"/fragments/kiosks/{COUNTY}/A-1")
    _lose(embedded)
    page = client.get(f"/kiosks/{COUNTY}/A-1")
    assert page.status_code == 503
    assert "数据截至" in page.text
    assert "A-1" in page.text


def test_a_page_nobody_has_seen_says_that_the_store_is_away(client: Asking, embedded: Engine) -> None:
    client.get("/kiosks")
    _lose(embedded)
    page = client.get("/alarms")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "数据暂时读不到" in page.text


def test_programs_and_tables_are_told_when_to_ask_again(client: Asking, embedded: Engine) -> None:
    for path in ("/api/v1/kiosks", "/fragments/kiosks", "/kiosks?format=csv"):
        assert client.get(path).status_code == 200
    _lose(embedded)
    for path in ("/api/v1/kiosks", "/fragments/kiosks", "/kiosks?format=csv"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "A-1" not in answer.text


def test_what_is_kept_is_bounded_and_only_for_the_same_rights() -> None:
    pages = KeptPages()
    for number in range(MOST_KEPT + 1):
        pages.note(f"/kiosks?page={number}", ANYBODY, "kiosks.html", {"now": NOW})
    assert pages.find("/kiosks?page=0", ANYBODY) is None
    assert pages.find(f"/kiosks?page={MOST_KEPT}", ANYBODY) is not None
    other = Person(name="wang", full_name="王", role=Role.VIEWER, counties=frozenset({"lanxi"}))
    assert pages.find(f"/kiosks?page={MOST_KEPT}", other) is None
    assert pages.find(f"/kiosks?page={MOST_KEPT}", None) is None
