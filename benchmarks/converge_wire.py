"""25,000 kiosks are told what they should be, over a real broker, by the real service: how long, how many bytes, whose CPU.

A province's layer is drafted, asked for and approved by two persons; from that moment it is measured until the store knows of
every kiosk that it runs by its new document. The ramp that spares villages is opened, and so is the bound of a second: what is
measured is what the service can do, with all of them beating meanwhile. How long the ramp takes, ``converge`` counts.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
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
from benchmarks.told_kiosks import pupils
from provisioning.fleet.config import rows
from provisioning.fleet.config.ramp import Ramp
from provisioning.fleet.signing import AUTHORITY, SigningKey
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import desired
from telemetry.fleet.store.upgrade import upgrade

KIOSKS = 25_000
SETTINGS = "[desired]\ntold_a_second = 10000\n"
SHARES = (0.5, 0.99, 1.0)
BEAT_EVERY_S = 30.0
LOOK_EVERY_S = 0.5
BASE_S = 10.0
"""How long heartbeats alone are looked at before, to know what they take by themselves."""
PATIENCE_S = 600.0
TIME_LIMIT_S = 300.0
CPU_LIMIT_MS = 4.0
BYTES_LIMIT_KB = 4.0
MEMORY_LIMIT_MB = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """How many cores something uses, or seconds of processor."""

    service: float
    broker: float


@dataclass(slots=True, kw_only=True)
class Course:
    """What was seen while they converged.

    Attributes:
        decided_s: Processor time of drafting, asking and approving.
        reached_s: Seconds from the approval until so large a share of them runs by it, as the store knows.
        used_s: Processor time beyond that of heartbeats alone.
        memory_mb: The most of the service, and of the broker.
        counted: What the kiosks counted.
    """

    decided_s: float = 0.0
    reached_s: dict[float, float] = field(default_factory=dict)
    used_s: Cores = Cores(service=0.0, broker=0.0)
    memory_mb: Cores = Cores(service=0.0, broker=0.0)
    counted: Mapping[str, float] = field(default_factory=dict)


def measure(
    folder: Path, *, kiosks: int = KIOSKS, beat_every_s: float = BEAT_EVERY_S, base_s: float = BASE_S
) -> tuple[Figure, ...]:
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
        load.do("beat", every_s=beat_every_s)
        _until_all_have_beaten(load, kiosks)
        course = _converge(fleet, through, load, kiosks, base_s)
    counted = course.counted
    assert not counted["refused"], f"{counted['refused']:.0f} documents a kiosk would not have taken"
    assert counted["documents"] == kiosks, f"{counted['documents']:.0f} documents for {kiosks} kiosks"
    return tuple(_figures(kiosks, course, converge_bare.measure(folder / "bare", kiosks=kiosks)))


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


def _until_all_have_beaten(load: Load, kiosks: int) -> None:
    """A first heartbeat is learned, which costs more than those after it."""
    deadline_s = time.monotonic() + PATIENCE_S
    while (beaten := load.do("counted")["have_beaten"]) < kiosks:
        assert time.monotonic() < deadline_s, f"{beaten} of {kiosks} kiosks have said a heartbeat"
        time.sleep(LOOK_EVERY_S)


def _used(fleet: Service, through: Broker) -> Cores:
    return Cores(service=fleet.cpu_s, broker=through.cpu_s)


def _beating(fleet: Service, through: Broker, base_s: float) -> Cores:
    """Return what heartbeats alone take."""
    before, began_s = _used(fleet, through), time.perf_counter()
    time.sleep(base_s)
    after, took_s = _used(fleet, through), time.perf_counter() - began_s
    return Cores(service=(after.service - before.service) / took_s, broker=(after.broker - before.broker) / took_s)


def _converge(fleet: Service, through: Broker, load: Load, kiosks: int, base_s: float) -> Course:
    beating, first, began_cpu_s = _beating(fleet, through, base_s), load.do("counted"), time.process_time()
    decide(fleet.engine, now=datetime.now(UTC), ramp=Ramp(first=kiosks))
    decided_s = time.process_time() - began_cpu_s
    before, began_s = _used(fleet, through), time.perf_counter()
    course = _watched(fleet, through, kiosks)
    took_s, after, last = time.perf_counter() - began_s, _used(fleet, through), load.do("counted")
    course.decided_s = decided_s
    course.used_s = Cores(
        service=after.service - before.service - beating.service * took_s,
        broker=after.broker - before.broker - beating.broker * took_s,
    )
    course.counted = {name: last[name] - first[name] for name in last}
    return course


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
        most = course.memory_mb
        course.memory_mb = Cores(service=max(most.service, fleet.memory_mb), broker=max(most.broker, through.memory_mb))
        sys.stderr.write(f"  {passed_s:6.1f} s  {there:6d} of {kiosks}  service {course.memory_mb.service:.0f} MB\n")
        if there == kiosks:
            return course
        assert passed_s < PATIENCE_S, f"{there} of {kiosks} have converged"
        time.sleep(LOOK_EVERY_S)


def _figures(kiosks: int, course: Course, bare: Bare) -> Iterator[Figure]:
    name, used, counted = f"{kiosks} kiosks over MQTT", course.used_s, course.counted
    half, most, whole = (course.reached_s[share] for share in SHARES)
    yield Figure(
        name=f"{name}: approved -> all run by it", value=whole, limit=TIME_LIMIT_S, unit="s",
        remark=f"half {half:.0f}, 99 % {most:.0f}; {kiosks / BEAT_EVERY_S:.0f} beats/s; load average {os.getloadavg()[0]:.1f}",
    )  # fmt: skip
    yield Figure(
        name=f"{name}: CPU of the service, a kiosk", value=used.service / kiosks * 1000, limit=CPU_LIMIT_MS, unit="ms",
        remark=f"{used.service:.1f} s beyond heartbeats; broker {used.broker:.1f} s, the decision {course.decided_s:.1f} s",
    )  # fmt: skip
    for way, what in (
        (
            "down",
            f"a document, acknowledgements; {counted['again']:.0f} told again, {counted['resyncs']:.0f} asked to say it again",
        ),
        ("up", "three events"),
    ):
        yield Figure(
            name=f"{name}: {way}, a kiosk", value=counted[f"bytes_{way}"] / kiosks / 1024, limit=BYTES_LIMIT_KB, unit="KB",
            remark=what,
        )  # fmt: skip
    yield Figure(
        name=f"{name}: memory of the service", value=course.memory_mb.service, limit=MEMORY_LIMIT_MB, unit="MB",
        remark=f"USS, the most; broker {course.memory_mb.broker:.0f} MB",
    )  # fmt: skip
    yield Figure(
        name=f"{name}: bare loop, signed -> all answered", value=bare.took_s, limit=0.0, unit="s",
        remark=f"ours x{whole / bare.took_s:.1f}; its CPU {bare.cpu_s:.1f} s, ours x{used.service / bare.cpu_s:.1f}",
    )  # fmt: skip
