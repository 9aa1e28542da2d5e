"""25,000 kiosks are told what they should be, over a real broker, by the real service: how long, how many bytes, whose CPU.

A province's layer is drafted, asked for and approved by two persons; from that moment it is measured until the store knows of every
kiosk that it runs by its new document. The ramp that spares villages is opened, and so is the bound of a second: what is measured
is what the service can do, with all of them beating meanwhile. How long the ramp takes, ``converge`` counts.
"""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from benchmarks import converge_bare
from benchmarks.converge import decide
from benchmarks.converge_bare import Bare
from benchmarks.figure import Figure
from benchmarks.fleet_load import COUNTY, kiosk_id
from benchmarks.fleet_service import Broker, Load, Service, broker, service
from benchmarks.told_kiosks import BEAT_EVERY_S, pupils
from provisioning.bureau import AUTHORITY
from provisioning.fleet.config import rows
from provisioning.fleet.config.ramp import Ramp
from provisioning.fleet.signing import SigningKey
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import desired
from telemetry.fleet.store.upgrade import upgrade

KIOSKS = 25_000
SETTINGS = "[desired]\ntold_a_second = 10000\n"
SHARES = (0.5, 0.99, 1.0)
LOOK_EVERY_S = 0.5
BASE_S = 10.0
"""How long heartbeats alone are looked at before, to know what they take by themselves."""
PATIENCE_S = 600.0
TIME_LIMIT_S = 180.0
CPU_LIMIT_MS = 8.0
BYTES_LIMIT_KB = 4.0
MEMORY_LIMIT_MB = 1_000.0


@dataclass(slots=True, kw_only=True)
class Course:
    """What was seen while they converged. Seconds since the approval; megabytes at the most."""

    reached_s: dict[float, float] = field(default_factory=dict)
    memory_mb: float = 0.0
    broker_memory_mb: float = 0.0


def measure(folder: Path, *, kiosks: int = KIOSKS) -> tuple[Figure, ...]:
    """Let a province's layer change for all of them; then let a bare loop tell as many of the same."""
    folder.mkdir(parents=True, exist_ok=True)
    store = sqlite_url(folder / "fleet.sqlite3")
    _settle(store, kiosks)
    state = folder / "service" / "state"
    SigningKey.open(state / AUTHORITY)
    with (
        broker(folder / "broker") as through,
        service(folder / "service", broker_port=through.port, store_url=store, settings=SETTINGS) as fleet,
        pupils(through, kiosks, authority=state / AUTHORITY) as load,
    ):
        load.do("birth")
        _until_known(fleet, kiosks)
        load.do("beat")
        base = _base(fleet, through)
        decided_s, course, used, counted = _converge(fleet, through, load, kiosks, base)
    assert not counted["refused"], f"{counted['refused']:.0f} documents a kiosk would not have taken"
    assert counted["documents"] == kiosks, f"{counted['documents']:.0f} documents for {kiosks} kiosks"
    bare = converge_bare.measure(folder / "bare", kiosks=kiosks)
    return _figures(kiosks, decided_s, course, used, counted, bare)


def _settle(store: str, kiosks: int) -> None:
    """Let all of them have a first document that they run by: what is measured is a change."""
    engine, now = open_engine(store), datetime.now(UTC)
    upgrade(engine)
    settled = {"version": 1, "settings": {}, "change_id": 0, "wanted_at": now, "tell_at": None, "told": 1, "said_version": 1,
               "said_state": "in_force", "said_at": now, "in_force": 1}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(
            insert(desired), [{"county": COUNTY, "kiosk": kiosk_id(number).kiosk, **settled} for number in range(kiosks)]
        )
    engine.dispose()


def _until_known(fleet: Service, kiosks: int) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while fleet.known() < kiosks:
        assert time.monotonic() < deadline_s, f"{fleet.known()} of {kiosks} kiosks are known"
        time.sleep(LOOK_EVERY_S)


def _used(fleet: Service, through: Broker) -> tuple[float, float]:
    return fleet.cpu_s, through.cpu_s


