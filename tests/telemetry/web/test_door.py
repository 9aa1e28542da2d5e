"""The door: who is not known is refused, another site's forms are refused, and what cannot be decided is refused."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from telemetry.fleet.accounts import programs
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.forms import MOST_BYTES
from tests.telemetry.web import served
from tests.telemetry.web.county import add_kiosk, open_store
from tests.telemetry.web.visitor import BY_SIGN_IN, CHEN, HERE, OF_ROLE, Clock, Visitor, enrol, in_as

ACT = "/account/sessions/end"
METRICS_TOKEN = "a token only prometheus knows"  # of the test


@pytest.fixture(scope="module")
def store_of_people(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_store(tmp_path_factory.mktemp("people") / "fleet.sqlite3")
    enrol(engine, OF_ROLE.values())
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
    return engine


@pytest.fixture(scope="module")
def app(store_of_people: Engine) -> FastAPI:
    return served.build(store_of_people, now=Clock(), rules=BY_SIGN_IN)


def test_an_act_without_the_pages_secret_is_refused(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    for carried in ("", "x", "a" * 43, visitor.token):
        assert visitor.post(ACT, csrf=carried).status_code == 403
    assert visitor.send("POST", ACT, headers={"Origin": HERE}).status_code == 403
    assert (
        visitor.send("POST", ACT, content=b"{}", headers={"Origin": HERE, "Content-Type": "application/json"}).status_code == 403
    )
    assert visitor.post(ACT).status_code == 303


def test_the_secret_of_another_session_is_no_secret_of_this_one(app: FastAPI) -> None:
    mine, theirs = in_as(app, CHEN), in_as(app, OF_ROLE[Role.VIEWER])
    assert mine.post(ACT, csrf=theirs.csrf()).status_code == 403
    again = in_as(app, CHEN)
    assert mine.post(ACT, csrf=again.csrf()).status_code == 403


def test_the_secret_may_come_in_a_header(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    headers = {"Origin": HERE, "X-CSRF-Token": visitor.csrf()}
    assert visitor.send("POST", ACT, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://fleet.evil.example"},
        {"Origin": "http://fleet:81"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_secret(app: FastAPI, headers: dict[str, str]) -> None:
    visitor = in_as(app, CHEN)
    answer = visitor.send("POST", ACT, data={"csrf": visitor.csrf()}, headers=headers)
    assert answer.status_code == 403
    assert "不是从本系统的页面发来的" in answer.text
    sign_in = visitor.send("POST", "/sign-in", data={"name": CHEN.name, "password": "x"}, headers=headers)
    assert sign_in.status_code == 403


def test_a_browser_that_says_same_origin_needs_no_origin(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert visitor.send("POST", ACT, data={"csrf": visitor.csrf()}, headers=headers).status_code == 303


def test_behind_a_proxy_the_public_name_is_ours(store_of_people: Engine) -> None:
    app = served.build(store_of_people, now=Clock(), rules=Rules(public_host="fleet.example"))
    visitor = in_as(app, CHEN)
    data = {"csrf": visitor.csrf()}
    assert visitor.send("POST", ACT, data=data, headers={"Origin": "https://fleet.example"}).status_code == 303
    assert visitor.send("POST", ACT, data=data, headers={"Origin": "https://evil.example"}).status_code == 403


def test_an_act_of_nobody_is_sent_to_sign_in_and_not_done(app: FastAPI) -> None:
    answer = Visitor(app).send("POST", "/accounts", data={"name": "x"}, headers={"Origin": HERE})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    for method in ("PUT", "DELETE", "PATCH"):
        assert Visitor(app).send(method, "/api/v1/kiosks").status_code == 401


def test_a_form_too_long_is_refused_before_it_is_read_whole(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    headers = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    assert visitor.send("POST", ACT, content=b"a" * (MOST_BYTES + 1), headers=headers).status_code == 413
    assert visitor.send("POST", ACT, content=b"csrf=%ff&\xff\xfe", headers=headers).status_code in {400, 403}


def test_a_program_shows_its_token_and_needs_no_form(app: FastAPI, store_of_people: Engine) -> None:
    with store_of_people.begin() as connection:
        token = programs.add(connection, Person(name="ledger", full_name="ledger", role=Role.VIEWER), now=Clock().now)
    visitor = Visitor(app)
    assert visitor.get("/api/v1/kiosks", Authorization=f"Bearer {token}").json()[0]["kiosk"] == "A-1"
    for wrong in (f"Bearer {token}x", "Bearer ", f"Basic {token}", token):
        assert visitor.get("/api/v1/kiosks", Authorization=wrong).status_code == 401
    with store_of_people.begin() as connection:
        programs.revoke(connection, "ledger")
    assert visitor.get("/api/v1/kiosks", Authorization=f"Bearer {token}").status_code == 401


def test_health_is_open_and_metrics_are_for_this_machine_or_a_token(store_of_people: Engine) -> None:
    app = served.build(store_of_people, now=Clock(), rules=Rules(metrics_token=METRICS_TOKEN))
    far, near = Visitor(app), Visitor(app, address="127.0.0.1")
    assert far.get("/healthz").status_code == 200
    assert far.get("/metrics").status_code == 401
    assert far.get("/metrics", Authorization="Bearer wrong").status_code == 401
    assert far.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").status_code == 200
    assert near.get("/metrics").status_code == 200
    assert near.get("/metrics", **{"X-Forwarded-For": "10.6.6.6"}).status_code == 401
    without = Visitor(served.build(store_of_people, now=Clock(), rules=Rules()))
    assert without.get("/metrics", Authorization="Bearer ").status_code == 401


def test_where_nobody_signs_in_another_sites_name_does_not_lead_here(store_of_people: Engine) -> None:
    app = served.build(store_of_people, now=Clock(), rules=Rules(required=False, hosts=frozenset({"fleet"})))
    visitor = Visitor(app)
    assert visitor.get("/").status_code == 200
    assert visitor.get("/", Host="rebound.evil.example").status_code == 403
    assert visitor.get("/api/v1/kiosks", Host="rebound.evil.example").status_code == 403
    assert visitor.post(ACT, csrf="wrong").status_code == 403
    assert visitor.send("POST", ACT, headers={"Origin": "https://evil.example"}).status_code == 403


def test_static_files_are_for_everybody_and_nothing_beside_them(app: FastAPI) -> None:
    visitor = Visitor(app)
    assert visitor.get("/static/style.css").status_code == 200
    for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static//etc/passwd"):
        assert visitor.get(path).status_code in {303, 404}


def test_whoever_was_in_goes_on_looking_while_the_store_is_away_and_does_nothing(tmp_path: Path) -> None:
    engine = open_store(tmp_path / "fleet.sqlite3")
    enrol(engine, [CHEN])
    clock = Clock()
    app = served.build(engine, now=clock, rules=BY_SIGN_IN)
    visitor = in_as(app, CHEN)
    csrf = visitor.csrf()
    assert visitor.get("/kiosks").status_code == 200
    engine.dispose()
    for part in tmp_path.glob("fleet.sqlite3*"):
        part.unlink()
    assert visitor.get("/kiosks").status_code == 503
    assert 'class="is-kept"' in visitor.get("/kiosks").text
    assert visitor.post(ACT, csrf=csrf).status_code == 503
    stranger = Visitor(app)
    stranger.cookies.set("zhizhu", "a" * 43, domain="fleet.local")
    assert 'class="is-kept"' not in stranger.get("/kiosks").text
    assert stranger.get("/api/v1/kiosks").status_code == 503
    clock.later(minutes=16)
    assert 'class="is-kept"' not in visitor.get("/kiosks").text


def test_every_page_and_every_refusal_carries_the_policy(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    nobody = Visitor(app)
    answers = [visitor.get(path) for path in ("/", "/account", "/accounts", "/audit", "/kiosks/lanxi/NOPE")]
    answers += [nobody.get("/sign-in"), nobody.get("/"), nobody.get("/api/v1/kiosks"), visitor.post(ACT, csrf="x")]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        for inline in (' style="', "<style", "<script>", " onclick=", "javascript:"):
            assert inline not in answer.text
