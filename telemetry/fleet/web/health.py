"""Whether the service itself is well: ``/healthz`` for whoever restarts it, ``/metrics`` for whoever watches it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store import schema
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.fleet_now import judge_all

RETRY_AFTER_S = 30
"""When to ask a degraded service again; a locked or full database is seldom well sooner."""
FULL_QUEUE = 0.9
"""From this share on the ingest queue is about to make the broker wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How ingest is now."""

    broker_connected: bool
    queued: int
    queue_size: int

    @property
    def queue_is_full(self) -> bool:
        """Whether the broker is about to be made to wait."""
        return self.queued >= self.queue_size * FULL_QUEUE


class Health(BaseModel):
    """The answer of ``/healthz``."""

    status: Literal["ok", "degraded"]
    at: datetime
    database: bool
    broker: bool
    queued: int
    queue_size: int
    streams: int


class FleetCollector(Collector):
    """The fleet in aggregates, counted when Prometheus asks. Codes the catalogue does not know are one series together."""

    def __init__(self, engine: Engine, words: FaultWords, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._words = words
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: registering must not ask the database."""
        return ()

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield the gauges; only that the store is away when it is."""
        up = GaugeMetricFamily("zhizhu_store_up", "1 while the database answers.")
        try:
            families = self._count()
        except SQLAlchemyError:
            up.add_metric((), 0)
            return (up,)
        up.add_metric((), 1)
        return (up, *families)

    def _count(self) -> tuple[Metric, ...]:
        reader = Reader(self._engine)
        fleet = judge_all(reader.kiosks(), now=self._now())
        open_alarms = Counter(
            (alarm.code if alarm.code in self._words.codes else "other", alarm.severity, alarm.remedy)
            for alarm in reader.alarms(is_open=True, limit=100_000)
        )
        kiosks = GaugeMetricFamily("zhizhu_kiosks", "Kiosks by condition; silent ones are UNKNOWN.", labels=["condition"])
        for condition, count in sorted(Counter(kiosk.condition for kiosk in fleet).items()):
            kiosks.add_metric((condition,), count)
        serving = GaugeMetricFamily("zhizhu_kiosks_standing", "Kiosks by what a villager can do.", labels=["standing"])
        for standing, count in sorted(Counter(kiosk.standing.value for kiosk in fleet).items()):
            serving.add_metric((standing,), count)
        silent = GaugeMetricFamily("zhizhu_kiosks_silent", "Kiosks past their deadline.")
        silent.add_metric((), sum(kiosk.is_silent for kiosk in fleet))
        alarms = GaugeMetricFamily("zhizhu_alarms_open", "Open alarms.", labels=["code", "severity", "remedy"])
        for labels, count in sorted(open_alarms.items()):
            alarms.add_metric(labels, count)
        return (kiosks, serving, silent, alarms)


def router(
    engine: Engine,
    metrics: Metrics,
    *,
    pulse: Callable[[], Pulse],
    open_streams: Callable[[], int],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return ``/healthz`` and ``/metrics``."""
    routes = APIRouter()

    @routes.get("/healthz", response_model=Health, responses={503: {"model": Health}})
    def healthz(response: Response) -> Health:
        """Say whether the service can do its work: 200 ok, or 503 degraded with Retry-After."""
        beat, database = pulse(), _answers(engine)
        is_well = database and beat.broker_connected and not beat.queue_is_full
        if not is_well:
            response.status_code = 503
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return Health(
            status="ok" if is_well else "degraded",
            at=now(),
            database=database,
            broker=beat.broker_connected,
            queued=beat.queued,
            queue_size=beat.queue_size,
            streams=open_streams(),
        )

    @routes.get("/metrics")
    def metrics_page() -> Response:
        """Give Prometheus' text format: aggregates only, never a series a kiosk."""
        return Response(metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(select(schema.kiosk.c.kiosk).limit(1)).first()
    except SQLAlchemyError:
        return False
    return True