def _base(fleet: Service, through: Broker) -> tuple[float, float]:
    """Return how many cores service and broker use for heartbeats alone."""
    before, began_s = _used(fleet, through), time.perf_counter()
    time.sleep(BASE_S)
    after, took_s = _used(fleet, through), time.perf_counter() - began_s
    return (after[0] - before[0]) / took_s, (after[1] - before[1]) / took_s


def _converge(
    fleet: Service, through: Broker, load: Load, kiosks: int, base: tuple[float, float]
) -> tuple[float, Course, tuple[float, float], Mapping[str, float]]:
    """Return what it took to decide, the course of it, processor seconds beyond those of heartbeats, and what kiosks counted."""
    first = load.do("counted")
    began_cpu_s = time.process_time()
    decide(fleet.engine, now=datetime.now(UTC), ramp=Ramp(first=kiosks))
    decided_s = time.process_time() - began_cpu_s
    before, began_s = _used(fleet, through), time.perf_counter()
    course = _watched(fleet, through, kiosks)
    took_s, after = time.perf_counter() - began_s, _used(fleet, through)
    service_s, broker_s = (after[each] - before[each] - base[each] * took_s for each in (0, 1))
    last = load.do("counted")
    return decided_s, course, (service_s, broker_s), {name: last[name] - first[name] for name in last}


def _watched(fleet: Service, through: Broker, kiosks: int) -> Course:
    course, began_s = Course(), time.perf_counter()
    while True:
        with fleet.engine.connect() as connection:
            there, documents = rows.converged(connection)
        passed_s = time.perf_counter() - began_s
        assert documents == kiosks
        for share in SHARES:
            if share not in course.reached_s and there >= share * kiosks:
                course.reached_s[share] = passed_s
        course.memory_mb = max(course.memory_mb, fleet.memory_mb)
        course.broker_memory_mb = max(course.broker_memory_mb, through.memory_mb)
        sys.stderr.write(f"  {passed_s:6.1f} s  {there:6d} of {kiosks}  service {course.memory_mb:.0f} MB\n")
        if there == kiosks:
            return course
        assert passed_s < PATIENCE_S, f"{there} of {kiosks} have converged"
        time.sleep(LOOK_EVERY_S)


def _figures(
    kiosks: int,
    decided_s: float,
    course: Course,
    used: tuple[float, float],
    counted: Mapping[str, float],
    bare: Bare,
) -> tuple[Figure, ...]:
    service_s, broker_s = used
    load, reached = f"load average {os.getloadavg()[0]:.1f}", course.reached_s
    name = f"{kiosks} kiosks over MQTT"
    half, most, whole = (reached[share] for share in SHARES)
    return (
        Figure(name=f"{name}: approved -> all run by it", value=whole, limit=TIME_LIMIT_S, unit="s",
               remark=f"half {half:.1f}, 99 % {most:.1f}; {kiosks / BEAT_EVERY_S:.0f} heartbeats/s beside it; {load}"),
        Figure(name=f"{name}: CPU of the service, a kiosk", value=service_s / kiosks * 1000, limit=CPU_LIMIT_MS, unit="ms",
               remark=f"{service_s:.1f} s beyond heartbeats; broker {broker_s:.1f} s, the decision {decided_s:.1f} s"),
        Figure(name=f"{name}: down, a kiosk", value=counted["bytes_down"] / kiosks / 1024, limit=BYTES_LIMIT_KB, unit="KB",
               remark="whole packets: a document, acknowledgements"),
        Figure(name=f"{name}: up, a kiosk", value=counted["bytes_up"] / kiosks / 1024, limit=BYTES_LIMIT_KB, unit="KB",
               remark="three events"),
        Figure(name=f"{name}: memory of the service", value=course.memory_mb, limit=MEMORY_LIMIT_MB, unit="MB",
               remark=f"USS, the most; broker {course.broker_memory_mb:.0f} MB"),
        Figure(name=f"{name}: bare loop, signed -> all answered", value=bare.took_s, limit=0.0, unit="s",
               remark=f"ours x{whole / bare.took_s:.1f}; its CPU {bare.cpu_s:.1f} s, ours x{service_s / bare.cpu_s:.1f}"),
    )  # fmt: skip
