"""Where a sheet lies, the sheet alone, and why it cannot be used: drawn sheets, and what must not be taken for trouble."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from drivers.contract.document_scanner import ScanRefusal
from drivers.document_scanner.judgement import JUDGED_WIDE, judged
from drivers.document_scanner.sheet import Sheet, find_sheet, flattened, skew_of, turned
from drivers.document_scanner.simulated_sheets import SAMPLES, lying, page, table
from drivers.transport.picture import Pixels, decoded_grey, encoded


def found(picture: Pixels) -> Sheet | None:
    return find_sheet(decoded_grey(encoded(picture, quality=90), at_most_wide=480))


def verdict(picture: Pixels) -> ScanRefusal | None:
    sheet = found(picture)
    if sheet is None:
        return ScanRefusal.NO_PAGE
    if sheet.is_cut_off:
        return ScanRefusal.CUT_OFF
    flat = flattened(picture, sheet.corners)
    high = round(JUDGED_WIDE * flat.shape[0] / flat.shape[1])
    return judged(cv2.resize(flat, (JUDGED_WIDE, high), interpolation=cv2.INTER_AREA), bite=sheet.bite)


@pytest.mark.parametrize(
    ("sample", "refusal"),
    [
        ("sheet-1", None),
        ("sheet-2", None),
        ("nothing", ScanRefusal.NO_PAGE),
        ("blank-sheet", ScanRefusal.BLANK),
        ("sheet-with-finger", ScanRefusal.FINGER),
        ("sheet-glare", ScanRefusal.GLARE),
        ("sheet-cut-off", ScanRefusal.CUT_OFF),
        ("sheet-blurred", ScanRefusal.BLURRED),
    ],
)
def test_every_drawn_sheet_is_judged_as_what_it_is(sample: str, refusal: ScanRefusal | None) -> None:
    assert verdict(SAMPLES[sample]()[0].pictures[0]) is refusal


@pytest.mark.parametrize("degrees", [-15, -5, 0, 3, 12])
@pytest.mark.parametrize("keystone_px", [0, 40])
def test_a_sheet_is_cut_out_straight_however_it_lies(degrees: float, keystone_px: float) -> None:
    printed = page("TITLE", lines=12, seed=4)
    picture = lying(printed, degrees=degrees, keystone_px=keystone_px)
    sheet = found(picture)
    assert sheet is not None
    flat = flattened(picture, sheet.corners)
    assert flat.shape[0] / flat.shape[1] == pytest.approx(297 / 210, rel=0.01)
    same = cv2.resize(printed, (flat.shape[1], flat.shape[0]), interpolation=cv2.INTER_AREA)
    soft, wanted = cv2.GaussianBlur(flat, (0, 0), 4), cv2.GaussianBlur(same, (0, 0), 4)
    assert float(np.mean(np.abs(soft.astype(int) - wanted.astype(int)))) < 6


def test_a_sheet_that_lies_across_stays_lying() -> None:
    sheet = found(lying(page("TITLE", lines=12, seed=4), degrees=88))
    assert sheet is not None
    flat = flattened(lying(page("TITLE", lines=12, seed=4), degrees=88), sheet.corners)
    assert flat.shape[1] > flat.shape[0]


@pytest.mark.parametrize("askew_deg", [-2.0, -1.0, 1.5])
def test_print_that_stands_askew_on_its_sheet_is_turned_straight(askew_deg: float) -> None:
    crooked = turned(page("TITLE", lines=17, seed=4), askew_deg)
    grey = cv2.cvtColor(crooked, cv2.COLOR_BGR2GRAY)
    assert skew_of(grey) == pytest.approx(-askew_deg, abs=0.5)


@pytest.mark.parametrize("lines", [0, 17])
def test_straight_print_and_blank_paper_are_left_alone(lines: int) -> None:
    assert skew_of(cv2.cvtColor(page("TITLE", lines=lines, seed=4), cv2.COLOR_BGR2GRAY)) == 0


def test_a_red_seal_is_no_finger() -> None:
    printed = page("CERTIFICATE", lines=10, seed=6)
    cv2.circle(printed, (700, 500), 80, (60, 55, 190), -1, cv2.LINE_AA)  # over the page's edge
    assert verdict(lying(printed)) is None


def test_pink_paper_is_no_finger() -> None:
    printed = page("INVOICE", lines=14, seed=7)
    pink = np.clip(printed.astype(np.int16) - np.array([40, 36, 0]), 0, 255).astype(np.uint8)
    assert verdict(lying(pink)) is None


def test_one_signature_is_not_blank() -> None:
    paper = page("", lines=0, seed=0)
    curve = np.array([(200 + 3 * n, 800 + int(40 * np.sin(n / 6))) for n in range(90)], np.int32)
    cv2.polylines(paper, [curve], False, (120, 40, 30), 3, cv2.LINE_AA)
    assert verdict(lying(paper)) is None


def test_a_card_is_too_small_to_be_a_sheet() -> None:
    picture = table()
    cv2.rectangle(picture, (500, 400), (700, 520), (235, 235, 235), -1)
    assert found(picture) is None


def test_a_picture_full_of_paper_is_no_sheet_that_can_be_seen_whole() -> None:
    picture: Pixels = np.full((960, 1280, 3), 235, np.uint8)
    picture[:, :60] = 90
    assert verdict(picture) is ScanRefusal.CUT_OFF


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=20, max_side=60)))
def test_no_picture_whatever_raises(grey: Pixels) -> None:
    sheet = find_sheet(grey)
    if sheet is not None:
        flattened(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), sheet.corners)
