"""The fault catalogue's words are read tolerantly: a strange file costs words, never a page."""

import json
from pathlib import Path

import pytest

from kiosk.display.paper_pages import PRINT_CODE
from kiosk.display.portrait import STARTING_CODE, TROUBLE_CODES
from telemetry.fleet.web import fault_words
from telemetry.fleet.web.fault_words import OF_THE_FLEET
from telemetry.fleet.web.words import Language


def test_the_generated_words_are_there() -> None:
    word = fault_words.load().of("printer.paper_out")
    assert word.is_known
    assert word.short == "P01"
    assert word.technician


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"a": 3, "b": {"title_zh": 7, "technician": "x", "short": null}}'])
def test_a_strange_file_is_no_reason_to_stop(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.json"
    path.write_text(content, encoding="utf-8")
    assert fault_words.load(path).of("b").technician == ()


def test_no_file_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert fault_words.load(tmp_path / "none.json").of("kiosk.silent").is_known


def test_a_code_without_words_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(json.dumps({}), encoding="utf-8")
    word = fault_words.load(path).of("new.thing")
    assert not word.is_known
    assert word.title(Language.ZH) == "new.thing"


def test_a_short_code_said_over_the_telephone_means_one_thing() -> None:
    words = fault_words.load()
    shorts = [words.of(code).short for code in words.codes]
    screen = [*TROUBLE_CODES.values(), PRINT_CODE, STARTING_CODE]
    assert OF_THE_FLEET.keys() <= words.codes
    assert all(shorts)
    assert len(shorts) == len(set(shorts))
    assert not set(shorts) & set(screen)
    assert {code[0] for code in screen} == {"S"}
    assert not [short for short in shorts if short.startswith("S")]
