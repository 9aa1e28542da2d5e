"""Whatever anybody asks of the API, it answers in words: never with an error of its own."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.telemetry.web import served
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import NOW

EXAMPLES = 15
"""Requests made of each operation and mode; the same ones every time."""


def _ask(app: FastAPI, case: Case[Any]) -> httpx.Response | None:
    """Send one request; None when no client could send it at all."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            return await client.request(**case.as_transport_kwargs(base_url="http://fleet"))

    try:
        return asyncio.run(send())
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
        return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # httpx's, about cookies a request of schemathesis carries
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_question_to_the_api_ends_in_an_error_of_the_server(county: WholeCounty, mode: GenerationMode) -> None:
    app = served.build(county.engine, now=lambda: NOW)
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    asked: list[str] = []
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.path_parameters):
            continue  # it takes nothing that could be wrong

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            answer = _ask(app, case)
            if answer is None:
                return
            assert answer.status_code < 500, case.as_curl_command()
            if answer.status_code >= 400:
                assert "detail" in answer.json()
            asked.append(case.operation.label)

        ask()
    assert {operation.path for operation in operations} >= {"/healthz", "/metrics", "/api/v1/kiosks", "/api/v1/alarms"}
    assert len(asked) > 3 * len({*asked})


def test_the_description_of_the_api_names_everything_programs_may_ask(county: WholeCounty) -> None:
    described = county.client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert not [path for path in described["paths"] if not path.startswith(("/api/v1/", "/healthz", "/metrics"))]
