"""A display that stops drawing is brought back, on the same step of the visit."""

import os
import signal
import time

import pytest

from tests.system.demo import PRIMARY, Demo, eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_display_that_stops_drawing_is_back_within_twenty_seconds_and_the_visit_goes_on(
    demo: Demo, how: signal.Signals
) -> None:
    demo.walk_to("confirm")
    before = demo.member("-m screens")
    log = demo.state / "kiosk/log/kiosk.log"
    seen = log.read_text().count("display.connected")

    began = time.monotonic()
    os.kill(before, how)
    eventually("another display", lambda: log.read_text().count("display.connected") > seen, within_s=20)
    back_after_s = time.monotonic() - began

    assert back_after_s < 20
    assert demo.page() == "confirm"
    assert demo.member("-m screens") != before
    time.sleep(1.5)  # the new window fades its first page in; a person would wait for it too
    demo.touch(PRIMARY)
    demo.wait_for_page("take_receipt", within_s=25)
