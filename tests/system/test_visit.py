"""A villager's matter, with real touches on a real window, from the idle page to the paper in her hand."""

import re
from pathlib import Path

import cv2
import httpx
import pytest
from PIL import Image

from tests.system.demo import FIRST_FACE, PRIMARY, Demo, eventually

WHITE, GREY = (0xFF, 0xFF, 0xFF), (0xEF, 0xEC, 0xE6)
"""Grounds of a tile that can be touched and of one that is withdrawn."""

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def _address_on(picture: Path) -> str:
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(picture)))
    return text


def test_a_visit_ends_with_one_receipt_whose_code_a_phone_finds_genuine(demo: Demo) -> None:
    before = len(demo.papers())

    demo.walk_to("take_receipt")
    (receipt,) = demo.papers()[before:]
    demo.lift_card()
    demo.press(PRIMARY, "rate")
    demo.press(FIRST_FACE, "goodbye")
    demo.wait_for_page("attract", within_s=15)

    assert receipt["ended"] == "cut"
    assert "社会保险" in Path(receipt["txt"]).read_text() or "参保" in Path(receipt["txt"]).read_text()
    address = _address_on(Path(receipt["png"]))
    page = httpx.get(address, timeout=5)
    assert page.status_code == httpx.codes.OK
    assert re.search("真", page.text)
    false = httpx.get(address[:-4] + "0000", timeout=5)
    assert "查无" in false.text


def test_a_service_that_needs_paper_is_withdrawn_before_she_starts_and_comes_back_by_itself(demo: Demo, tmp_path: Path) -> None:
    demo.walk_to("catalogue")
    eventually("a white tile", lambda: _tile_colour(demo, tmp_path) == WHITE, within_s=4)
    demo.give("receipt-printer", "paper-out")
    eventually("a grey tile on the glass", lambda: _tile_colour(demo, tmp_path) == GREY, within_s=2)

    alarm = eventually("an open alarm", lambda: _open_alarm(demo, "printer.paper_out"), within_s=3)
    assert alarm is not None
    assert alarm["remedy"] == "CLERK"
    assert alarm["device"] == "receipt-printer"
    eventually("fewer services", lambda: demo.kiosk()["condition"] == "DEGRADED", within_s=3)

    demo.clear("receipt-printer")
    eventually("no open alarm", lambda: _open_alarm(demo, "printer.paper_out") is None, within_s=4)
    eventually("READY again", demo.is_well, within_s=4)
    eventually("a white tile again", lambda: _tile_colour(demo, tmp_path) == WHITE, within_s=4)


def _tile_colour(demo: Demo, folder: Path) -> tuple[int, ...]:
    """Colour of the ground of the third tile, whose statement is printed as a receipt or not at all."""
    with Image.open(demo.picture(folder / "glass.png")) as glass:
        pixel = glass.convert("RGB").getpixel((900, 860))
    assert isinstance(pixel, tuple)
    return tuple(int(part) for part in pixel)


def _open_alarm(demo: Demo, code: str) -> dict[str, str] | None:
    return next((alarm for alarm in demo.api("alarms?open=true") if alarm["code"] == code), None)
