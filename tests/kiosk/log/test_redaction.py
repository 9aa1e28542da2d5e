"""Tries to leak. The person is synthetic."""

import base64
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.contract.status import Condition
from kiosk.gateway.platform import Application, Document, DocumentRow
from kiosk.log import redact
from kiosk.log.personal_text import LONGEST_TEXT, mask, mask_stranger
from kiosk.log.redaction import described, redact_fields
from kiosk.visit.person import person_of_id_card

NUMBER = "360426199101010071"
NUMBER_X = "11010519491231002X"
NAME = "张三丰"
ADDRESS = "江西省德安县蒲亭镇一村 1 号"
MOBILE = "13800138000"
TOKEN = "Zk9-3jsK2mQpX7vLw0RtYb5nHc8dAe1F"

CARD = IdCard(
    layout=CardLayout.RESIDENT,
    name=NAME,
    sex="男",
    nation="汉",
    birth=date(1991, 1, 1),
    address=ADDRESS,
    number=NUMBER,
    authority="德安县公安局",
    valid_from=date(2020, 1, 1),
    valid_to=None,
    photo=b"WLF" * 300,
)
PERSON = person_of_id_card(CARD)
DOCUMENT = Document(
    number="SB20261122-000123",
    title=NAME,
    rows=(DocumentRow(label="姓名", value=NAME),),
    issuer="",
    issued_at=datetime(2026, 3, 2, tzinfo=UTC),
    verify_url=f"https://platform.example/v?n={NUMBER}",
)


def leaks(written: object) -> list[str]:
    """What of the person can still be found, in every spelling we can think of."""
    text = json.dumps(written, ensure_ascii=False, default=repr)
    text += json.dumps(written)
    spellings = {
        "number": NUMBER,
        "digits": NUMBER[6:14],
        "number_x": NUMBER_X,
        "name": NAME,
        "address": ADDRESS[:6],
        "mobile": MOBILE,
        "token": TOKEN,
        "base64": base64.b64encode(NUMBER.encode()).decode()[:12],
        "base64_name": base64.b64encode(NAME.encode()).decode(),
        "hex": NUMBER.encode().hex()[:16],
        "hex_name": NAME.encode().hex(),
        "utf16": NUMBER.encode("utf-16-le").hex()[:16],
        "quoted": quote(NAME),
    }
    return [kind for kind, spelling in spellings.items() if spelling in text]


PERSONAL_FIELDS = (
    "name",
    "villager_name",
    "fullName",
    "person",
    "id_number",
    "idCard",
    "card",
    "address",
    "homeAddress",
    "phone",
    "token",
    "api_key",
    "password",
    "Authorization",
    "photo",
    "document",
    "receipt",
    "payload",
    "姓名",
    "住址",
    "text",
)


def undisguised(text: str) -> str:
    """What a patient reader makes of a text: escapes and percent signs undone, digits of any width as digits."""
    text = re.sub(r"\\x(..)|\\u(....)", lambda found: chr(int(found[1] or found[2], 16)), unquote(text))
    return unicodedata.normalize("NFKC", text)


SPACED = " ".join([NUMBER[:6], NUMBER[6:14], NUMBER[14:]])


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"card {NUMBER} read",
        f"x{NUMBER}y",
        f"00{NUMBER}00",
        SPACED,
        SPACED.replace(" ", "-"),
        SPACED.replace(" ", " - "),
        " ".join(NUMBER),
        NUMBER_X,
        NUMBER_X.lower(),
        f"no. {NUMBER_X}.",
        NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        "\u200b".join(NUMBER),
        NUMBER.encode("utf-16-le").decode("latin-1"),
        NUMBER.encode("utf-16-be").decode("latin-1"),
        str(NUMBER.encode("utf-16-le")),
        str(NUMBER.encode()),
        repr([NUMBER]),
        "".join(f"\\x{ord(each):02x}" for each in NUMBER),
        "".join(f"\\u{ord(each):04x}" for each in NUMBER),
        NUMBER.encode().hex(),
        NUMBER.encode().hex(" "),
        NUMBER.encode("utf-16-le").hex(),
        base64.b64encode(NUMBER.encode()).decode(),
        base64.urlsafe_b64encode(f"n={NUMBER}".encode()).decode(),
        base64.b64encode(NUMBER.encode("utf-16-le")).decode(),
        f"https://platform.example/find?number={NUMBER}&name={quote(NAME)}",
        f"https://platform.example/find/{NUMBER}",
        f'{{"number": "{NUMBER}", "name": "{NAME}"}}',
        f"name={NAME}, address={ADDRESS}",
        f"姓名：{NAME}，住址：{ADDRESS}",
        MOBILE,
        f"+86 {MOBILE}",
        "138-0013-8000",
        f"Authorization: Bearer {TOKEN}",
        f"token={TOKEN}",
        TOKEN,
        base64.b64encode(NAME.encode()).decode(),
        NAME.encode().hex(),
    ],
)
def test_no_spelling_within_text_gets_through(text: str) -> None:
    written = mask(text)
    assert leaks(written) == []
    digits = "".join(each for each in undisguised(written) if each.isdigit())
    assert NUMBER[:14] not in digits
    assert NUMBER_X[:14] not in digits
    assert MOBILE not in digits


