import re
import tomllib
from itertools import pairwise

import pytest
from typing_extensions import override

from screens import presenter, samples
from screens.presenting.aside import waiting_for_core
from screens.wording import LANGUAGES, WORDS, read_wording, without_marks

GAP = re.compile(r"\{\w+\}")


def _words(language: str) -> dict[str, str]:
    return read_wording(language).words


def test_every_key_exists_in_every_language() -> None:
    keys = {language: set(_words(language)) for language in LANGUAGES}
    assert all(one == other for one, other in pairwise(keys.values()))


def test_every_language_fills_the_same_gaps() -> None:
    first, *others = (_words(language) for language in LANGUAGES)
    for other in others:
        different = {
            key
            for key, words in first.items()
            if {gap for gap in GAP.findall(words) if len(gap) > 3} - {gap for gap in GAP.findall(other[key]) if len(gap) > 3}
            and not key.startswith(("place.", "out_of_service.lead"))
        }
        assert different == set()


def test_no_words_are_said_by_nobody() -> None:
    asked: set[str] = set()

    class Listening(dict[str, str]):
        @override
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    wording = read_wording("zh")
    listening = type(wording)(words=Listening(wording.words))
    for size in range(4):
        for shown in samples.views(size).values():
            for has_voice in (True, False):
                presenter.present(shown, listening, has_voice=has_voice)
    waiting_for_core(listening)
    # said only in states the samples leave out: other hours, other weekdays, other steps, other volumes, voice on
    rare = ("time.", "step", "topic_icon.", "voice.", "printing.part_", "trouble.restarted_", "working.longer")
    never = {key for key in wording.words if key not in asked and not key.startswith(rare)}
    assert never <= {"amount.far_and_open", "trouble.phone_title_no_code", "catalogue.come_later"}


def test_villagers_read_no_english_and_never_of_a_system() -> None:
    for key, words in _words("zh").items():
        plain = without_marks(GAP.sub("", words))
        assert "系统" not in plain, key
        if not key.startswith("topic_icon."):
            assert not re.search(r"[A-Za-z]{2,}", plain), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_presents_every_page(language: str) -> None:
    wording = read_wording(language)
    for size in range(4):
        for shown in samples.views(size).values():
            assert presenter.present(shown, wording, has_voice=True).spoken


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="xx"):
        read_wording("xx")


def test_words_files_hold_nothing_but_tables_of_words() -> None:
    for language in LANGUAGES:
        tables = tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))
        assert all(isinstance(words, str) for table in tables.values() for words in table.values())


def test_a_gap_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(KeyError):
        read_wording("zh").say("guide.minutes_answer")


def test_elders_read_the_shorter_words() -> None:
    wording = read_wording("zh")
    assert wording.say("foot.home") == "回首页"
    assert wording.for_elders(True).say("foot.home") == "首页"
    assert wording.for_elders(True).say("foot.back") == "返回"


def test_what_is_spoken_has_no_marks() -> None:
    assert without_marks("掀开{4}号盖，|<放进>新卷\n好") == "掀开4号盖，放进新卷好"
