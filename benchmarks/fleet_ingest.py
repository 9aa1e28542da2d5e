"""Heartbeats a second that are durable and judged for alarms, broker and load on the same machine; and what bounds them.

The load rises until a step of it is not held, then the last step that was held is kept up for a minute. Held means: every kiosk's
last heartbeat is in the database at the end, and no later than a second after it was said. Latency is measured from outside, from
the moment the heartbeat itself names to the moment another connection reads it from the database.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from benchmarks import fleet_bare
from benchmarks.figure import Figure, percentile
from benchmarks.fleet_service import Load, Service, mosquitto, service
from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import sqlite_url
from tests.fakes.postgres import Postgres, binaries

FLOOR_A_S = 23_300.0
"""700,000 kiosks at 30 s."""
KIOSKS = 50_000
"""So many that each of them beats more seldom than once a second: no two of its heartbeats fall into one transaction."""
FIRST_RATE = 8_000.0
STEP = 1.2
STEP_S = 5.0
SUSTAINED_S = 60.0
FAULTS_A_S = 20.0
"""Faults raised or cleared a second, meanwhile."""
WATCHED = 40
"""Kiosks whose rows are looked at again and again."""
LOOK_EVERY_S = 0.02
SETTLED_S = 1.0
"""Behind by more than this is behind."""
KEPT_UP = 0.97
"""Share of what was to be said that the load must have been able to say."""
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One stretch of load, and what became of it. Seconds, but for the two rates a second."""

    offered: float
    sent: float
    lost: int
    lag_s: float
    latencies_s: tuple[float, ...]
    alarm_latencies_s: tuple[float, ...]
    cpu: float
    load_cpu: float

    @property
    def is_held(self) -> bool:
        """Whether everything said is stored, in time, and was said as fast as it was meant to be."""
        return self.lost == 0 and self.lag_s <= SETTLED_S and self.sent > KEPT_UP * self.offered


def measure(folder: Path, *, kiosks: int = KIOSKS, sustained_s: float = SUSTAINED_S) -> tuple[Figure, ...]:
    """Measure both stores, then the raw ceiling and the bare loop, all behind the same broker."""
    figures: list[Figure] = []
    with mosquitto(folder / "broker") as port:
        rates: dict[str, float] = {}
        for name, store_url in _stores(folder):
            with store_url as url:
                best = _best(folder / name, port, url, kiosks=kiosks, sustained_s=sustained_s)
            rates[name] = best.sent
            figures.extend(_figures(name, best))
        for subscriber, name in fleet_bare.NAMES.items():
            rate = _bare(folder / "bare", port, subscriber, kiosks=kiosks)
            ratios = ", ".join(f"{store} x{ours / rate:.2f}" for store, ours in rates.items())
            figures.append(_floor(name, rate, 0.0, f"of it: {ratios}"))
    return tuple(figures)


def _bare(folder: Path, port: int, subscriber: str, *, kiosks: int) -> float:
    """Return the highest rate at which a bare subscriber hears everything, by the same steps."""
    folder.mkdir(parents=True, exist_ok=True)
    rate, best = FIRST_RATE / 2, 0.0
    with Load.running(port=port, kiosks=kiosks) as load:
        while True:
            with fleet_bare.running(subscriber, port, folder / f"{subscriber}-{rate:.0f}.sqlite3") as heard:
                said = load.do("beat", rate=rate, seconds=STEP_S, faults_a_second=0.0)
                is_held = heard(int(said["sent"]), SETTLED_S) and said["sent"] / said["seconds"] > KEPT_UP * rate
            if not is_held:
                return best
            best, rate = said["sent"] / said["seconds"], rate * STEP


def _figures(name: str, held: Held) -> Iterator[Figure]:
    latencies, alarms = held.latencies_s, held.alarm_latencies_s
    load = os.getloadavg()[0]
    yield _floor(
        f"{name}: heartbeats a second, durable and judged", held.sent, FLOOR_A_S,
        f"ten devices each; service used {held.cpu:.2f} cores, load average {load:.1f}",
    )  # fmt: skip
    for share in (0.5, 0.99):
        yield Figure(name=f"{name}: said -> committed, p{share * 100:.0f}", value=percentile(latencies, share) * 1000,
                     limit=1000.0, unit="ms", remark=f"{len(latencies)} looked at")  # fmt: skip
    yield Figure(name=f"{name}: lag at the end", value=held.lag_s, limit=SETTLED_S, unit="s", remark=f"{held.lost} lost")
    if alarms:
        yield Figure(name=f"{name}: fault -> alarm meanwhile, p95", value=percentile(alarms, 0.95) * 1000, limit=1000.0,
                     unit="ms", remark=f"{len(alarms)} faults")  # fmt: skip


def _floor(name: str, value: float, floor: float, remark: str) -> Figure:
    """A figure that should be large: its line says how much of the floor it is."""
    return Figure(name=name, value=value, limit=floor, unit="/s", remark=remark, is_floor=True)


