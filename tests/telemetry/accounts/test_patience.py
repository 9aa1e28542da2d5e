"""Guesses wait ever longer, and nobody who guesses elsewhere keeps anybody out for ever."""

from datetime import UTC, datetime, timedelta

from telemetry.fleet.accounts.patience import FIRST_WAIT, FORGOTTEN_AFTER, FREE, FREE_PER_ADDRESS, LONGEST_WAIT, PLACES, Patience

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
NO_WAIT = timedelta(0)


def _patience() -> Patience:
    return Patience(key=b"of the test")


def _guess(patience: Patience, times: int, *, name: str = "wang", address: str = "10.0.0.1", browser: str = "") -> None:
    for _ in range(times):
        patience.mistaken(name=name, address=address, browser=browser, now=NOW)


def test_some_mistakes_are_free_and_then_each_wait_is_twice_the_last() -> None:
    patience = _patience()
    _guess(patience, FREE - 1)
    waits = []
    for _ in range(8):
        waits.append(patience.wait(name="wang", address="10.0.0.2", now=NOW))
        _guess(patience, 1)
    assert waits[0] == NO_WAIT
    assert waits[1] == FIRST_WAIT
    assert waits[2] == 2 * FIRST_WAIT
    assert max(waits) == LONGEST_WAIT


def test_a_wait_ends() -> None:
    patience = _patience()
    _guess(patience, 50)
    assert patience.wait(name="wang", address="10.0.0.1", now=NOW) == LONGEST_WAIT
    assert patience.wait(name="wang", address="10.0.0.1", now=NOW + LONGEST_WAIT) == NO_WAIT


def test_a_clock_that_was_set_back_keeps_nobody_out_longer() -> None:
    patience = _patience()
    _guess(patience, 50)
    assert patience.wait(name="wang", address="10.0.0.1", now=NOW - timedelta(days=365)) == LONGEST_WAIT


def test_an_address_that_guesses_at_many_names_waits_too() -> None:
    patience = _patience()
    for number in range(FREE_PER_ADDRESS):
        _guess(patience, 1, name=f"name-{number}", address="10.0.0.66")
    assert patience.wait(name="somebody-else", address="10.0.0.66", now=NOW) > NO_WAIT
    assert patience.wait(name="somebody-else", address="10.0.0.1", now=NOW) == NO_WAIT


def test_strangers_who_guess_for_ever_do_not_hold_up_the_owner_in_a_known_browser() -> None:
    patience = _patience()
    _guess(patience, 1_000)
    assert patience.wait(name="wang", address="10.0.0.1", now=NOW) == LONGEST_WAIT
    assert patience.wait(name="wang", address="10.0.0.1", browser="seen before", now=NOW) == NO_WAIT


def test_a_known_browser_has_no_more_guesses_than_anybody() -> None:
    patience = _patience()
    _guess(patience, FREE, browser="seen before")
    assert patience.wait(name="wang", address="10.0.0.1", browser="seen before", now=NOW) == FIRST_WAIT


def test_getting_in_forgets_the_mistakes_of_the_name_but_not_of_the_address() -> None:
    patience = _patience()
    for number in range(FREE_PER_ADDRESS):
        _guess(patience, 1, name=f"name-{number}")
    _guess(patience, 3)
    patience.mistaken(name="wang", address="10.0.0.1", now=NOW)
    patience.right(name="wang", address="10.0.0.1", now=NOW)
    _guess(patience, 1, address="10.0.0.2")
    assert patience.wait(name="wang", address="10.0.0.2", now=NOW) == NO_WAIT
    patience.mistaken(name="other", address="10.0.0.1", now=NOW)
    assert patience.wait(name="another", address="10.0.0.1", now=NOW) > NO_WAIT


def test_a_bureau_behind_one_address_may_sign_in_all_morning() -> None:
    patience = _patience()
    for number in range(3 * FREE_PER_ADDRESS):
        assert patience.wait(name=f"clerk-{number}", address="10.0.0.1", now=NOW) == NO_WAIT
        patience.mistaken(name=f"clerk-{number}", address="10.0.0.1", now=NOW)
        patience.right(name=f"clerk-{number}", address="10.0.0.1", now=NOW)


def test_all_is_forgotten_after_a_while() -> None:
    patience = _patience()
    _guess(patience, FREE + 3)
    later = NOW + FORGOTTEN_AFTER + timedelta(seconds=1)
    patience.mistaken(name="wang", address="10.0.0.1", now=later)
    assert patience.wait(name="wang", address="10.0.0.1", now=later) == NO_WAIT


def test_a_flood_of_names_needs_no_more_room_and_pushes_nobodys_count_out() -> None:
    patience = _patience()
    _guess(patience, FREE + 2)
    for number in range(3 * PLACES):
        patience.mistaken(name=f"flood-{number}", address=f"10.{number % 250}.{number // 250 % 250}.9", now=NOW)
    assert len(patience._counts) <= PLACES  # the bound itself is what is tested
    assert patience.wait(name="wang", address="10.0.0.1", now=NOW) >= 2 * FIRST_WAIT
