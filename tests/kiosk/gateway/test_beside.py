import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image
from pypdf import PdfReader

from kiosk.gateway.client import HttpPlatform
from kiosk.gateway.platform import (
    Accepted,
    Application,
    FaceSeen,
    FaceVerdict,
    KnownBy,
    NotDone,
    OutcomeUnknown,
    Paid,
    PapersKept,
    Recognised,
    Refused,
)
from kiosk.gateway.sandbox.documents import INSURANCE_FEN
from tests.kiosk.gateway.conftest import PHONE_CODE, RETIRED, WORKING, Sandbox, person_of

PlatformAt = Callable[..., HttpPlatform]
MONEY = "134567890123456789"
"""A payment code as phones show it; synthetic."""


def jpeg() -> memoryview:
    file = io.BytesIO()
    Image.new("RGB", (64, 80), (180, 150, 130)).save(file, "JPEG")
    return memoryview(file.getvalue())


def pdf(pages: int = 1) -> memoryview:
    file = io.BytesIO()
    sheet = Image.new("L", (210, 297), 255)
    sheet.save(file, "PDF", save_all=True, append_images=[sheet] * (pages - 1))
    return memoryview(file.getvalue())


async def test_a_code_on_a_phone_names_its_person(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    answer = await platform_at(sandbox.url).recognise_phone(PHONE_CODE)
    assert isinstance(answer, Recognised)
    assert (answer.person.known_by, answer.person.number) == (KnownBy.PHONE_CODE, RETIRED.id_number)
    assert RETIRED.name not in repr(answer)


async def test_a_code_that_has_run_out_is_refused_in_words_for_the_person(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    answer = await platform_at(sandbox.url).recognise_phone("ZZID1-" + "0" * 32)
    assert isinstance(answer, Refused)
    assert "刷新" in answer.reason


@pytest.mark.parametrize("mode", ["html", "fail=503", "garbled", "redirect"])
async def test_whatever_is_no_answer_recognises_compares_and_keeps_nothing(
    sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str], mode: str
) -> None:
    platform = platform_at(sandbox.url, retries=0)
    await sandbox.turn(mode)
    assert isinstance(await platform.recognise_phone(PHONE_CODE), NotDone)
    assert await platform.compare_face(person_of(RETIRED), jpeg()) is FaceVerdict.NOT_COMPARED
    assert isinstance(await platform.hand_in_papers(next(keys), pdf()), NotDone)
    assert not await platform.void(next(keys), "PZ20261122-000001")


async def test_a_face_is_compared_with_the_person_it_should_be(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    platform = platform_at(sandbox.url)
    assert await platform.compare_face(person_of(RETIRED), jpeg()) is FaceVerdict.SAME
    await sandbox.turn("face-differs")
    assert await platform.compare_face(person_of(RETIRED), jpeg()) is FaceVerdict.NOT_SAME


async def test_every_face_that_came_is_counted_and_nothing_else_of_it_is_kept(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    platform = platform_at(sandbox.url)
    assert (await sandbox.client.get("/sandbox/faces")).json() == {"asked": 0}
    await platform.compare_face(person_of(RETIRED), jpeg())
    await sandbox.turn("face-differs")
    await platform.compare_face(person_of(RETIRED), jpeg())
    assert (await sandbox.client.get("/sandbox/faces")).json() == {"asked": 2}


async def test_what_is_no_picture_is_not_compared(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    verdict = await platform_at(sandbox.url).compare_face(person_of(RETIRED), memoryview(b"no picture"))
    assert verdict is FaceVerdict.NOT_COMPARED


async def test_a_face_is_not_waited_for_longer_than_its_deadline(sandbox: Sandbox, platform_at: PlatformAt) -> None:
    await sandbox.turn("face-slow=30")
    platform = platform_at(sandbox.url, answer_s=2, overall_s=5, face_s=0.3)
    assert await platform.compare_face(person_of(RETIRED), jpeg()) is FaceVerdict.NOT_COMPARED


async def test_money_is_taken_once_for_a_key(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    platform, key = platform_at(sandbox.url), next(keys)
    answers = [
        await platform.pay(key, service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=MONEY) for _ in range(3)
    ]
    assert len({answer.receipt for answer in answers if isinstance(answer, Paid)}) == 1
    assert await platform.find_payment(key) == answers[0]
    assert await sandbox.payments() == {key: INSURANCE_FEN}


async def test_a_payment_whose_answer_is_lost_is_found_and_never_made_twice(
    sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]
) -> None:
    await sandbox.turn("payment-lost")
    key = next(keys)
    answer = await platform_at(sandbox.url).pay(key, service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=MONEY)
    assert isinstance(answer, Paid)
    assert await sandbox.payments() == {key: INSURANCE_FEN}


async def test_a_payment_that_is_refused_takes_nothing(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    platform = platform_at(sandbox.url)
    await sandbox.turn("payment-refused")
    poor = await platform.pay(next(keys), service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=MONEY)
    await sandbox.turn("normal")
    wrong = await platform.pay(next(keys), service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=PHONE_CODE)
    assert isinstance(poor, Refused)
    assert isinstance(wrong, Refused)
    assert "付款码" in wrong.reason
    assert await sandbox.payments() == {}


async def test_a_payment_nobody_can_tell_of_stays_unknown(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    platform, key = platform_at(sandbox.url, retries=1), next(keys)
    await sandbox.turn("fail=500")
    answer = await platform.pay(key, service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=MONEY)
    assert isinstance(answer, OutcomeUnknown)
    await sandbox.turn("normal")
    assert isinstance(await platform.find_payment(key), NotDone)


async def test_what_was_paid_for_is_issued_and_what_was_not_is_refused(
    sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]
) -> None:
    platform, payment = platform_at(sandbox.url), next(keys)
    matter = Application(key=next(keys), service="medical_insurance_payment", person=person_of(WORKING))
    unpaid = await platform.submit(replace(matter, payment=payment))
    await platform.pay(payment, service="medical_insurance_payment", amount_fen=INSURANCE_FEN, code=MONEY)
    paid = await platform.submit(replace(matter, key=next(keys), payment=payment))
    assert isinstance(unpaid, Refused)
    assert isinstance(paid, Accepted)
    assert ("缴费金额", "400.00 元") in [(row.label, row.value) for row in paid.document.rows]


async def test_papers_belong_to_their_application(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    platform, key = platform_at(sandbox.url), next(keys)
    kept = await platform.hand_in_papers(key, pdf(pages=2))
    assert isinstance(kept, PapersKept)
    matter = Application(key=key, service="reimbursement_papers", person=person_of(WORKING), papers=kept.name)
    assert isinstance(await platform.submit(matter), Accepted)
    assert isinstance(await platform.submit(replace(matter, key=next(keys))), Refused)


async def test_what_is_no_pdf_is_not_kept(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    assert isinstance(await platform_at(sandbox.url).hand_in_papers(next(keys), memoryview(b"%PDF-1.4 rest is lost")), NotDone)


async def test_a_certificate_comes_with_its_sheets(sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]) -> None:
    matter = Application(key=next(keys), service="insurance_certificate", person=person_of(WORKING))
    answer = await platform_at(sandbox.url).submit(matter)
    assert isinstance(answer, Accepted)
    assert answer.document.pages == len(PdfReader(io.BytesIO(answer.document.sheets)).pages) == 3
    assert len(answer.document.sheets) < 1_000_000


async def test_a_document_that_is_void_is_issued_anew_under_another_number(
    sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str]
) -> None:
    platform, key = platform_at(sandbox.url), next(keys)
    first = await platform.submit(Application(key=key, service="insurance_certificate", person=person_of(WORKING)))
    assert isinstance(first, Accepted)
    assert await platform.void(key, first.document.number)
    assert await platform.void(key, first.document.number), "said twice, done once"
    second = await platform.find(key)
    assert isinstance(second, Accepted)
    assert second.document.number != first.document.number
    assert (await sandbox.effects()) == {key: 1}
    async with httpx.AsyncClient(trust_env=False, verify=False) as phone:  # noqa: S501  # no TLS in this test
        pages = [
            (await phone.get(document.verify_url.replace("https://verify.example", sandbox.url))).text
            for document in (first.document, second.document)
        ]
    assert "已作废" in pages[0]
    assert "真" in pages[1]


@pytest.mark.parametrize(("face", "result"), [(FaceSeen.MATCHED, "认证通过"), (FaceSeen.NOT_SHOWN, "已登记，待村里核实")])
async def test_the_platform_is_told_whether_a_face_was_seen(
    sandbox: Sandbox, platform_at: PlatformAt, keys: Iterator[str], face: FaceSeen, result: str
) -> None:
    matter = Application(key=next(keys), service="pension_qualification", person=person_of(RETIRED), face=face)
    answer = await platform_at(sandbox.url).submit(matter)
    assert isinstance(answer, Accepted)
    assert result in [row.value for row in answer.document.rows]
