"""Every act the web knows, for every role: who may, who may not. A new act that is not in the table fails here."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.accounts.person import Act, Role
from telemetry.fleet.web.words import ACTS as WORDS_OF_ACTS
from telemetry.fleet.web.words import ROLES
from tests.telemetry.web import served
from tests.telemetry.web.county import add_kiosk, open_store
from tests.telemetry.web.visitor import BY_SIGN_IN, OF_ROLE, Clock, Visitor, enrol, in_as

EVERYBODY = frozenset(Role)
MENDERS = frozenset({Role.MAINTAINER, Role.DISPATCHER, Role.BUREAU})
DISPATCHERS = frozenset({Role.DISPATCHER, Role.BUREAU})
BUREAU = frozenset({Role.BUREAU})
READERS_OF_THE_AUDIT = frozenset({Role.BUREAU, Role.AUDITOR})

ACTS = {
    "/sign-in": EVERYBODY,
    "/sign-out": EVERYBODY,
    "/account/password": EVERYBODY,
    "/account/sessions/end": EVERYBODY,
    "/accounts": BUREAU,
    "/accounts/{name}/password": BUREAU,
    "/accounts/{name}/change": BUREAU,
    "/accounts/{name}/close": BUREAU,
    "/accounts/{name}/reopen": BUREAU,
    "/programs/{name}/revoke": BUREAU,
    "/alarms/acknowledge": MENDERS,
    "/alarms/shelve": DISPATCHERS,
    "/alarms/unshelve": DISPATCHERS,
    "/incidents/{number}/acknowledge": MENDERS,
    "/maintenance": DISPATCHERS,
    "/maintenance/{number}/end": DISPATCHERS,
    "/tickets/{number}/{doing}": MENDERS,
    "/kiosks/{county}/{kiosk}/tickets": MENDERS,
    "/kiosks/{county}/{kiosk}/complaints": MENDERS,
}
"""Who may ask for what at all; which county and area they may ask it for is asked besides."""

PAGES = {
    "/audit": READERS_OF_THE_AUDIT,
    "/audit?format=csv": READERS_OF_THE_AUDIT,
    "/accounts": BUREAU,
    "/accounts?format=csv": BUREAU,
    "/account": EVERYBODY,
    "/": EVERYBODY,
    "/kiosks": EVERYBODY,
    "/alarms": EVERYBODY,
    "/api/v1/kiosks": EVERYBODY,
    "/openapi.json": EVERYBODY,
}
SAMPLE = {"name": "nobody", "number": "1", "doing": "acknowledge", "county": "lanxi", "kiosk": "A-1"}


@pytest.fixture(scope="module")
def store_of_people(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_store(tmp_path_factory.mktemp("roles") / "fleet.sqlite3")
    enrol(engine, OF_ROLE.values())
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
    return engine


@pytest.fixture(scope="module")
def app(store_of_people: Engine) -> FastAPI:
    return served.build(store_of_people, now=Clock(), rules=BY_SIGN_IN)


@pytest.fixture(scope="module")
def visitors(app: FastAPI) -> dict[Role, Visitor]:
    return {role: in_as(app, person) for role, person in OF_ROLE.items()}


def _routes(routes: object) -> Iterator[tuple[str, frozenset[str]]]:
    """Every route of an application, however deep it was included."""
    for route in routes:  # type: ignore[attr-defined]  # starlette's routes, or FastAPI's holders of more of them
        if hasattr(route, "original_router"):
            yield from _routes(route.original_router.routes)
        elif getattr(route, "methods", None):
            yield route.path, frozenset(route.methods)


def test_every_act_of_the_web_is_in_the_table(app: FastAPI) -> None:
    acts = {path for path, methods in _routes(app.routes) if methods - {"GET", "HEAD", "OPTIONS"}}
    assert len(acts) > 8
    assert acts - ACTS.keys() == set(), "say in ACTS who may do this"


def _sample(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda part: SAMPLE[part[1]], path)


@pytest.mark.parametrize("path", [path for path in ACTS if path not in {"/sign-in", "/sign-out"}])
def test_each_role_may_do_what_the_table_says_and_nothing_else(app: FastAPI, visitors: dict[Role, Visitor], path: str) -> None:
    known = {one for one, methods in _routes(app.routes) if "POST" in methods}
    if path not in known:
        pytest.skip("no such act in this build")
    for role, visitor in visitors.items():
        status = visitor.post(_sample(path), {"role": "viewer", "comment": "x", "scope": "x"}).status_code
        if role in ACTS[path]:
            assert status != 403, (path, role)
        else:
            # A form that says too little may be refused before anybody asks who sent it; it does nothing either way.
            assert status in {403, 404, 422}, (path, role)
            assert status == 403 or path not in {"/accounts", "/programs/{name}/revoke"}


def test_each_role_sees_the_pages_the_table_says(visitors: dict[Role, Visitor]) -> None:
    for path, roles in PAGES.items():
        for role, visitor in visitors.items():
            assert (visitor.get(path).status_code == 200) is (role in roles), (path, role)


def test_a_refusal_names_who_may_and_stands_in_the_audit(visitors: dict[Role, Visitor], store_of_people: Engine) -> None:
    answer = visitors[Role.VIEWER].get("/accounts")
    assert answer.status_code == 403
    assert "管理账号：县局管理员可以" in answer.text
    assert "您是看客（查看）" in answer.text
    english = visitors[Role.VIEWER].get("/audit?lang=en").text
    assert "read the audit: may be done by bureau, auditor" in english
    with store_of_people.connect() as connection:
        newest = audit.read(connection, Question(by="viewer-1"), limit=1)[0]
    assert (newest.act, newest.result, newest.detail) == ("audit.read", "refused", "GET /audit")


def test_nobody_is_offered_what_would_be_refused(visitors: dict[Role, Visitor]) -> None:
    for role, visitor in visitors.items():
        text = visitor.get("/account").text
        assert ('href="/audit"' in text) is (role in READERS_OF_THE_AUDIT)
        assert ('href="/accounts"' in text) is (role in BUREAU)


def test_the_words_know_every_role_and_act() -> None:
    assert {act.value for act in Act} == set(WORDS_OF_ACTS)
    assert {role.value for role in Role} == set(ROLES)
