import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from kiosk.clock import SystemClock
from kiosk.gateway.client import HttpPlatform
from kiosk.gateway.platform import Accepted, Application, NotDone, OutcomeUnknown, Refused
from kiosk.gateway.settings import PlatformSettings
from tests.kiosk.gateway.conftest import WORKING, Sandbox, person_of
from tests.kiosk.gateway.serving import answering

PlatformAt = Callable[..., HttpPlatform]


async def test_an_application_that_goes_through_brings_back_its_document(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    answer = await platform_at(sandbox.url).submit(application)
    assert isinstance(answer, Accepted)
    assert answer.document.number == "SB20261122-000001"
    assert answer.document.verify_url.startswith("https://verify.example/v/")
    assert ("姓名", "周**") in [(row.label, row.value) for row in answer.document.rows]


async def test_a_platform_that_takes_its_time_is_waited_for(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("slow=0.5")
    assert isinstance(await platform_at(sandbox.url).submit(application), Accepted)


async def test_an_answer_that_comes_after_its_deadline_is_fetched_under_the_same_key(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("slow=0.9")
    assert isinstance(await platform_at(sandbox.url, answer_s=0.3).submit(application), Accepted)
    assert await sandbox.effects() == {application.key: 1}


async def test_an_answer_lost_after_its_effect_is_found_and_never_made_twice(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("drop-after-effect")
    answer = await platform_at(sandbox.url).submit(application)
    assert isinstance(answer, Accepted)
    assert await sandbox.effects() == {application.key: 1}
    assert await platform_at(sandbox.url).find(application.key) == answer


async def test_an_application_lost_on_the_way_is_handed_in_again(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("drop-before-effect", times=1)
    assert isinstance(await platform_at(sandbox.url).submit(application), Accepted)
    assert await sandbox.effects() == {application.key: 1}


async def test_an_application_lost_again_and_again_is_not_done(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("drop-before-effect")
    assert isinstance(await platform_at(sandbox.url, retries=1).submit(application), NotDone)
    assert await sandbox.effects() == {}


async def test_a_short_failure_is_outlasted(sandbox: Sandbox, platform_at: PlatformAt, application: Application) -> None:
    await sandbox.turn("fail=503", times=2)
    assert isinstance(await platform_at(sandbox.url).submit(application), Accepted)
    assert await sandbox.effects() == {application.key: 1}


@pytest.mark.parametrize("mode", ["fail=500", "html", "redirect", "huge", "garbled"])
async def test_whatever_is_no_answer_of_a_platform_leaves_the_outcome_unknown_and_raises_nothing(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application, mode: str
) -> None:
    platform = platform_at(sandbox.url, retries=1)
    await sandbox.turn(mode)
    assert isinstance(await platform.submit(application), OutcomeUnknown)
    assert isinstance(await platform.find(application.key), OutcomeUnknown)
    assert not await platform.rate(application.key, 5)
    assert not await platform.is_reachable()


async def test_a_platform_that_never_answers_costs_no_more_than_the_whole_deadline(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("hang")
    began = time.monotonic()
    assert isinstance(await platform_at(sandbox.url, answer_s=0.3, overall_s=0.8).submit(application), OutcomeUnknown)
    assert time.monotonic() - began < 1.5


async def test_a_busy_platform_is_asked_again_when_it_says(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("busy=1", times=1)
    began = time.monotonic()
    assert isinstance(await platform_at(sandbox.url).submit(application), Accepted)
    assert time.monotonic() - began >= 1


async def test_a_platform_that_stays_busy_has_not_done_it(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    await sandbox.turn("busy=600")
    began = time.monotonic()
    assert isinstance(await platform_at(sandbox.url, overall_s=3).submit(application), NotDone)
    assert time.monotonic() - began < 3, "an hour's Retry-After must not hold a person"


async def test_a_platform_that_cannot_be_reached_has_not_done_it(
    unused_url: str, platform_at: PlatformAt, application: Application
) -> None:
    platform = platform_at(unused_url, retries=1)
    assert isinstance(await platform.submit(application), NotDone)
    assert isinstance(await platform.find(application.key), OutcomeUnknown)
    assert not await platform.is_reachable()


async def test_a_name_that_does_not_resolve_has_not_done_it(platform_at: PlatformAt, application: Application) -> None:
    assert isinstance(await platform_at("http://platform.invalid", retries=0).submit(application), NotDone)


async def test_a_platform_that_goes_away_after_it_may_have_got_the_application_leaves_it_unknown(
    sandbox: Sandbox, settings_for: Callable[..., PlatformSettings], application: Application
) -> None:
    class GoneAfterFirst(httpx.AsyncHTTPTransport):
        requests = 0

        @override
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.requests += 1
            if self.requests > 1:
                raise httpx.ConnectError("cable pulled", request=request)
            return await super().handle_async_request(request)

    await sandbox.turn("drop-after-effect")
    transport = GoneAfterFirst()
    platform = HttpPlatform(settings=settings_for(sandbox.url, retries=1), clock=SystemClock(), transport=transport)
    assert isinstance(await platform.submit(application), OutcomeUnknown)
    await platform.close()


async def test_a_refusal_comes_with_words_for_the_person(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    too_young = replace(application, service="pension_arrival", person=person_of(WORKING))
    answer = await platform_at(sandbox.url).submit(too_young)
    assert isinstance(answer, Refused)
    assert "60 周岁" in answer.reason


async def test_a_rating_counts_once(sandbox: Sandbox, platform_at: PlatformAt, application: Application) -> None:
    platform = platform_at(sandbox.url)
    await platform.submit(application)
    assert await platform.rate(application.key, 5)
    assert await platform.rate(application.key, 1)
    assert (await sandbox.client.get("/sandbox/ratings")).json() == {application.key: 5}


async def test_a_rating_of_nothing_is_not_taken(sandbox: Sandbox, platform_at: PlatformAt, application: Application) -> None:
    assert not await platform_at(sandbox.url).rate(application.key, 5)


async def test_what_the_platform_never_saw_is_not_done(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application
) -> None:
    assert isinstance(await platform_at(sandbox.url).find(application.key), NotDone)


async def test_a_wrong_token_is_found_out_before_anybody_relies_on_the_platform(
    sandbox: Sandbox, settings_for: Callable[..., PlatformSettings], application: Application
) -> None:
    settings = settings_for(sandbox.url)
    settings.token_file.write_text("another\n")
    platform = HttpPlatform(settings=settings, clock=SystemClock())
    assert not await platform.is_reachable()
    assert isinstance(await platform.submit(application), NotDone)
    await platform.close()


async def test_a_platform_that_is_well_is_reachable(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    assert await platform_at(sandbox.url).is_reachable()


async def test_a_hanging_platform_is_unreachable_within_two_seconds(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    await sandbox.turn("hang")
    began = time.monotonic()
    assert not await platform_at(sandbox.url, answer_s=5).is_reachable()
    assert time.monotonic() - began < 2.5


DEEP = b'{"status":' + b"[" * 100_000
HOSTILE = {
    "not HTTP": b"\x00\x01\x02 hello\r\n\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"status":',
    "endless nesting": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + DEEP,
    "an unknown word": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"later"}',
    "no object": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[1,2,3]",
    "accepted, without a document": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"accepted"}',
    "a zipped bomb": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
    "a portal that says 404": b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>no</h1>",
    "a redirect into the void": b"HTTP/1.1 307 X\r\nLocation: http://[::1]:99999/\r\n\r\n",
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_answers_leave_the_outcome_unknown(
    platform_at: PlatformAt, application: Application, answer: bytes
) -> None:
    async with answering(answer) as url:
        platform = platform_at(url, retries=0)
        assert isinstance(await platform.submit(application), OutcomeUnknown)
        assert not await platform.is_reachable()


async def test_a_body_that_trickles_is_bounded_as_a_whole(platform_at: PlatformAt, application: Application) -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        began = time.monotonic()
        answer = await platform_at(url, connect_s=0.2, answer_s=0.3, overall_s=1, retries=0).submit(application)
        assert isinstance(answer, OutcomeUnknown)
        assert time.monotonic() - began < 2


async def test_nothing_personal_is_in_addresses_logs_or_answers(
    sandbox: Sandbox, platform_at: PlatformAt, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    platform = platform_at(sandbox.url, retries=0)
    with capture_logs() as events:
        await sandbox.turn("drop-after-effect")
        answer = await platform.submit(application)
        await sandbox.turn("fail=500")
        unknown = await platform.submit(replace(application, person=person_of(WORKING)))
    said = f"{caplog.text} {events} {answer!r} {unknown!r} {application!r}"
    for person in (application.person, person_of(WORKING)):
        for personal in (person.name, person.number, person.address):
            assert personal not in said


async def test_a_row_cannot_command_the_printer(platform_at: PlatformAt, application: Application) -> None:
    document = (
        b'{"status":"accepted","new_field":{},"document":{"number":"1","title":"t","rows":'
        b'[{"label":"a\\u001b@","value":"b\\u001dV\\u0000c"}],"issuer":"i","issued_at":"2026-11-22T10:00:00+08:00"}}'
    )
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + document) as url:
        answer = await platform_at(url).submit(application)
    assert isinstance(answer, Accepted)
    assert [(row.label, row.value) for row in answer.document.rows] == [("a@", "bVc")]
    assert answer.document.issued_at.utcoffset() is not None
