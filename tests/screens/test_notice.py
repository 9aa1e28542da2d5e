"""A notice of the bureau: written anywhere, read by everybody."""

import pytest

from screens.presenting.idle import NOTICE_LINES, NOTICE_SIGNS, in_lines


def test_a_notice_is_broken_behind_its_own_commas() -> None:
    assert (
        in_lines("12月1日至3日系统升级，期间不能缴费，其他事项照办。") == "12月1日至3日系统升级，\n期间不能缴费，其他事项照办。"
    )


def test_what_has_no_comma_is_broken_all_the_same() -> None:
    assert in_lines("长" * 40) == "\n".join(("长" * NOTICE_SIGNS, "长" * NOTICE_SIGNS, "长" * 8))


@pytest.mark.parametrize(
    "text", ["", "短", "，。，。", "甲乙丙丁戊己庚辛，" * 5, "Water will be off on Monday, please come on Tuesday."]
)
def test_nothing_is_lost_and_it_never_takes_more_lines_than_there_are(text: str) -> None:
    lines = in_lines(text).split("\n")
    assert "".join(lines) == text
    assert len(lines) <= NOTICE_LINES
    assert max(map(len, lines)) <= NOTICE_SIGNS
