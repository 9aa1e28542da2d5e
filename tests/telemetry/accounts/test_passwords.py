"""Passwords: what would be guessed is refused, and a name nobody has takes as long as one somebody has."""

import time

import pytest

from telemetry.fleet.accounts.passwords import LONGEST, SHORTEST, Passwords, WeakError, check


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(passes=1, memory_kib=8)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"),
        ("a" * (LONGEST + 1), "long"),
        ("1234567890", "common"),
        ("Qwertyuiop", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("wang.fang2026", "name"),
        ("2026wang.fang!", "name"),
        ("WANG.FANGWANG.FANG", "name"),
    ],
)
def test_what_would_be_guessed_is_refused_with_its_reason(password: str, why: str) -> None:
    with pytest.raises(WeakError) as refused:
        check(password, name="wang.fang")
    assert refused.value.why == why


def test_a_sentence_is_a_password() -> None:
    check("一句好记的话就是口令呀", name="wang.fang")
    check("x7" * (SHORTEST // 2) + "qz", name="wang.fang")


def test_what_is_stored_does_not_say_the_password_and_differs_each_time(passwords: Passwords) -> None:
    first, second = passwords.hash("a sentence to keep"), passwords.hash("a sentence to keep")
    assert first != second
    assert "sentence" not in first
    assert passwords.matches("a sentence to keep", first)
    assert not passwords.matches("A sentence to keep", first)


def test_nobodys_password_never_matches(passwords: Passwords) -> None:
    assert not passwords.matches("nobody has this password", None)
    assert not passwords.matches("anything", "not a hash")


def test_a_name_nobody_has_takes_as_long_as_one_somebody_has() -> None:
    slow = Passwords(passes=2, memory_kib=16_384)
    stored = slow.hash("a sentence to keep")

    def took_s(against: str | None) -> float:
        best = 10.0
        for _ in range(5):
            began = time.perf_counter()
            slow.matches("a wrong guess at it", against)
            best = min(best, time.perf_counter() - began)
        return best

    known, unknown = took_s(stored), took_s(None)
    assert 0.4 < unknown / known < 2.5
