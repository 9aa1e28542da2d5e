"""Somebody of one county learns nothing of another: not from a page, a table, the API, a fragment, an act or the stream."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.changes import Changes
from telemetry.fleet.web.stream import Streams
from telemetry.wire.topics import KioskId
from tests.telemetry.web import served
from tests.telemetry.web.county import NOW, add_alarm, add_device, add_incident, add_kiosk, add_message, open_store
from tests.telemetry.web.test_roles import _routes
from tests.telemetry.web.visitor import BY_SIGN_IN, CHEN, OF_ELSEWHERE, OF_LANXI, Clock, Visitor, enrol, in_as

SECRETS = ("QH-SECRET", "秘密村", "秘密镇", "秘密杆", "qinghe-evidence", "other-1")
"""What only the other county's rows say."""
OF_PAGES = (
    *("/", "/?format=csv", "/?lang=en", "/?county=qinghe", "/map", "/wall", "/round", "/analytics", "/reports", "/system"),
    *("/kiosks", "/kiosks?format=csv", "/kiosks?county=qinghe", "/kiosks?town=秘密镇", "/kiosks?q=秘密村"),
    *("/alarms", "/alarms?which=all&format=csv", "/alarms?which=ended", "/incidents", "/maintenance"),
    *("/tickets", "/tickets?format=csv", "/account", "/accounts", "/accounts?format=csv"),
    *("/audit", "/audit?format=csv", "/audit?kiosk=QH-SECRET&day=2026-11-24", "/audit?kiosk=qinghe/QH-SECRET"),
)
OF_FRAGMENTS = tuple(f"/fragments/{page}" for page in ("overview", "kiosks", "alarms", "tickets", "analytics", "map", "wall"))
OF_KIOSK = (
    *("/kiosks/qinghe/QH-SECRET", "/fragments/kiosks/qinghe/QH-SECRET", "/kiosks/qinghe/QH-SECRET?format=csv&table=log"),
    *("/api/v1/kiosks/QH-SECRET", "/api/v1/kiosks/QH-SECRET?county=qinghe"),
)
OF_API = (
    *("/api/v1/kiosks", "/api/v1/kiosks?county=qinghe", "/api/v1/alarms", "/api/v1/alarms?county=qinghe"),
    "/api/v1/alarms?kiosk=QH-SECRET&county=qinghe",
)
PATHS = (*OF_PAGES, *OF_FRAGMENTS, *OF_KIOSK, *OF_API)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    engine = open_store(tmp_path_factory.mktemp("counties") / "fleet.sqlite3")
    enrol(engine, [CHEN, OF_LANXI, OF_ELSEWHERE])
    _fill(engine)
    yield served.build(engine, now=Clock(), rules=BY_SIGN_IN)
    engine.dispose()


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "LX-001")
        add_kiosk(connection, "QH-SECRET", county="qinghe", site="秘密村", town="秘密镇")
        for kiosk, county in (("LX-001", "lanxi"), ("QH-SECRET", "qinghe")):
            add_device(connection, kiosk, "receipt-printer", "receipt_printer", county=county, evidence=f"{county}-evidence")
            add_alarm(connection, kiosk, "receipt-printer", "printer.paper_out", county=county, detail=f"{county}-evidence")
            add_alarm(connection, kiosk, "camera", "camera.frozen", county=county, cleared_at=NOW, detail=f"{county}-evidence")
            body = {"name": "visit.ended", "fields": {"service": f"{county}-evidence"}}
            add_message(connection, kiosk, seq=1, kind="event", at=NOW, county=county, body=body)
        add_incident(connection, scope="秘密杆", county="qinghe", evidence="qinghe-evidence")
        audit.note(connection, OF_ELSEWHERE, Act.FIX, now=NOW, county="qinghe", kiosk="QH-SECRET", detail="qinghe-evidence")
        audit.note(connection, OF_ELSEWHERE, Act.SIGN_IN, now=NOW)


@pytest.fixture(scope="module")
def narrowed(app: FastAPI) -> Visitor:
    return in_as(app, OF_LANXI)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_another_county_is_shown(narrowed: Visitor, path: str) -> None:
    answer = narrowed.get(path)
    assert answer.status_code < 500
    asked = [secret for secret in SECRETS if secret in path]
    for secret in SECRETS:
        if secret not in asked:
            assert secret not in answer.text, f"{secret} on {path}"


def test_who_sees_every_county_does_see_it(app: FastAPI) -> None:
    everywhere = in_as(app, CHEN)
    assert "QH-SECRET" in everywhere.get("/kiosks").text
    assert "QH-SECRET" in everywhere.get("/audit?kiosk=QH-SECRET").text
    assert "other-1" in everywhere.get("/accounts").text
    assert {one["county"] for one in everywhere.get("/api/v1/kiosks").json()} == {"lanxi", "qinghe"}


def test_a_kiosk_of_another_county_answers_like_one_that_is_not_there(narrowed: Visitor) -> None:
    theirs, nobodys = narrowed.get("/api/v1/kiosks/QH-SECRET"), narrowed.get("/api/v1/kiosks/QH-NOTHING")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace("SECRET", "NOTHING") == nobodys.text
    assert narrowed.get("/kiosks/qinghe/QH-SECRET").status_code == 404


def test_an_act_on_another_county_is_refused(app: FastAPI, narrowed: Visitor) -> None:
    known = {path for path, methods in _routes(app.routes) if "POST" in methods}
    for path in ("/kiosks/{county}/{kiosk}/tickets", "/kiosks/{county}/{kiosk}/complaints"):
        if path in known:
            of = path.replace("{county}", "qinghe").replace("{kiosk}", "QH-SECRET")
            assert narrowed.post(of, {"why": "x", "about": "screen", "by": "villager"}).status_code in {403, 404}


def test_a_bureau_of_one_county_gives_nobody_more_than_it_has(narrowed: Visitor) -> None:
    form = {"name": "new-1", "full_name": "新", "role": "viewer"}
    assert narrowed.post("/accounts", {**form, "counties": ""}).status_code == 422
    assert narrowed.post("/accounts", {**form, "counties": "qinghe"}).status_code == 422
    assert narrowed.post("/accounts", {**form, "counties": "lanxi, qinghe"}).status_code == 422
    for act in ("close", "password", "change", "reopen"):
        assert narrowed.post(f"/accounts/{OF_ELSEWHERE.name}/{act}", {"role": "viewer"}).status_code == 404
        assert narrowed.post(f"/accounts/{CHEN.name}/{act}", {"role": "viewer"}).status_code == 404
    answer = narrowed.post("/accounts", {**form, "counties": "lanxi"})
    assert answer.status_code == 200
    assert 'class="secret mono"' in answer.text


async def test_the_stream_tells_of_ones_own_kiosks_alone() -> None:
    changes = Changes(first_id=10)
    changes.publish([KioskId(county="qinghe", kiosk="QH-SECRET")])
    changes.publish([KioskId(county="lanxi", kiosk="LX-001"), KioskId(county="qinghe", kiosk="QH-SECRET")])
    streams = Streams(changes, now=lambda: NOW)
    events = streams.events(after=10, counties=frozenset({"lanxi"}))
    await anext(events)
    said = (await anext(events)).encode().decode()
    data = next(line for line in said.splitlines() if line.startswith("data:"))
    assert json.loads(data.removeprefix("data:")) == {"kiosks": ["lanxi/LX-001"]}
    streams.close()
