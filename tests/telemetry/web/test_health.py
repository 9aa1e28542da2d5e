"""Whether the service says truly how it is."""

from pathlib import Path

from sqlalchemy import Engine

from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.health import Pulse
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import NOW, add_alarm, add_kiosk


def _client(engine: Engine, pulse: Pulse = served.well(), words: FaultWords | None = None) -> Asking:  # noqa: B008  # frozen
    return Asking(served.build(engine, now=lambda: NOW, pulse=lambda: pulse, words=words))


def test_a_well_service_says_ok(engine: Engine) -> None:
    answer = _client(engine).get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_a_service_without_its_broker_is_degraded_and_says_when_to_ask_again(engine: Engine) -> None:
    answer = _client(engine, Pulse(broker_connected=False, queued=0, queue_size=10)).get("/healthz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert (answer.json()["status"], answer.json()["broker"], answer.json()["database"]) == ("degraded", False, True)


def test_a_service_whose_queue_is_nearly_full_is_degraded(engine: Engine) -> None:
    assert _client(engine, Pulse(broker_connected=True, queued=9, queue_size=10)).get("/healthz").status_code == 503


def test_a_service_without_its_database_is_degraded_and_its_pages_say_so(tmp_path: Path) -> None:
    client = _client(open_engine(sqlite_url(tmp_path / "missing" / "fleet.sqlite3")))
    assert client.get("/healthz").json()["database"] is False
    assert client.get("/api/v1/kiosks").status_code == 503
    page = client.get("/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "数据暂时读不到" in page.text
    assert "zhizhu_store_up 0.0" in client.get("/metrics").text


def test_metrics_are_aggregates_and_never_a_series_a_kiosk(county: WholeCounty) -> None:
    text = _client(county.engine).get("/metrics").text
    assert 'zhizhu_kiosks{condition="UNKNOWN"} 6.0' in text
    assert "zhizhu_kiosks_silent 6.0" in text
    assert 'zhizhu_alarms_open{code="printer.paper_low",hushed="",remedy="CLERK",severity="DEGRADED"} 5.0' in text
    assert "zhizhu_ingest_queue" in text
    assert "LX-0" not in text
    assert "村" not in text


def test_codes_nobody_knows_are_one_series_however_many_there_are(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        for number in range(50):
            add_alarm(connection, "A-1", "x", f"made.up_{number}")
    text = _client(engine).get("/metrics").text
    assert 'zhizhu_alarms_open{code="other",hushed="",remedy="CLERK",severity="BLOCKING"} 50.0' in text
    assert "made.up" not in text
