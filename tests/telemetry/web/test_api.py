"""The API others script against."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.telemetry.web.asking import Asking
from tests.telemetry.web.county import NOW, add_alarm, add_device, add_kiosk


@pytest.fixture
def _one(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "LX-007", offered=31, condition="DEGRADED")
        add_device(connection, "LX-007", "receipt-printer", "receipt_printer", condition="FAILED", evidence="DLE EOT 4=72")
        add_alarm(connection, "LX-007", "receipt-printer", "printer.paper_out")
        ended = NOW - timedelta(hours=1)
        add_alarm(connection, "LX-007", "receipt-printer", "printer.cover_open", raised_at=ended, cleared_at=NOW)


@pytest.mark.usefixtures("_one")
def test_kiosks_are_listed_with_their_devices_and_open_faults(client: Asking) -> None:
    [kiosk] = client.get("/api/v1/kiosks").json()
    assert (kiosk["kiosk"], kiosk["county"], kiosk["site"], kiosk["condition"]) == ("LX-007", "lanxi", "下塘村", "DEGRADED")
    assert kiosk["age_s"] == pytest.approx(2)
    [device] = kiosk["devices"]
    assert (device["device"], device["condition"], device["faults"]) == ("receipt-printer", "FAILED", ["printer.paper_out"])


@pytest.mark.usefixtures("_one")
def test_every_time_says_its_zone(client: Asking) -> None:
    [kiosk] = client.get("/api/v1/kiosks").json()
    [alarm] = client.get("/api/v1/alarms?open=true").json()
    for said in (kiosk["last_seen"], kiosk["condition_since"], kiosk["devices"][0]["read_at"], alarm["raised_at"]):
        moment = datetime.fromisoformat(said)
        assert moment.utcoffset() == timedelta(0)


@pytest.mark.usefixtures("_one")
def test_open_alarms_say_who_can_end_them_and_why_they_stand(client: Asking) -> None:
    [alarm] = client.get("/api/v1/alarms?open=true").json()
    assert alarm["code"] == "printer.paper_out"
    assert (alarm["remedy"], alarm["severity"], alarm["cause"], alarm["cleared_at"]) == ("CLERK", "BLOCKING", "kiosk", None)
    assert {one["code"] for one in client.get("/api/v1/alarms").json()} == {"printer.paper_out", "printer.cover_open"}
    assert [one["code"] for one in client.get("/api/v1/alarms?open=false").json()] == ["printer.cover_open"]


@pytest.mark.usefixtures("_one")
def test_one_kiosk_is_shown_with_its_alarms_and_its_screen(client: Asking) -> None:
    kiosk = client.get("/api/v1/kiosks/LX-007").json()
    assert kiosk["screen"]["page"] == "attract"
    assert [one["code"] for one in kiosk["alarms"]] == ["printer.paper_out"]


@pytest.mark.usefixtures("_one")
def test_a_kiosk_nobody_ever_heard_is_a_404_that_says_so(client: Asking) -> None:
    answer = client.get("/api/v1/kiosks/LX-999")
    assert answer.status_code == 404
    assert "LX-999" in answer.json()["detail"]


def test_a_name_two_counties_use_must_be_told_apart(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", county="lanxi")
        add_kiosk(connection, "A-1", county="qingshan")
    assert client.get("/api/v1/kiosks/A-1").status_code == 409
    assert client.get("/api/v1/kiosks/A-1?county=qingshan").json()["county"] == "qingshan"


def test_a_silent_kiosk_is_unknown_whatever_it_said_last(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", seen_s=600, is_silent=True)
        add_device(connection, "A-1", "receipt-printer", "receipt_printer")
    [kiosk] = client.get("/api/v1/kiosks").json()
    assert (kiosk["condition"], kiosk["is_silent"]) == ("UNKNOWN", True)
    assert (kiosk["devices"][0]["condition"], kiosk["devices"][0]["last_condition"]) == ("UNKNOWN", "READY")


def test_a_kiosk_past_its_limit_is_unknown_even_if_nobody_marked_it_silent(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", seen_s=76, is_silent=False)
    [kiosk] = client.get("/api/v1/kiosks").json()
    assert (kiosk["condition"], kiosk["last_condition"], kiosk["is_silent"]) == ("UNKNOWN", "READY", True)


def test_questions_are_bounded(client: Asking) -> None:
    assert client.get("/api/v1/alarms?limit=1000000").status_code == 422
    assert client.get("/api/v1/alarms?open=perhaps").status_code == 422
    assert client.get("/api/v1/kiosks/" + "x" * 200).status_code == 422
    assert client.get("/api/v1/kiosks?" + "x" * 5_000).status_code == 414


def test_the_api_describes_itself(client: Asking) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/kiosks", "/api/v1/kiosks/{kiosk}", "/api/v1/alarms", "/healthz", "/metrics"} <= set(paths)
