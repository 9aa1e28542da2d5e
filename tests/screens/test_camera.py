import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.screens.conftest import ROOT, environment

pytestmark = pytest.mark.timeout(120)  # a busy machine takes its time to start Kivy


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was on the glass while pictures came, played in a process of its own."""
    home = tmp_path_factory.mktemp("camera")
    script = Path(__file__).with_name("camera.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(home)],
        cwd=ROOT,
        env={**environment(), "LIBGL_ALWAYS_SOFTWARE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_a_person_sees_herself_as_before_a_mirror(seen: dict[str, Any]) -> None:
    assert seen["before any picture"] == ["none", "none"]
    assert seen["a person before the mirror"] == ["right", "left"]
    assert seen["the newest is seen"] == ["left", "right"]


def test_a_sheet_is_seen_as_it_lies(seen: dict[str, Any]) -> None:
    assert seen["a sheet on the table"] == ["left", "right"]
    assert seen["a sheet that has been taken"] == ["none", "none"]


def test_a_picture_of_another_page_is_not_shown(seen: dict[str, Any]) -> None:
    assert seen["for another page"] is False


def test_pictures_paint_nothing_of_the_page_and_only_their_own_part_of_the_window(seen: dict[str, Any]) -> None:
    assert seen["paintings of the page for pictures"] == 0
    assert seen["parts drawn"] > 0
    assert seen["a part looks as the whole does"]


def test_words_that_change_between_two_pictures_are_seen(seen: dict[str, Any]) -> None:
    assert seen["parts drawn right after the words have changed"] == 0
    assert seen["words and picture change together"]


def test_the_picture_stays_while_the_page_says_something_else(seen: dict[str, Any]) -> None:
    assert seen["the picture stays while the words change"] == ["right", "left"]
    assert seen["the picture stays when the same page has another number"] == ["right", "left"]


@pytest.mark.parametrize("broken", ["garbage", "half a picture", "nothing", "a PNG", "far too many pixels"])
def test_what_is_no_picture_is_not_shown(seen: dict[str, Any], broken: str) -> None:
    assert seen[broken] is False
    assert seen["after nonsense the last good one stands"] == ["right", "left"]


@pytest.mark.parametrize("wide", ["twice as wide as allowed", "a little too wide"])
def test_a_picture_that_is_too_wide_is_made_smaller(seen: dict[str, Any], wide: str) -> None:
    assert seen[wide] == [True, [640, 480], ["right", "left"]]


def test_nothing_of_a_person_is_left_when_the_page_has_gone(seen: dict[str, Any]) -> None:
    assert seen["after the page has gone"] == ["none", "none"]
    assert seen["what the graphics keep of all of it"]
    assert seen["a page that comes again is bare"]


def test_no_picture_stands_while_it_is_being_compared(seen: dict[str, Any]) -> None:
    assert seen["while it is compared"] == ["none", "none"]
    assert seen["while it is compared none is taken"] is False


def test_a_picture_that_no_other_follows_is_taken_away_within_a_second_or_so(seen: dict[str, Any]) -> None:
    assert seen["a picture no other follows is taken away"] == ["none", "none"]
    assert seen["and not at once"]


def test_many_pictures_cost_the_memory_of_one(seen: dict[str, Any]) -> None:
    assert seen["grown by after 300 pictures"] < 4_000_000
