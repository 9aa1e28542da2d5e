"""What a kiosk asks beside an application: who showed this code, whose face is this, take this money, keep these papers."""

import base64
import binascii
import io
from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi import Body, FastAPI, Request, Response, params
from fastapi.responses import JSONResponse
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, Field
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kiosk.gateway.sandbox import disturbance
from kiosk.gateway.sandbox.documents import INSURANCE_FEN
from kiosk.gateway.sandbox.mode import ON_FACES, ON_PAYMENTS, Manner, Switch
from kiosk.gateway.sandbox.registry import Registry
from kiosk.gateway.sandbox.sheets import sheets_of

KEY = r"^[0-9a-f]{32}$"
MOST_PAPERS_BYTES = 20 * 1024 * 1024


NO_MONEY = "余额不足，钱没有扣。请换一种付款方式，或到村委会交费。"
CODE_RUN_OUT = "这个码已经过期了。请在手机上刷新一下，再放上来。"
NOT_A_PAYMENT_CODE = "这不是付款码。请打开手机上的“付款码”，再放上来。"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _PhoneCode(_Strict):
    code: str = Field(min_length=1, max_length=512, repr=False)


class _Person(_Strict):
    name: str = Field(min_length=1, max_length=60, repr=False)
    id_number: str = Field(pattern=r"^[0-9A-Z]{8,18}$", repr=False)


class _Face(_Strict):
    person: _Person = Field(repr=False)
    jpeg: str = Field(max_length=2_000_000, repr=False)


class _Payment(_Strict):
    key: str = Field(pattern=KEY)
    service: str = Field(max_length=60)
    amount_fen: int = Field(ge=1, le=10_000_000)
    code: str = Field(min_length=1, max_length=512, repr=False)


class _Void(_Strict):
    number: str = Field(min_length=1, max_length=60)


def install(
    app: FastAPI, registry: Registry, switch: Switch, kiosk_side: Sequence[params.Depends], *, now: Callable[[], datetime]
) -> None:
    """Put these questions into the application."""

    @app.post("/phone-codes", dependencies=kiosk_side)
    async def recognise(shown: _PhoneCode) -> Response:
        # On a training bench the same sample is shown again and again; a real platform takes a code once.
        citizen = registry.use_phone_code(shown.code, once=False)
        if citizen is None:
            return JSONResponse({"status": "refused", "reason": CODE_RUN_OUT})
        return JSONResponse({"status": "recognised", "person": {"name": citizen.name, "id_number": citizen.id_number}})

    @app.post("/faces", dependencies=kiosk_side)
    async def compare(face: _Face) -> Response:
        registry.count_face()
        mode = switch.use(ON_FACES)
        if mode.manner is Manner.FACE_SLOW:
            await switch.wait_changed(at_most_s=mode.value)
        if not _is_a_picture(face.jpeg):
            return JSONResponse({"status": "declined", "reason": "no picture"}, status_code=422)
        # There is no face to compare with here: the stand-in takes everybody's word, unless the switch says otherwise.
        is_same = registry.citizen(face.person.id_number) is not None and mode.manner is not Manner.FACE_DIFFERS
        return JSONResponse({"status": "compared", "verdict": "same" if is_same else "not_same"})

    @app.post("/payments", dependencies=kiosk_side)
    async def pay(request: Request, payment: _Payment) -> Response:
        if request.headers.get("idempotency-key") != payment.key:
            return JSONResponse({"status": "declined", "reason": "Idempotency-Key must be the payment's key"}, status_code=400)
        mode = switch.use(ON_PAYMENTS)
        reply = registry.payment(payment.key) or registry.pay(
            payment.key,
            service=payment.service,
            amount_fen=payment.amount_fen,
            refusal=_refusal(payment, mode.manner),
            now=now(),
        )
        return disturbance.drop(request) if mode.manner is Manner.PAYMENT_LOST else _json(reply)

    @app.get("/payments/{key}", dependencies=kiosk_side)
    async def payment(key: str) -> Response:
        reply = registry.payment(key)
        return _json('{"status":"never_seen"}', 404) if reply is None else _json(reply)

    @app.put("/applications/{key}/papers", dependencies=kiosk_side)
    async def papers(key: str, pdf: bytes = Body(media_type="application/pdf")) -> Response:  # FastAPI's way
        pages = _pages(pdf)
        if pages is None:
            return JSONResponse({"status": "declined", "reason": "no PDF of bearable size"}, status_code=422)
        return JSONResponse({"status": "kept", "papers": registry.keep_papers(key, pages=pages, now=now())})

    @app.get("/applications/{key}/sheets", dependencies=kiosk_side)
    async def sheets(key: str) -> Response:
        document = registry.current(key)
        if document is None or not document.pages:
            return _json('{"status":"never_seen"}', 404)
        return Response(sheets_of(document), media_type="application/pdf", headers={"Cache-Control": "no-store"})

    @app.put("/applications/{key}/void", dependencies=kiosk_side)
    async def void(key: str, document: _Void) -> Response:
        if not registry.void(key, document.number, now=now()):
            return _json('{"status":"never_seen"}', 404)
        return _json('{"status":"voided"}')


def _refusal(payment: _Payment, manner: Manner) -> str:
    if manner is Manner.PAYMENT_REFUSED:
        return NO_MONEY
    is_code = len(payment.code) == 18 and payment.code.isascii() and payment.code.isdigit() and "10" <= payment.code[:2] <= "15"
    return "" if is_code and payment.amount_fen == INSURANCE_FEN else NOT_A_PAYMENT_CODE


def _is_a_picture(written: str) -> bool:
    try:
        with Image.open(io.BytesIO(base64.b64decode(written, validate=True))) as picture:
            picture.verify()
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return False
    return True


def _pages(pdf: bytes) -> int | None:
    if len(pdf) > MOST_PAPERS_BYTES:
        return None
    try:
        return len(PdfReader(io.BytesIO(pdf)).pages) or None
    except (PyPdfError, ValueError, KeyError, RecursionError):
        return None


def _json(content: str, code: int = 200) -> Response:
    return Response(content, status_code=code, media_type="application/json")
