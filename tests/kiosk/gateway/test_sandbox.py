import asyncio
import json
from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from kiosk.gateway.sandbox.citizens import Citizen, check_character, generated
from kiosk.gateway.sandbox.documents import INSURANCE_FEN, SERVICES, Circumstances, Declined, Issued
from kiosk.gateway.sandbox.mode import MEANINGS, Manner, parse_mode
from tests.kiosk.gateway.conftest import RETIRED, TOKEN, WORKING, Sandbox

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def hand_in(
    sandbox: Sandbox, key: str, citizen: Citizen = RETIRED, service: str = "social_security_enrolment"
) -> httpx.Response:
    body = {"key": key, "service": service, "person": {"name": citizen.name, "id_number": citizen.id_number}}
    return await sandbox.client.post("/applications", json=body, headers={**BEARER, "Idempotency-Key": key})


async def test_the_same_key_has_the_same_answer_for_ever(sandbox: Sandbox, keys: Iterator[str]) -> None:
    key = next(keys)
    answers = [await hand_in(sandbox, key) for _ in range(3)]
    answers.append(await sandbox.client.get(f"/applications/{key}", headers=BEARER))
    assert len({answer.text for answer in answers}) == 1
    assert await sandbox.effects() == {key: 1}


async def test_duplicates_that_come_at_once_have_one_effect_and_one_answer(sandbox: Sandbox, keys: Iterator[str]) -> None:
    await sandbox.turn("slow=0.2")
    key = next(keys)
    answers = await asyncio.gather(*(hand_in(sandbox, key) for _ in range(8)))
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["status"] == "accepted"
    assert await sandbox.effects() == {key: 1}


async def test_a_refusal_too_stays_as_it_was(sandbox: Sandbox, keys: Iterator[str]) -> None:
    key = next(keys)
    await sandbox.turn("refuse")
    refused = await hand_in(sandbox, key)
    await sandbox.turn("normal")
    assert (await hand_in(sandbox, key)).text == refused.text
    assert refused.json()["status"] == "refused"
    assert await sandbox.effects() == {}


async def test_a_key_names_one_application_only(sandbox: Sandbox, keys: Iterator[str]) -> None:
    key = next(keys)
    await hand_in(sandbox, key)
    assert (await hand_in(sandbox, key, citizen=WORKING)).status_code == 409


async def test_an_application_in_work_says_so(sandbox: Sandbox, keys: Iterator[str]) -> None:
    key = next(keys)
    await sandbox.turn("slow=0.5")
    handing_in = asyncio.create_task(hand_in(sandbox, key))
    async with asyncio.timeout(5):
        while (asked := await sandbox.client.get(f"/applications/{key}", headers=BEARER)).status_code == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (asked.status_code, asked.json()) == (202, {"status": "processing"})
    assert (await handing_in).json()["status"] == "accepted"


async def test_somebody_unknown_is_refused_in_kind_words(sandbox: Sandbox, keys: Iterator[str]) -> None:
    stranger = Citizen(id_number="360499197001010009", name="王无名", birth=date(1970, 1, 1))
    answer = (await hand_in(sandbox, next(keys), citizen=stranger)).json()
    assert answer["status"] == "refused"
    assert "登记" in answer["reason"]


async def test_nobody_gets_in_without_the_token(sandbox: Sandbox, keys: Iterator[str]) -> None:
    key = next(keys)
    assert (await sandbox.client.get(f"/applications/{key}")).status_code == 401
    assert (await sandbox.client.post("/applications", json={})).status_code == 401


async def test_a_wrong_body_is_declined_without_repeating_it(sandbox: Sandbox) -> None:
    body = {"key": "short", "service": "x", "person": {"name": "周桂兰", "id_number": "3604!!"}}
    answer = await sandbox.client.post("/applications", json=body, headers=BEARER)
    assert answer.status_code == 422
    assert "周桂兰" not in answer.text
    assert "3604!!" not in answer.text


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_gives_masked_rows(sandbox: Sandbox, keys: Iterator[str], service: str) -> None:
    answer = await hand_in(sandbox, next(keys), service=service)
    rows = {row["label"]: row["value"] for row in answer.json()["document"]["rows"]} if "document" in answer.json() else {}
    assert RETIRED.name not in answer.text
    assert RETIRED.id_number not in answer.text
    assert answer.json()["status"] == "refused" or rows["社会保障号码"] == "3604**********0015"


