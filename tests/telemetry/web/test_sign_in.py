"""Signing in and out: one answer for every reason to refuse, cookies nobody reads, sessions that end when they should."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.accounts.patience import FREE
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store import schema
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.local_paths import local
from tests.telemetry.web import served
from tests.telemetry.web.county import open_store
from tests.telemetry.web.visitor import BY_SIGN_IN, CHEN, OF_ROLE, PASSWORD, Clock, Visitor, enrol, in_as

OTHER = "another sentence to keep"


@pytest.fixture
def store_of_people(tmp_path: Path) -> Engine:
    engine = open_store(tmp_path / "fleet.sqlite3")
    enrol(engine, OF_ROLE.values())
    return engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(store_of_people: Engine, clock: Clock) -> FastAPI:
    return served.build(store_of_people, now=clock, rules=BY_SIGN_IN)


def test_whoever_is_not_in_is_led_to_the_sign_in_page_and_back(app: FastAPI) -> None:
    visitor = Visitor(app)
    answer = visitor.get("/kiosks?town=柳河镇&lang=en")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=%2Fkiosks%3Ftown%3D")
    assert answer.headers["Location"].endswith("&lang=en")
    back = visitor.sign_in(CHEN.name, next="/kiosks?town=x")
    assert (back.status_code, back.headers["Location"]) == (303, "/kiosks?town=x")
    assert visitor.get("/kiosks").status_code == 200


def test_programs_and_open_tabs_are_told_401(app: FastAPI) -> None:
    for path in ("/api/v1/kiosks", "/api/v1/alarms", "/fragments/overview", "/events", "/openapi.json"):
        answer = Visitor(app).get(path)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
        assert answer.headers["Content-Type"] == "application/json"


def test_the_cookie_is_for_this_site_and_no_script(app: FastAPI, store_of_people: Engine) -> None:
    cookies = Visitor(app).sign_in(CHEN.name).headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Secure" not in cookie
    assert "Max-Age" not in next(one for one in cookies if one.startswith("zhizhu="))
    kept = Visitor(app).sign_in(CHEN.name, keep="yes").headers.get_list("set-cookie")
    assert "Max-Age=28800" in next(one for one in kept if one.startswith("zhizhu="))
    behind_https = served.build(store_of_people, now=Clock(), rules=Rules(is_secure=True, public_host="fleet.example"))
    for cookie in Visitor(behind_https).sign_in(CHEN.name).headers.get_list("set-cookie"):
        assert "; Secure" in cookie
        assert cookie.startswith(("__Host-zhizhu=", "zhizhu-browser="))


def test_every_sign_in_has_a_token_of_its_own_and_ends_the_one_before(app: FastAPI) -> None:
    visitor = Visitor(app)
    visitor.cookies.set("zhizhu", "chosen-by-somebody-else", domain="fleet.local")
    visitor.sign_in(CHEN.name)
    first = visitor.token
    assert first != "chosen-by-somebody-else"
    visitor.sign_in(CHEN.name)
    assert visitor.token != first
    thief = Visitor(app)
    thief.cookies.set("zhizhu", first, domain="fleet.local")
    assert thief.get("/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    token = visitor.token
    assert visitor.post("/sign-out").headers["Location"] == "/sign-in"
    assert visitor.token == ""
    visitor.cookies.set("zhizhu", token, domain="fleet.local")
    assert visitor.get("/").status_code == 303


def test_a_session_nobody_uses_ends_and_a_page_that_refreshes_itself_is_no_use(app: FastAPI, clock: Clock) -> None:
    visitor = in_as(app, CHEN)
    for _ in range(4):
        clock.later(minutes=20)
        assert visitor.get("/kiosks").status_code == 200
    for _ in range(2):
        clock.later(minutes=14)
        assert visitor.get("/fragments/kiosks").status_code == 200
    clock.later(minutes=14)
    assert visitor.get("/fragments/kiosks").status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(app: FastAPI) -> None:
    wrong = Visitor(app).sign_in(CHEN.name, OTHER)
    unknown = Visitor(app).sign_in("WH-9999", OTHER)
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(CHEN.name, "NAME") == unknown.text.replace("WH-9999", "NAME")


def test_a_closed_account_is_told_the_same_as_an_unknown_one(app: FastAPI) -> None:
    bureau = in_as(app, CHEN)
    assert bureau.post("/accounts/sj-1/close").status_code == 303
    assert Visitor(app).sign_in("sj-1").status_code == 401


def test_guesses_wait_for_known_and_unknown_names_alike_and_the_right_password_waits_too(app: FastAPI, clock: Clock) -> None:
    for name in (CHEN.name, "WH-9999"):
        stranger = Visitor(app, address="10.6.6.6" if name == CHEN.name else "10.6.6.7")
        for _ in range(FREE):
            answer = stranger.sign_in(name, OTHER)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "15")
        assert stranger.sign_in(name, PASSWORD).status_code == 429
    clock.later(seconds=16)
    assert Visitor(app, address="10.0.0.9").sign_in(CHEN.name).status_code == 303


def test_tries_at_the_door_are_counted_by_how_they_ended(store_of_people: Engine, clock: Clock) -> None:
    metrics = Metrics()
    stranger = Visitor(served.build(store_of_people, now=clock, rules=BY_SIGN_IN, metrics=metrics), address="10.6.6.6")
    for _ in range(FREE + 1):
        stranger.sign_in(CHEN.name, OTHER)
    clock.later(seconds=16)
    stranger.sign_in(CHEN.name)
    said = metrics.page().decode()
    for outcome, times in (("admitted", 1), ("refused", FREE), ("told_to_wait", 1)):
        assert f'zhizhu_sign_ins_total{{outcome="{outcome}"}} {times}.0' in said


def test_the_owner_gets_in_where_they_were_in_before_however_long_a_stranger_guesses(app: FastAPI, clock: Clock) -> None:
    owner = in_as(app, CHEN)
    owner.post("/sign-out")
    stranger = Visitor(app, address="10.6.6.6")
    for _ in range(40):
        stranger.sign_in(CHEN.name, OTHER)
        clock.later(minutes=1)
    assert Visitor(app, address="10.0.0.9").sign_in(CHEN.name).status_code == 429
    assert owner.sign_in(CHEN.name).status_code == 303


def test_many_guesses_sent_at_once_are_not_all_free(app: FastAPI) -> None:
    answers = [Visitor(app).sign_in(CHEN.name, f"{OTHER} {number}").status_code for number in range(FREE + 5)]
    assert answers.count(401) == FREE - 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/%5cevil", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b",
        "\\\\evil", "/kiosks\\..", "/sign-out", "/" + "x" * 2_000, "///evil.example", "/\tevil", "", "/events",
    ],
)  # fmt: skip
def test_signing_in_never_leads_off_the_site(app: FastAPI, elsewhere: str) -> None:
    if elsewhere != "/%5cevil":
        assert local(elsewhere) == "/"
    location = Visitor(app).sign_in(CHEN.name, next=elsewhere[:900]).headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "evil.example" not in location


def test_signing_in_refused_and_out_stand_in_the_audit_and_what_was_typed_does_not(app: FastAPI, store_of_people: Engine) -> None:
    visitor = Visitor(app, address="10.0.0.7")
    visitor.sign_in("my secret password", "oops typed it above")
    visitor.sign_in(CHEN.name, OTHER)
    visitor.sign_in(CHEN.name)
    visitor.post("/sign-out")
    with store_of_people.connect() as connection:
        noted = audit.read(connection, Question())
        everything = str(connection.execute(select(schema.audit)).all())
    assert [(one.by, one.act, one.result) for one in reversed(noted)] == [
        ("", "sign-in", "refused"),
        (CHEN.name, "sign-in", "refused"),
        (CHEN.name, "sign-in", "done"),
        (CHEN.name, "sign-out", "done"),
    ]
    assert {one.address for one in noted} == {"10.0.0.7"}
    assert "secret" not in everything


def test_an_empty_store_says_how_the_first_account_is_made(tmp_path: Path) -> None:
    app = served.build(open_store(tmp_path / "empty.sqlite3"), now=Clock(), rules=BY_SIGN_IN)
    text = Visitor(app).get("/sign-in").text
    assert "zhizhu-fleet account add" in text
    assert "--role bureau" in text


def test_changing_the_password_ends_every_other_session_and_asks_for_the_old_one(app: FastAPI) -> None:
    here, elsewhere = in_as(app, CHEN), in_as(app, CHEN, address="10.0.0.2")
    before = here.token
    form = {"current": OTHER, "new": OTHER, "again": OTHER}
    assert here.post("/account/password", form).status_code == 422
    form["current"] = PASSWORD
    assert here.post("/account/password", {**form, "again": OTHER + "!"}).status_code == 422
    assert here.post("/account/password", {**form, "new": "short", "again": "short"}).status_code == 422
    assert elsewhere.get("/").status_code == 200
    assert here.post("/account/password", form).status_code == 303
    assert here.token != before
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 303
    assert Visitor(app).sign_in(CHEN.name).status_code == 401
    assert Visitor(app).sign_in(CHEN.name, OTHER).status_code == 303


def test_whoever_found_an_open_session_cannot_guess_the_password_in_it_for_ever(app: FastAPI) -> None:
    visitor = in_as(app, CHEN)
    csrf = visitor.csrf()
    for number in range(FREE):
        visitor.post("/account/password", {"current": f"guess {number}", "new": OTHER, "again": OTHER}, csrf=csrf)
    refused = visitor.post("/account/password", {"current": PASSWORD, "new": OTHER, "again": OTHER}, csrf=csrf)
    assert refused.status_code == 422
    assert Visitor(app).sign_in(CHEN.name).status_code == 303


def test_own_sessions_are_listed_and_ended(app: FastAPI) -> None:
    here, elsewhere = in_as(app, CHEN), in_as(app, CHEN, address="10.77.0.2")
    assert "10.77.0.2" in here.get("/account").text
    assert here.post("/account/sessions/end").status_code == 303
    assert elsewhere.get("/").status_code == 303
    assert here.get("/account?said=ended").status_code == 200
