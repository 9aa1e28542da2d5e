"""A platform that answers nonsense, nothing or late is offline to the villager, never a crash; and nothing is done twice."""

import httpx
import pytest

from tests.system.demo import PRIMARY, Demo, eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def _mode(demo: Demo, mode: str, **options: object) -> None:
    answer = httpx.post(f"{demo.platform}/sandbox/mode", json={"mode": mode, **options}, timeout=5)
    assert answer.status_code == httpx.codes.OK, answer.text


def _effects(demo: Demo) -> dict[str, int]:
    effects: dict[str, int] = httpx.get(f"{demo.platform}/sandbox/effects", timeout=5).json()
    return effects


@pytest.mark.parametrize("mode", ["html", "hang"])
def test_a_platform_that_answers_nonsense_is_offline_to_the_villager(demo: Demo, mode: str) -> None:
    demo.walk_to("confirm")
    _mode(demo, mode)
    try:
        demo.touch(PRIMARY)
        demo.wait_for_page("trouble", within_s=45)
        eventually("services withdrawn", lambda: demo.kiosk()["services_offered"] == 0, within_s=20)
    finally:
        _mode(demo, "normal")
    eventually(
        "services back by themselves", lambda: (kiosk := demo.kiosk())["services_offered"] == kiosk["services_total"], within_s=15
    )
    log = (demo.state / "kiosk/log/kiosk.log").read_text()
    assert "Traceback" not in log
    assert '"level": "error"' not in log


def test_an_effect_whose_answer_was_lost_is_asked_for_and_not_repeated(demo: Demo) -> None:
    before = set(_effects(demo))
    demo.walk_to("confirm")
    _mode(demo, "drop-after-effect", times=1)
    try:
        demo.touch(PRIMARY)
        demo.wait_for_page("take_receipt", within_s=45)
    finally:
        _mode(demo, "normal")
    new = {key: count for key, count in _effects(demo).items() if key not in before}
    assert list(new.values()) == [1]
