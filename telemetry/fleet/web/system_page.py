"""The service itself: what comes in, what waits, what was dropped, whether database and broker answer, who says too much."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Connection, Engine, func, inspect, select, text

from telemetry.fleet.floods import Flood
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store.schema import kiosk, message, notice, roll_up
from telemetry.fleet.web import pace
from telemetry.fleet.web.health import Pulse
from telemetry.fleet.web.pace import Pace, Paced

SLOW_S = 1.0
"""From here on a batch, or the database's answer, is no longer quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """What comes in. Latencies are of the whole life of the process."""

    received: Mapping[str, Paced]
    beats: Paced
    stored: Paced
    duplicates: Paced
    batch_p50_s: float | None
    batch_p95_s: float | None
    lag_p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The database."""

    kind: str
    answered_s: float
    size_bytes: int | None
    revision: str
    kiosks: int
    messages_hour: int
    rolled_up_to: datetime | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What is to be told to people outside."""

    waiting: int
    failing: int
    oldest: datetime | None
    last_failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPage:
    """Everything the page shows."""

    pulse: Pulse
    ingest: Ingest
    drops: tuple[tuple[str, Paced], ...]
    resyncs: tuple[tuple[str, int], ...]
    store: Store
    notices: Notices
    streams: int
    floods: tuple[Flood, ...]
    broker_starts: int
    release: str
    started_at: datetime

    @property
    def dropped(self) -> float:
        """Messages dropped since the start, for any reason."""
        return sum(count.total for _, count in self.drops)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is not as it should be, in words the page knows, the worst first."""
        lag_s = self.ingest.lag_p95_s
        found = (
            ("broker", not self.pulse.broker_connected),
            ("queue", self.pulse.queue_is_full),
            ("slow", self.store.answered_s > SLOW_S or (lag_s is not None and lag_s > SLOW_S)),
            ("floods", any(not flood.is_over for flood in self.floods)),
            ("notices", self.notices.failing > 0),
        )
        return tuple(name for name, is_so in found if is_so)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Whom the page asks."""

    engine: Engine
    metrics: Metrics
    pulse: Callable[[], Pulse]
    floods: Callable[[], tuple[Flood, ...]]
    streams: Callable[[], int]
    pace: Pace
    started_at: datetime


def read(sources: Sources, *, now: datetime) -> SystemPage:
    """Read how the service is."""
    metrics = sources.metrics
    kinds = pace.by_label(metrics.received, "kind")
    drops = pace.by_label(metrics.dropped, "reason")
    totals = {
        **{f"received {kind}": count for kind, count in kinds.items()},
        **{f"dropped {reason}": count for reason, count in drops.items()},
        "beats": pace.total(metrics.beats_stored),
        "stored": pace.total(metrics.stored),
        "duplicates": pace.total(metrics.duplicates),
    }
    paced = sources.pace.of(totals)
    with sources.engine.connect() as connection:
        store, notices = _store(connection, sources, now=now), _notices(connection)
    return SystemPage(
        pulse=sources.pulse(),
        ingest=Ingest(
            received={kind: paced[f"received {kind}"] for kind in sorted(kinds)},
            beats=paced["beats"],
            stored=paced["stored"],
            duplicates=paced["duplicates"],
            batch_p50_s=pace.share_below(metrics.batch_seconds, 0.5),
            batch_p95_s=pace.share_below(metrics.batch_seconds, 0.95),
            lag_p95_s=pace.share_below(metrics.ingest_seconds, 0.95),
        ),
        drops=tuple(sorted(((reason, paced[f"dropped {reason}"]) for reason in drops), key=lambda one: (-one[1].total, one[0]))),
        resyncs=tuple(sorted((why, int(count)) for why, count in pace.by_label(metrics.resyncs, "why").items())),
        store=store,
        notices=notices,
        streams=sources.streams(),
        floods=sources.floods(),
        broker_starts=int(pace.total(metrics.broker_starts)),
        release=_release(),
        started_at=sources.started_at,
    )


def _store(connection: Connection, sources: Sources, *, now: datetime) -> Store:
    began_s = time.perf_counter()
    kiosks = connection.execute(select(func.count()).select_from(kiosk)).scalar_one()
    answered_s = time.perf_counter() - began_s
    revision = ""
    if inspect(connection).has_table("alembic_version"):
        revision = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    hour = now.replace(minute=0, second=0, microsecond=0)
    same = (message.c.county == kiosk.c.county) & (message.c.kiosk == kiosk.c.kiosk)
    counted = select(func.count()).select_from(kiosk.join(message, same)).where(message.c.received_at >= hour)
    return Store(
        kind="PostgreSQL" if connection.dialect.name == "postgresql" else "SQLite",
        answered_s=answered_s,
        size_bytes=_size(connection),
        revision=revision,
        kiosks=kiosks,
        messages_hour=connection.execute(counted).scalar_one(),
        rolled_up_to=connection.execute(select(func.min(roll_up.c.until))).scalar(),
        failures=int(pace.total(sources.metrics.store_failures)),
    )


def _size(connection: Connection) -> int | None:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = int(connection.execute(text("PRAGMA page_count")).scalar_one())
    return pages * int(connection.execute(text("PRAGMA page_size")).scalar_one())


def _notices(connection: Connection) -> Notices:
    waiting = notice.c.sent_at.is_(None)
    count, failing, oldest = connection.execute(
        select(func.count(), func.count().filter(notice.c.tries > 0), func.min(notice.c.composed_at)).where(waiting)
    ).one()
    last = select(notice.c.failed).where(waiting, notice.c.failed != "").order_by(notice.c.id.desc()).limit(1)
    return Notices(waiting=count, failing=failing, oldest=oldest, last_failure=str(connection.execute(last).scalar() or ""))


def _release() -> str:
    try:
        return version("zhizhu")
    except PackageNotFoundError:
        return ""
