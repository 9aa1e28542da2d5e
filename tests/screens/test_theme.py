import re
from pathlib import Path

import pytest

from screens import theme

SCREENS = Path(theme.__file__).parent


@pytest.mark.parametrize(("text", "ground"), theme.TEXT_PAIRS)
def test_every_text_pair_has_a_contrast_of_seven(text: str, ground: str) -> None:
    assert theme.contrast(theme.COLOURS[text], theme.COLOURS[ground]) >= 7


def test_instructions_have_a_contrast_of_ten() -> None:
    for ground in ("paper", "white", "tint", "done_bg", "attention_bg"):
        assert theme.contrast(theme.COLOURS["ink"], theme.COLOURS[ground]) >= 10


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert round(theme.contrast((0, 0, 0, 1), (1, 1, 1, 1)), 2) == 21.0


def test_a_page_keeps_its_shape_on_other_panels() -> None:
    assert theme.for_panel(width=1080, height=1920, text_size=0).unit == 1
    assert theme.for_panel(width=768, height=1366, text_size=0).unit == pytest.approx(0.711, abs=0.001)
    assert theme.for_panel(width=1920, height=1080, text_size=0).unit == 1080 / 1920


def test_the_standard_panel_has_large_enough_targets_and_a_tablet_has_not() -> None:
    assert theme.smallest_target_mm(width=1080, height=1920, px_per_mm=4.03) >= theme.SMALLEST_TARGET_MM
    assert theme.smallest_target_mm(width=1080, height=1920, px_per_mm=9.0) < theme.SMALLEST_TARGET_MM


def test_colours_stand_only_in_the_theme() -> None:
    for source in (*SCREENS.rglob("*.py"), *SCREENS.rglob("*.kv")):
        if source.name != "theme.py":
            assert not re.search(r"['\"]#?[0-9A-Fa-f]{6}['\"]", source.read_text(encoding="utf-8")), source


def test_every_colour_a_layout_names_exists() -> None:
    named = {
        name
        for source in SCREENS.rglob("*.kv")
        for line in source.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s+(fill|edge|colour|pressed_fill|ink|ground):", line)
        for name in re.findall(r"'([a-z_0-9]+)'", line)
    }
    moods = {"good", "info"}
    assert named - moods - set(theme.COLOURS) <= {"attention"}


def test_layouts_hold_no_words() -> None:
    for source in SCREENS.rglob("*.kv"):
        lines = [line for line in source.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
        assert not re.search(r"[\u4e00-\u9fff]", "\n".join(lines)), source
