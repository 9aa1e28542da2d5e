"""Prometheus: a real one scrapes the real service, every rule and every panel evaluates, and every series is documented."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from telemetry.fleet.metrics import Metrics
from tests.telemetry.together import free_port
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import NOW, TOWNS

DEPLOY = Path(__file__).parents[3] / "deploy"
DOCS = Path(__file__).parents[3] / "docs/metrics.md"
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
PATIENCE_S = 30.0
OUR_SERIES = re.compile(r"\bzhizhu_[a-z_]+")

needs_prometheus = pytest.mark.skipif(PROMTOOL is None or PROMETHEUS is None, reason="Prometheus is not installed")


@pytest.fixture(scope="module")
def families(county: WholeCounty) -> dict[str, tuple[str, str]]:
    """Name -> kind and help of everything ``/metrics`` tells."""
    text = Asking(served.build(county.engine, now=lambda: NOW, metrics=Metrics())).get("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return {
        name: (kinds[name], said)
        for name, said in re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE)
        if not name.endswith("_created")
    }


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads((DEPLOY / "grafana/dashboard.json").read_text(encoding="utf-8"))["panels"]
    return panels


def _expressions() -> list[str]:
    return [target["expr"] for panel in _panels() for target in panel["targets"]]


def test_every_series_is_documented_as_it_describes_itself(families: dict[str, tuple[str, str]]) -> None:
    told = DOCS.read_text(encoding="utf-8")
    missing = [
        f"| `{name}` | {kind} | {said} |"
        for name, (kind, said) in sorted(families.items())
        if f"| `{name}` | {kind} | {said} |" not in told
    ]
    assert missing == []
    assert set(OUR_SERIES.findall(told)) <= families.keys(), "nothing is documented that is not there"


def test_rules_and_panels_speak_of_series_that_exist(families: dict[str, tuple[str, str]]) -> None:
    rules = (DEPLOY / "prometheus/rules.yml").read_text(encoding="utf-8")
    asked = {name.removesuffix("_bucket") for text in (rules, *_expressions()) for name in OUR_SERIES.findall(text)}
    assert asked - families.keys() == set()


@needs_prometheus
@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "--lint=all", "--lint-fatal", "rules.yml"),
        ("test", "rules", "rules_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_finds_nothing_wrong(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_two_panels_of_the_dashboard_lie_on_each_other() -> None:
    places: set[tuple[int, int]] = set()
    for panel in _panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & places, panel["title"]
        places |= cells


class Asked:
    """A running Prometheus."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=5)

    def get(self, path: str, **asked: str) -> Any:
        said = self._client.get(path, params=asked)
        said.raise_for_status()  # 503 and plain words until it has started
        answer = said.json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def is_up(self) -> bool:
        try:
            found = self.get("/query", query='up{job="zhizhu-fleet"}')["result"]
        except httpx.HTTPError:
            return False
        return any(one["value"][1] == "1" for one in found)

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def prometheus(county: WholeCounty, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    with served.Served(county.engine, now=lambda: NOW) as fleet:
        config = (DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8")
        config = config.replace("127.0.0.1:8080", f"127.0.0.1:{fleet.port}").replace("interval: 15s", "interval: 1s")
        (folder / "prometheus.yml").write_text(config.replace("scrape_timeout: 10s", "scrape_timeout: 1s"), encoding="utf-8")
        shutil.copy(DEPLOY / "prometheus/rules.yml", folder)
        words = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{port}")
        process = subprocess.Popen(["prometheus", *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked = Asked(port)
        try:
            deadline_s = time.monotonic() + PATIENCE_S
            while not asked.is_up():
                assert process.poll() is None, "Prometheus ended"
                assert time.monotonic() < deadline_s, f"nothing scraped within {PATIENCE_S} s"
                time.sleep(0.1)
            yield asked
        finally:
            asked.close()
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


@needs_prometheus
def test_a_real_prometheus_reads_the_fleet(prometheus: Asked) -> None:
    standing = prometheus.get("/query", query="sum by (standing) (zhizhu_kiosks_standing)")["result"]
    counted = {one["metric"]["standing"]: int(one["value"][1]) for one in standing}
    assert counted.keys() == {"full", "partly", "none", "unknown"}
    assert sum(counted.values()) == sum(len(villages) for villages in TOWNS.values())
    assert prometheus.get("/query", query="count(zhizhu_alarms_open)")["result"] != []


@needs_prometheus
def test_every_rule_evaluates(prometheus: Asked) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        rules = [rule for group in prometheus.get("/rules")["groups"] for rule in group["rules"]]
        if all(rule["health"] != "unknown" for rule in rules):
            break
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    assert len(rules) >= 19
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


@needs_prometheus
@pytest.mark.parametrize("expression", _expressions())
def test_every_panel_of_the_dashboard_evaluates(prometheus: Asked, expression: str) -> None:
    assert prometheus.get("/query", query=expression)["resultType"] == "vector"
