import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from screens.touch import TouchGate
from tests.screens.conftest import ROOT, environment

pytestmark = pytest.mark.timeout(120)  # a busy machine takes its time to start Kivy


def test_a_second_touch_within_six_tenths_of_a_second_is_ignored() -> None:
    gate = TouchGate()
    assert [gate.lets_through(at) for at in (10.0, 10.08, 10.59, 10.61, 10.9, 11.3)] == [True, False, False, True, False, True]


def test_ignored_touches_do_not_prolong_the_wait() -> None:
    gate = TouchGate()
    assert [gate.lets_through(10 + tap * 0.07) for tap in range(20)].count(True) == 3


def test_a_clock_that_went_back_does_not_lock_the_screen() -> None:
    gate = TouchGate()
    gate.lets_through(1000.0)
    assert gate.lets_through(3.0)


@pytest.fixture(scope="module")
def fingers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What fingers on a real page meant, played in a process of its own."""
    home = tmp_path_factory.mktemp("fingers")
    script = Path(__file__).with_name("fingers.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(home)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_a_touch_counts_when_it_goes_down_and_up_inside(fingers: dict[str, Any]) -> None:
    assert fingers["down and up inside"] == ["proceed"]


def test_a_touch_that_leaves_the_button_means_nothing(fingers: dict[str, Any]) -> None:
    assert fingers["down inside, up outside"] == []


def test_a_touch_that_comes_from_elsewhere_means_nothing(fingers: dict[str, Any]) -> None:
    assert fingers["down outside, up inside"] == []


def test_a_grey_button_means_nothing(fingers: dict[str, Any]) -> None:
    assert fingers["grey"] == []


def test_a_button_darkens_while_a_finger_is_on_it(fingers: dict[str, Any]) -> None:
    assert fingers["ground before, under and after the finger"] == ["action", "action_pressed", "action"]


def test_two_fingers_on_one_button_are_one_touch(fingers: dict[str, Any]) -> None:
    assert fingers["two fingers"] == ["proceed"]


def test_a_button_inside_the_clerks_card_is_not_the_card(fingers: dict[str, Any]) -> None:
    assert fingers["clerk's button"] == ["clerk_mended"]
    assert fingers["clerk's card"] == ["open_clerk_task"]


def test_a_press_does_not_paint_the_whole_page(fingers: dict[str, Any]) -> None:
    assert fingers["paintings of the page for a press"] == 0
    assert fingers["parts painted for a press"] == 2
    assert fingers["a press is seen"]


def test_a_press_looks_as_if_the_whole_page_had_been_painted(fingers: dict[str, Any]) -> None:
    assert fingers["a press looks as if the whole page were painted"]
    assert fingers["a lifted finger leaves no trace"]


def test_nothing_is_left_of_a_page_that_is_gone(fingers: dict[str, Any]) -> None:
    assert fingers["a page that is gone leaves no trace"]
