"""Redaction: the one place every field of every log line passes, and where what is personal stays behind.

What is not known to be harmless is not written: of an object only its type, of bytes only their number, of an exception only
its type and where it was raised. Fields are also known by their names.
"""

import re
import types
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath

from drivers.contract.errors import DriverError
from kiosk.log.personal_text import is_personal_number, mask, mask_stranger

HIDDEN = "[hidden]"

DEEPEST = 5
"""Nested fields below this are left out: nobody reads them at night, and bounds keep a log line a line."""

MOST_ITEMS = 64

_PERSONAL_WORDS = frozenset(
    (
        "name",
        "fullname",
        "surname",
        "person",
        "people",
        "citizen",
        "villager",
        "applicant",
        "holder",
        "idcard",
        "idno",
        "idnumber",
        "cardno",
        "cardnumber",
        "card",
        "number",
        "sex",
        "gender",
        "nation",
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "address",
        "addr",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "photo",
        "picture",
        "image",
        "face",
        "fingerprint",
        "signature",
        "token",
        "secret",
        "password",
        "passwd",
        "pwd",
        "pin",
        "authorization",
        "cookie",
        "credential",
        "apikey",
        "key",
        "document",
        "rows",
        "row",
        "receipt",
        "content",
        "payload",
        "body",
        "text",
        "姓名",
        "性别",
        "民族",
        "出生",
        "住址",
        "地址",
        "身份证",
        "身份证号",
        "公民身份号码",
        "号码",
        "电话",
        "手机",
        "照片",
        "密码",
    )
)
_PARTS = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+|(?<=[a-z0-9])(?=[A-Z])")


def redact(value: object, *, depth: int = 0) -> object:
    """Return what may be written of a value: text, numbers, lists and tables, masked; of anything else its kind."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return redact(value.value, depth=depth)
    if isinstance(value, int | float):
        return "[number]" if is_personal_number(value) else value + 0
    if isinstance(value, str):
        return mask("".join(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath):
        return mask(str(value))
    if isinstance(value, BaseException):
        return described(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return "[deep]" if depth >= DEEPEST else _redact_all(value, depth=depth)
    return f"<{type(value).__name__}>"


def redact_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Redact the fields of one log line."""
    return {mask_stranger(str(key)): _redact_field(str(key), value, depth=0) for key, value in fields.items()}


def described(error: BaseException) -> dict[str, object]:
    """An exception as its type, where it was raised and what caused it. Only a driver promises that its text is not personal."""
    about: dict[str, object] = {"type": type(error).__name__}
    if isinstance(error, DriverError):
        about["said"] = mask(str(error))
    if error.__traceback__ is not None:
        about["at"] = _frames(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        about["cause"] = {"type": type(cause).__name__, "at": _frames(cause.__traceback__) if cause.__traceback__ else []}
    if isinstance(error, BaseExceptionGroup):
        about["of"] = [described(each) for each in error.exceptions[:8]]
    return about


def _redact_all(value: object, *, depth: int) -> object:
    if isinstance(value, Mapping):
        items = list(value.items())[:MOST_ITEMS]
        return {mask_stranger(str(redact(key))): _redact_field(str(key), each, depth=depth + 1) for key, each in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(each, depth=depth + 1) for each in list(value)[:MOST_ITEMS]]
    return f"<{type(value).__name__}>"


def _redact_field(key: str, value: object, *, depth: int) -> object:
    words = [part.lower() for part in _PARTS.split(key) if part]
    is_personal = "".join(words) in _PERSONAL_WORDS or any(word in _PERSONAL_WORDS for word in words)
    if is_personal and value is not None and not isinstance(value, bool):
        return HIDDEN
    return redact(value, depth=depth)


def _frames(traceback: types.TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # Where, never what: no source line and no local variable.
        frames.append(f"{'/'.join(PurePath(code.co_filename).parts[-3:])}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]
