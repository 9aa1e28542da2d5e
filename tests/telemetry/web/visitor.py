"""Somebody at a browser without a network: keeps cookies, signs in, posts the forms of the pages as they are."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from telemetry.fleet.accounts import register
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.web.door import Rules
from tests.telemetry.web import served
from tests.telemetry.web.county import COUNTY, NOW

PASSWORD = "a sentence to keep"  # of synthetic accounts
HERE = "http://fleet"
BY_SIGN_IN = Rules()

CHEN = Person(name="WH-0001", full_name="陈主任", role=Role.BUREAU)
"""The bureau, everywhere."""
OF_ROLE = {
    Role.BUREAU: CHEN,
    Role.VIEWER: Person(name="viewer-1", full_name="看客", role=Role.VIEWER),
    Role.MAINTAINER: Person(name="WH-0104", full_name="王敏", role=Role.MAINTAINER),
    Role.DISPATCHER: Person(name="WH-0201", full_name="李调度", role=Role.DISPATCHER),
    Role.AUDITOR: Person(name="sj-1", full_name="周审计", role=Role.AUDITOR),
}
OF_LANXI = Person(name="lanxi-1", full_name="岚溪的人", role=Role.BUREAU, counties=frozenset({COUNTY}))
OF_ELSEWHERE = Person(name="other-1", full_name="别县的人", role=Role.BUREAU, counties=frozenset({"qinghe"}))
_HASHED: list[str] = []


class Clock:
    """The server's clock, which a test moves."""

    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


def enrol(engine: Engine, people: Iterable[Person]) -> None:
    """Write accounts, all with the one password; hashed once, as that is what takes time."""
    if not _HASHED:
        _HASHED.append(served.QUICK_PASSWORDS.hash(PASSWORD))
    with engine.begin() as connection:
        for person in people:
            register.add(connection, person, hashed=_HASHED[0], now=NOW - timedelta(days=30))


class Visitor:
    """A browser. Every answer is kept as it came; nothing is followed by itself."""

    def __init__(self, app: FastAPI, *, address: str = "10.0.0.1") -> None:
        self._app = app
        self._address = address
        self.cookies = httpx.Cookies()

    @property
    def token(self) -> str:
        """The session's cookie; empty without one."""
        return str(self.cookies.get("zhizhu", ""))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask once."""
        return self.send("GET", path, headers=headers)

    def csrf(self, path: str = "/account") -> str:
        """Return what the forms of a page carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, path: str, fields: Mapping[str, str] | None = None, *, csrf: str | None = None) -> httpx.Response:
        """Send a form as a page of ours does."""
        carried = self.csrf() if csrf is None else csrf
        return self.send("POST", path, data={**(fields or {}), "csrf": carried}, headers={"Origin": HERE})

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Send the form of the sign-in page."""
        data = {"name": name, "password": password, **fields}
        return self.send("POST", "/sign-in", data=data, headers={"Origin": HERE})

    def send(
        self,
        method: str,
        path: str,
        *,
        data: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Ask anything at all."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False, client=(self._address, 40_000))
            async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies=self.cookies) as client:
                answer = await client.request(method, path, data=data, headers=headers, content=content)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())


def in_as(app: FastAPI, person: Person, *, address: str = "10.0.0.1") -> Visitor:
    """Return somebody who has signed in."""
    visitor = Visitor(app, address=address)
    answer = visitor.sign_in(person.name)
    assert answer.status_code == 303, answer.text[:400]
    return visitor
