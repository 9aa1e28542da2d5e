import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from kiosk.clock import SystemClock
from kiosk.gateway.client import HttpPlatform
from kiosk.gateway.platform import Application, KnownBy, Person
from kiosk.gateway.sandbox.api import create_app
from kiosk.gateway.sandbox.citizens import Citizen
from kiosk.gateway.sandbox.registry import Registry
from kiosk.gateway.settings import PlatformSettings
from tests.kiosk.gateway.serving import served

TOKEN = "test-token"
RETIRED = Citizen(id_number="360499195001010015", name="周桂兰", birth=date(1950, 1, 1))
WORKING = Citizen(id_number="36049919900101002X", name="何志明", birth=date(1990, 1, 1))
PHONE_CODE = "ZZID1-" + "5a" * 16
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def person_of(citizen: Citizen) -> Person:
    return Person(
        known_by=KnownBy.ID_CARD,
        name=citizen.name,
        number=citizen.id_number,
        card_layout="resident",
        address="无名县无名村1号",
    )


@dataclass(slots=True)
class Sandbox:
    """The stand-in platform as it runs, and what a test may ask of it."""

    url: str
    client: httpx.AsyncClient

    async def turn(self, mode: str, times: int | None = None) -> None:
        (await self.client.post("/sandbox/mode", json={"mode": mode, "times": times})).raise_for_status()

    async def effects(self) -> dict[str, int]:
        effects: dict[str, int] = (await self.client.get("/sandbox/effects")).json()
        return effects

    async def payments(self) -> dict[str, int]:
        payments: dict[str, int] = (await self.client.get("/sandbox/payments")).json()
        return payments


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    registry = Registry(tmp_path / "platform.sqlite", issuer="测试发证处", public_url="https://verify.example")
    registry.register([RETIRED, WORKING])
    registry.give_phone_code(PHONE_CODE, RETIRED.id_number)
    app = create_app(registry=registry, token=TOKEN, now=lambda: NOW)
    # No TLS in these tests, and reading the certificates of the world takes longer than a test.
    async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:  # noqa: S501
        sandbox = Sandbox(url, client)
        yield sandbox
        await sandbox.turn("normal")


@pytest.fixture
def settings_for(tmp_path: Path) -> Callable[..., PlatformSettings]:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")

    def make(url: str, **bounds: object) -> PlatformSettings:
        defaults: dict[str, object] = {"connect_s": 1, "answer_s": 2, "overall_s": 5, "retries": 2}
        return PlatformSettings.model_validate({"base_url": url, "token_file": token_file, **defaults, **bounds})

    return make


@pytest.fixture
async def platform_at(settings_for: Callable[..., PlatformSettings]) -> AsyncIterator[Callable[..., HttpPlatform]]:
    made: list[HttpPlatform] = []

    def make(url: str, **bounds: object) -> HttpPlatform:
        # As the platform's own, but for TLS: see above.
        transport = httpx.AsyncHTTPTransport(verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        made.append(
            HttpPlatform(settings=settings_for(url, **bounds), clock=SystemClock(), transport=transport, chance=lambda: 0.0)
        )
        return made[-1]

    yield make
    for platform in made:
        await platform.close()


@pytest.fixture
def unused_url() -> Iterator[str]:
    """An address where nobody listens, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def keys() -> Iterator[str]:
    return (f"{number:032x}" for number in range(1, 1000))


@pytest.fixture
def application(keys: Iterator[str]) -> Application:
    return Application(key=next(keys), service="social_security_enrolment", person=person_of(RETIRED))