async def test_a_genuine_code_says_so_and_what_to_compare(sandbox: Sandbox, keys: Iterator[str]) -> None:
    document = (await hand_in(sandbox, next(keys))).json()["document"]
    page = await sandbox.client.get(httpx.URL(document["verify_url"]).path)
    assert page.status_code == 200
    assert "<h1>真</h1>" in page.text
    for value in (document["number"], document["title"], *(row["value"] for row in document["rows"])):
        assert value in page.text
    assert RETIRED.id_number not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_code_in_small_letters_is_the_same_code(sandbox: Sandbox, keys: Iterator[str]) -> None:
    document = (await hand_in(sandbox, next(keys))).json()["document"]
    assert (await sandbox.client.get(httpx.URL(document["verify_url"]).path.replace("/v/", "/v/").lower())).status_code == 200


@pytest.mark.parametrize("code", ["AAAAAAAAAAAAAAAAAAAA", "1", "../etc", "%00", "<script>", "真" * 20])
async def test_an_unknown_code_is_said_to_be_unknown(sandbox: Sandbox, code: str) -> None:
    page = await sandbox.client.get(f"/v/{httpx.URL('http://x/' + code.replace('/', '%2F')).raw_path.decode()[1:]}")
    assert page.status_code == 404
    assert "<script>" not in page.text
    if "text/html" in page.headers["content-type"]:
        assert "查无此证" in page.text


async def test_whoever_guesses_must_wait(sandbox: Sandbox) -> None:
    codes = [
        (await sandbox.client.get(f"/v/{number:020d}".replace("0", "A").replace("1", "B"))).status_code for number in range(12)
    ]
    assert codes == [404] * 10 + [429] * 2


async def test_a_code_has_at_least_eighty_bits(sandbox: Sandbox, keys: Iterator[str]) -> None:
    documents = [(await hand_in(sandbox, next(keys))).json()["document"] for _ in range(3)]
    codes = {document["verify_url"].rpartition("/")[2] for document in documents}
    assert len(codes) == 3
    assert all(len(code) * 5 >= 80 for code in codes)


async def test_the_switch_tells_what_there_is(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/sandbox/mode", json={"mode": "explode"})
    assert answer.status_code == 422
    assert all(manner in answer.json()["reason"] for manner in Manner)


async def test_whoever_hangs_is_let_go_when_the_switch_is_turned(sandbox: Sandbox, keys: Iterator[str]) -> None:
    await sandbox.turn("hang")
    hanging = asyncio.create_task(hand_in(sandbox, next(keys)))
    done, _ = await asyncio.wait({hanging}, timeout=0.2)
    assert not done
    await sandbox.turn("normal")
    with pytest.raises(httpx.TransportError):
        await asyncio.wait_for(hanging, 2)


async def test_whoever_hung_up_while_hanging_is_no_error_when_the_switch_is_turned(
    sandbox: Sandbox, keys: Iterator[str], caplog: pytest.LogCaptureFixture
) -> None:
    await sandbox.turn("hang")
    with pytest.raises(httpx.TimeoutException):
        await sandbox.client.get(f"/applications/{next(keys)}", headers=BEARER, timeout=0.2)
    await sandbox.turn("normal")
    assert (await sandbox.client.get("/healthz")).status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("text", ["slow=0", "slow=x", "slow=nan", "fail=200", "html=1", ""])
def test_a_mode_out_of_bounds_is_not_taken(text: str) -> None:
    with pytest.raises(ValueError, match="mode"):
        parse_mode(text)


def test_every_manner_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Manner)


def test_generated_citizens_have_numbers_that_hold() -> None:
    people = list(generated(60))
    assert len({person.id_number for person in people}) == 60
    assert all(check_character(person.id_number[:17]) == person.id_number[17] for person in people)
    assert people == list(generated(60))


@pytest.mark.parametrize("today", [date(2026, 1, 5), date(2026, 11, 22), date(2024, 2, 29)])
def test_every_citizen_gets_a_document_or_kind_words_on_any_day(today: date) -> None:
    for citizen in generated(60):
        for make in SERVICES.values():
            match make(citizen, Circumstances(today=today, face="matched", has_papers=True, paid_fen=INSURANCE_FEN)):
                case Issued(rows=rows):
                    assert len(rows) >= 4
                    assert citizen.id_number not in json.dumps(rows)
                case Declined(reason=reason):
                    assert len(reason) > 10
