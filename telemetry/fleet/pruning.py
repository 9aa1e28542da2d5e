"""The job that lets old rows go: every few hours, in small bites with long pauses, beside everything else."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.settings import Retention as Settings
from telemetry.fleet.store.retention import Keeping, Retention

log = structlog.get_logger()

FIRST_AFTER_S = 300.0
"""After a start everybody has better things to do."""
SHORTEST_PAUSE_S = 0.02
REST = 4.0
"""Pauses last so many times what was deleted before them took: at most a fifth of the store's time goes into this."""


def keeping(settings: Settings) -> Keeping:
    """Return how long things are kept by the settings."""
    return Keeping(
        messages=timedelta(days=settings.messages_days),
        alarms=timedelta(days=settings.alarms_days),
        spans=timedelta(days=settings.spans_days),
        audit=timedelta(days=settings.audit_days),
        commands=timedelta(days=settings.commands_days),
        notices=timedelta(days=settings.notices_days),
    )


class Pruning:
    """Belongs to one event loop; deletes in a worker thread."""

    def __init__(self, retention: Retention, *, metrics: Metrics, every_s: float, now: Callable[[], datetime]) -> None:
        self._retention = retention
        self._metrics = metrics
        self._every_s = every_s
        self._now = now

    async def run(self) -> None:
        """Prune for ever; a store that is away is no reason to end."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            await self.once()
            await asyncio.sleep(self._every_s)

    async def once(self) -> None:
        """Delete everything that is old by now."""
        loop = asyncio.get_running_loop()
        gone: Counter[str] = Counter()
        bites = self._retention.prune(now=self._now())
        try:
            while True:
                began_s = loop.time()
                bite = await asyncio.to_thread(_next, bites)
                if bite is None:
                    break
                table, rows = bite
                gone[table] += rows
                self._metrics.pruned.labels(table=table).inc(rows)
                await asyncio.sleep(max(SHORTEST_PAUSE_S, REST * (loop.time() - began_s)))
        except SQLAlchemyError as error:
            log.warning("pruning broke off", error=str(error.__cause__ or error), rows=dict(gone))
            return
        if gone:
            log.info("pruned", rows=dict(gone))


def _next(bites: Iterator[tuple[str, int]]) -> tuple[str, int] | None:
    return next(bites, None)
