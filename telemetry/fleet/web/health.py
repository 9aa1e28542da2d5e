"""Whether the service itself is well: ``/healthz`` for whoever restarts it, ``/metrics`` for whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store import schema

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