@pytest.mark.parametrize(
    "value",
    [
        CARD,
        DOCUMENT,
        PERSON,
        Application(key="ab" * 16, service="s", person=PERSON),
        [CARD, (CARD, {"deep": CARD})],
        {"who": {"name": NAME, "list": [{"number": NUMBER}]}},
        {NUMBER: 1, NAME: 2},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": NAME}}}}}}},
        NUMBER.encode(),
        NUMBER.encode("utf-16"),
        bytearray(NAME.encode("gbk")),
        memoryview(NUMBER.encode()),
        int(NUMBER),
        float(NUMBER),
        int(MOBILE),
        {int(NUMBER)},
        frozenset({NUMBER}),
        Path(f"photos/{NUMBER}.jpg"),
        ValueError(f"bad card {NUMBER} of {NAME}"),
        ExceptionGroup(NAME, [KeyError(NAME), ValueError(NUMBER)]),
        DeadlineError("id-card-reader", f"no answer for {NUMBER}", deadline_s=1.0),
        ProtocolError("id-card-reader", "not a frame", evidence=NUMBER.encode()),
        iter([NUMBER]),
        lambda: NUMBER,
        type(NAME, (), {})(),
    ],
)
def test_no_value_gets_through(value: object) -> None:
    if type(value).__name__ == NAME:  # a type's name is ours; this one is here to show what is written of an object
        assert redact(value) == f"<{NAME}>"
        return
    assert leaks(redact(value)) == []
    assert leaks(redact_fields({"value": value, "card": value, "nested": {"x": [value]}})) == []


@pytest.mark.parametrize(
    "field",
    PERSONAL_FIELDS,
)
def test_a_field_that_is_called_personal_is_never_written(field: str) -> None:
    assert redact_fields({field: NAME}) == {mask_stranger(field): "[hidden]"}
    assert leaks(redact_fields({"outer": {field: [NAME]}})) == []


def test_an_exception_says_its_kind_and_place_and_nothing_else() -> None:
    def read_card(secret: str) -> None:
        local = secret
        raise ValueError(f"cannot parse {local}")

    try:
        try:
            read_card(NUMBER)
        except ValueError as error:
            raise RuntimeError(NAME) from error
    except RuntimeError as error:
        about = described(error)
    assert leaks(about) == []
    assert about["type"] == "RuntimeError"
    assert about["cause"]["type"] == "ValueError"  # type: ignore[index]  # a table of tables, read once
    assert any("read_card" in frame for frame in about["cause"]["at"])  # type: ignore[index]


def test_a_driver_promises_that_its_words_are_not_personal() -> None:
    error = DeadlineError("receipt-printer", "no answer to DLE EOT 4 within 0.5 s", deadline_s=0.5)
    assert described(error)["said"] == "receipt-printer: no answer to DLE EOT 4 within 0.5 s"


def test_of_a_strangers_text_no_chinese_and_only_the_first_line_is_kept() -> None:
    assert mask_stranger(f"cannot send to {NAME}\n{NAME} second line") == "cannot send to [han]"


@dataclass
class Named:
    name: str


def test_a_rare_character_escaped_as_two_halves_is_chinese_all_the_same() -> None:
    escaped = "梁𬱖".encode("utf-16-be").hex(" ", 2).split()
    text = "bad value " + "".join(f"\\u{half}" for half in escaped)
    assert mask_stranger(text) == "bad value [han]"
    assert "\ufffd" in mask_stranger("half a character \\ud86c")


def test_of_a_strangers_text_no_more_is_kept_than_of_ours() -> None:
    assert len(mask_stranger("某 a " * LONGEST_TEXT)) <= LONGEST_TEXT


def test_an_object_is_never_asked_to_describe_itself() -> None:
    assert redact(Named(NAME)) == "<Named>"


@pytest.mark.parametrize(
    "value",
    [
        "printer.paper_out",
        "DLE EOT 1=12 2=12 3=12 4=12",
        "serial:/dev/ttyUSB0?baud=115200",
        "/var/lib/zhizhu/state",
        "192.168.139.255:31883",
        "2026-11-22T02:38:31.123456+00:00",
        "social_security_enrolment",
        "receipt-printer: no answer to DLE EOT 4 within 0.5 s",
        "打印机缺纸",
        "5 restarts in 300 s",
        "id-card-reader: expected AA AA AA 96 69, got 00",
        "token missing",
    ],
)
def test_what_an_operator_needs_is_kept(value: str) -> None:
    assert mask(value) == value


def test_plain_values_are_kept() -> None:
    assert redact({"a": 1, "b": 2.5, "c": None, "d": True, "e": Condition.READY}) == {
        "a": 1,
        "b": 2.5,
        "c": None,
        "d": True,
        "e": "READY",
    }
    assert redact(timedelta(seconds=1.5)) == 1.5
    assert redact(1_763_779_111_123) == 1_763_779_111_123


def test_a_hostile_field_costs_little() -> None:
    assert len(mask("aB3" * 1_000_000)) <= 2000
    assert len(json.dumps(redact([["x" * 100] * 1000] * 1000))) < 1_000_000