def _best(folder: Path, port: int, url: str, *, kiosks: int, sustained_s: float) -> Held:
    with service(folder, broker_port=port, store_url=url) as fleet, Load.running(port=port, kiosks=kiosks) as load:
        load.do("birth")
        until_known(fleet, kiosks)
        beat(fleet, load, rate=FIRST_RATE, seconds=kiosks / FIRST_RATE)  # each once, so that everything is known
        rate, held = FIRST_RATE, None
        while True:
            step = beat(fleet, load, rate=rate, seconds=STEP_S)
            _tell(step)
            if not step.is_held:
                break
            held, rate = step, rate * STEP
        rate = (held.offered if held is not None else FIRST_RATE) * 0.95
        while True:
            sustained = beat(fleet, load, rate=rate, seconds=sustained_s)
            _tell(sustained)
            if sustained.is_held or rate < FIRST_RATE / 4:
                return sustained
            rate *= 0.9


def _tell(step: Held) -> None:
    sys.stderr.write(
        f"  offered {step.offered:8.0f}/s  said {step.sent:8.0f}/s  lost {step.lost:6d}  lag {step.lag_s:5.2f} s"
        f"  p50 {percentile(step.latencies_s, 0.5) * 1000:5.0f} ms  p99 {percentile(step.latencies_s, 0.99) * 1000:5.0f} ms"
        f"  service {step.cpu:.2f} cores  load {step.load_cpu:.2f} cores  load average {os.getloadavg()[0]:.1f}\n"
    )


def beat(fleet: Service, load: Load, *, rate: float, seconds: float) -> Held:
    """Keep up a rate for some seconds, and see what becomes of it."""
    with _watching(fleet.engine) as watch:
        cpu_s, began_s = fleet.cpu_s, time.perf_counter()
        said = load.do("beat", rate=rate, seconds=seconds, faults_a_second=FAULTS_A_S)
        ended_s = time.perf_counter()
        used = (fleet.cpu_s - cpu_s) / (ended_s - began_s)
        wanted = load.last_said()
        while (lost := _missing(wanted, fleet.last_said())) and time.perf_counter() - ended_s < SETTLED_S * 5:
            time.sleep(0.05)
        lag_s = time.perf_counter() - ended_s
    return Held(
        offered=rate,
        sent=said["sent"] / said["seconds"],
        lost=lost,
        lag_s=lag_s,
        latencies_s=tuple(watch.latencies_s),
        alarm_latencies_s=tuple(watch.alarm_latencies_s),
        cpu=used,
        load_cpu=said["cpu_s"] / said["seconds"],
    )


def _missing(wanted: Mapping[str, datetime], stored: Mapping[str, datetime]) -> int:
    return sum(1 for kiosk, at in wanted.items() if stored.get(kiosk) != at)


def until_known(fleet: Service, kiosks: int) -> None:
    """Wait until every kiosk is stored."""
    deadline_s = time.monotonic() + PATIENCE_S * 5
    while fleet.known() < kiosks:
        assert time.monotonic() < deadline_s, f"{fleet.known()} of {kiosks} kiosks are known"
        time.sleep(0.2)


@dataclass(slots=True)
class _Watch:
    latencies_s: list[float] = field(default_factory=list)
    alarm_latencies_s: list[float] = field(default_factory=list)


@contextlib.contextmanager
def _watching(engine: Engine) -> Iterator[_Watch]:
    """Look at some rows through a connection of our own, again and again."""
    watch, is_over = _Watch(), threading.Event()
    thread = threading.Thread(target=_look, args=(engine, watch, is_over), daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        thread.join()


def _look(engine: Engine, watch: _Watch, is_over: threading.Event) -> None:
    now, alarms = schema.kiosk_now, schema.occurrence
    with engine.connect() as connection:
        names = [row[0] for row in connection.execute(select(schema.kiosk.c.kiosk).limit(100_000))]
        watched = names[:: max(1, len(names) // WATCHED)]
        question = select(now.c.kiosk, now.c.screen_at).where(now.c.county == "load", now.c.kiosk.in_(watched))
        seen = {row[0]: row[1] for row in connection.execute(question)}
        last = connection.execute(select(func.coalesce(func.max(alarms.c.id), 0))).scalar_one()
    while not is_over.wait(LOOK_EVERY_S):
        with engine.connect() as connection:
            rows = {row[0]: row[1] for row in connection.execute(question)}
            raised = connection.execute(select(alarms.c.id, alarms.c.raised_at).where(alarms.c.id > last)).all()
        looked_at = datetime.now(UTC)
        watch.latencies_s += [(looked_at - at).total_seconds() for kiosk, at in rows.items() if seen.get(kiosk) != at]
        watch.alarm_latencies_s += [(looked_at - at).total_seconds() for _, at in raised]
        last = max((identity for identity, _ in raised), default=last)
        seen = rows


def _stores(folder: Path) -> Iterator[tuple[str, contextlib.AbstractContextManager[str]]]:
    sqlite = folder / "fleet.sqlite3"
    yield "SQLite", contextlib.nullcontext(sqlite_url(sqlite))
    if binaries() is not None:
        yield "PostgreSQL", _postgres()


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    with Postgres.started(is_durable=True) as server:
        yield server.fresh()
