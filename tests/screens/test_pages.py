import itertools
import re

import pytest
from PIL import Image

from screens import theme
from tests.screens.conftest import Gallery

SIZES = ("", "-1", "-2", "-3")
TARGET_PX = 65
PRIMARY_PX = 81
GAP_PX = 16
LINE_SIGNS = 18
PHONE = re.compile(r"[\d-]{8,}")

pytestmark = pytest.mark.timeout(120)  # a busy machine takes its time to start Kivy


def test_every_page_fits_at_every_text_size(measured: Gallery) -> None:
    assert {name: page["too_full"] for name, page in measured.pages.items() if page["too_full"]} == {}


def test_every_page_is_there_at_every_text_size(measured: Gallery) -> None:
    names = {name for name in measured.pages if not re.search(r"-[123]$", name)}
    assert len(names) > 50
    assert set(measured.pages) == {f"{name}{size}" for name in names for size in SIZES}


def test_no_text_leaves_the_page_or_its_box(measured: Gallery) -> None:
    wrong = []
    for name, page in measured.pages.items():
        for thing in page["things"]:
            if not thing["em"]:
                continue
            rows = thing["text"].count("\n") + 1
            is_inside = thing["x"] >= 0 and thing["y"] >= 0 and thing["x"] + thing["width"] <= theme.PAGE_WIDTH + 1
            if not is_inside or thing["y"] + thing["height"] > theme.PAGE_HEIGHT or thing["height"] < rows * thing["em"]:
                wrong.append((name, thing["text"]))
    assert wrong == []


def test_no_text_is_broken_where_no_break_was_meant(measured: Gallery) -> None:
    forced = [(name, thing["text"]) for name, page in measured.pages.items() for thing in page["things"] if thing["was_forced"]]
    assert forced == []


def test_no_text_is_smaller_than_nine_millimetres(measured: Gallery) -> None:
    small = [
        (name, thing["text"], thing["em"])
        for name, page in measured.pages.items()
        for thing in page["things"]
        if thing["em"] and thing["em"] < theme.SMALLEST_TEXT
    ]
    assert small == []


def test_no_line_has_more_than_eighteen_signs(measured: Gallery) -> None:
    long = {
        (name, row)
        for name, page in measured.pages.items()
        for thing in page["things"]
        for row in PHONE.sub("#", thing["text"]).split("\n")
        if len(row) > LINE_SIGNS
    }
    assert long == set()


def test_everything_to_touch_is_large_enough(measured: Gallery) -> None:
    small = [
        (name, thing)
        for name, page in measured.pages.items()
        for thing in page["things"]
        if thing["can_touch"]
        and (min(thing["width"], thing["height"]) < TARGET_PX or (thing["is_primary"] and thing["height"] < PRIMARY_PX))
    ]
    assert small == []


def test_things_to_touch_keep_four_millimetres_apart(measured: Gallery) -> None:
    close = []
    for name, page in measured.pages.items():
        touchable = [thing for thing in page["things"] if thing["can_touch"]]
        for one, other in itertools.combinations(touchable, 2):
            apart_x = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
            apart_y = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
            is_within = apart_x <= -min(one["width"], other["width"]) and apart_y <= -min(one["height"], other["height"])
            if not is_within and max(apart_x, apart_y) < GAP_PX - 0.5:
                close.append((name, one["what"], other["what"], max(apart_x, apart_y)))
    assert close == []


def test_at_most_five_choices_stand_on_a_page(measured: Gallery) -> None:
    tiles = {"Tile", "RateTile", "SizeTile", "VoiceTile", "Pick"}
    many = {
        name: count
        for name, page in measured.pages.items()
        if (count := sum(thing["what"] in tiles for thing in page["things"])) > 5
    }
    assert many == {}


def test_every_page_but_waiting_has_the_four_buttons_at_the_bottom(measured: Gallery) -> None:
    for name, page in measured.pages.items():
        buttons = [thing for thing in page["things"] if thing["what"] == "FootButton"]
        if page["kind"] == "wait":
            assert buttons == [], name
            continue
        places = [(round(b["x"]), round(b["y"]), round(b["width"]), round(b["height"])) for b in buttons]
        assert places == [(x, theme.FOOT_BUTTON_TOP, 226, 112) for x in (64, 306, 548, 790)], name


def test_the_primary_action_ends_where_it_always_ends(measured: Gallery) -> None:
    for name, page in measured.pages.items():
        for thing in page["things"]:
            if thing["what"] in {"PrimaryButton", "SecondButton"}:
                assert round(thing["y"] + thing["height"]) == theme.ACTION_BOTTOM, name
                assert round(thing["height"]) == theme.ACTION_HEIGHT, name


def test_elder_pages_have_larger_text_than_standard_ones(measured: Gallery) -> None:
    standard = {thing["text"]: thing["em"] for thing in measured.pages["take-receipt"]["things"] if thing["em"]}
    elder = {thing["text"]: thing["em"] for thing in measured.pages["take-receipt-3"]["things"] if thing["em"]}
    assert elder["拿走凭条"] > standard["拿走凭条"] * 1.2
    assert elder["打印"] == round(standard["打印"] * theme.TEXT_SCALES[3])


def test_a_page_is_really_drawn(drawn: Gallery) -> None:
    with Image.open(drawn.folder / "attract.png") as picture:
        assert picture.size == (theme.PAGE_WIDTH, theme.PAGE_HEIGHT)
        action = tuple(round(part * 255) for part in theme.COLOURS["action"][:3])
        paper = tuple(round(part * 255) for part in theme.COLOURS["paper"][:3])
        assert picture.getpixel((20, 20)) == action
        assert picture.getpixel((30, 1720)) == paper
        assert picture.getpixel((100, 1400)) == action
    with Image.open(drawn.folder / "guide.png") as picture:
        colours = picture.getcolors(maxcolors=1 << 20) or []
        assert len(colours) > 500


def test_the_grey_service_is_drawn_grey(drawn: Gallery) -> None:
    tile = [thing for thing in drawn.pages["catalogue"]["things"] if thing["what"] == "Tile"][-1]
    grey = tuple(round(part * 255) for part in theme.COLOURS["grey_bg"][:3])
    with Image.open(drawn.folder / "catalogue.png") as picture:
        assert picture.getpixel((round(tile["x"] + tile["width"] - 60), round(tile["y"] + 60))) == grey
    assert not tile["can_touch"]
