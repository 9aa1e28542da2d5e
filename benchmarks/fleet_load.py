"""A county of kiosks in a process of its own, as far as a broker can tell: many kiosks share some connections and beat to order.

Every heartbeat is the wire's own JSON with ten devices; a connection is a lean MQTT client, since the machine measured is the
machine that measures. Told on its standard input, answers on its standard output, a line of JSON each.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.lean_line import Line
from telemetry.mqtt import packets
from telemetry.wire.codec import encode
from telemetry.wire.messages import (
    Birth,
    DeviceState,
    FaultChanged,
    FaultState,
    Heartbeat,
    MeasurementState,
    Place,
    Screen,
    Services,
    ServiceTitle,
    SupplyState,
)
from telemetry.wire.topics import KioskId, Up, topic

COUNTY = "load"
TICK_S = 0.004
"""Heartbeats leave in small gusts so far apart, as they come through a real broker."""
UNDER_WAY = 400
"""Births a connection has not been answered for at most: a broker drops what exceeds its own bounds."""
ONE_IN = 50
"""One heartbeat of so many says something new: a temperature moved."""
KINDS = (
    "id_card_reader", "receipt_printer", "document_printer", "camera", "code_scanner",
    "document_scanner", "smartcard_reader", "cabinet", "power_supply", "modem",
)  # fmt: skip
SERVICES = tuple(ServiceTitle(id=f"service_{number}", title=f"第{number}项便民服务") for number in range(7))
FIRST_SEQ = 1_763_773_323_000_000
"""As a real outbox begins: at the wall clock, in microseconds."""
_AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
_HEAT = 41.5


def kiosk_id(number: int) -> KioskId:
    """Return the name of one of them."""
    return KioskId(county=COUNTY, kiosk=f"L{number:06d}")


def devices(number: int, random: Random) -> tuple[DeviceState, ...]:
    """Return ten devices, each read at a moment of its own; some of what they say is this kiosk's alone."""
    paper = round(random.uniform(0.2, 1.0), 3)
    return tuple(
        DeviceState(
            device=kind.replace("_", "-"),
            kind=kind,
            condition="READY",
            read_at=_AT + timedelta(seconds=place + 1),
            supplies=(SupplyState(name="receipt_paper", remaining=paper, days_left=40.0),) if kind == "receipt_printer" else (),
            measurements=(MeasurementState(name="temperature", value=_HEAT, unit="°C"),) if kind == "cabinet" else (),
            model="as sold 58",
            port=f"usb:1-{place}" if kind != "modem" else f"serial:/dev/serial/by-id/modem-{number:06d}",
        )
        for place, kind in enumerate(KINDS)
    )


def birth(number: int, random: Random, *, life: int = 1, seq: int = FIRST_SEQ) -> Birth:
    """Return what a kiosk says first."""
    return Birth(
        life=life,
        seq=seq,
        floor=seq,
        at=datetime.now(UTC),
        clock_trusted=True,
        place=Place(site=f"第{number}村", town=f"第{number // 20}镇"),
        model="load 1",
        release="0.1.0",
        heartbeat_s=30,
        devices=devices(number, random),
        faults=(),
        services=Services(offered=7, total=7),
        screen=Screen(page="attract"),
        catalogue=SERVICES,
    )


@dataclass(slots=True)
class Kiosk:
    """One of them: its heartbeat as a packet with places for what changes, and what it said last."""

    number: int
    packet: bytes
    seq: int = FIRST_SEQ
    heat: bytes = b"%.1f" % _HEAT
    said_at: bytes = b""
    fault: FaultState | None = None
    life: int = 1

    def live(self, life: int) -> None:
        """Begin another life, one of a single figure."""
        self.packet = self.packet.replace(b'"life":%d,' % self.life, b'"life":%d,' % life, 1)
        self.life = life


@dataclass
class County:
    """All of them."""

    lines: list[Line]
    kiosks: list[Kiosk]
    random: Random
    faults: list[str] = field(default_factory=list)

    async def be_born(self, *, life: int = 1, spread_s: float = 0.0) -> None:
        """Say every birth, each at a moment of its own, and wait until the broker has it."""
        for kiosk in self.kiosks:
            kiosk.live(life)

        async def say(line: Line, kiosks: list[Kiosk]) -> None:
            under_way: set[asyncio.Future[None]] = set()
            began_s = time.perf_counter()
            moments = sorted(self.random.uniform(0.0, spread_s) for _ in kiosks)
            for kiosk, moment in zip(kiosks, moments, strict=True):
                await asyncio.sleep(max(0.0, began_s + moment - time.perf_counter()))
                said = encode(birth(kiosk.number, Random(kiosk.number), life=life, seq=kiosk.seq))
                under_way.add(line.ask(topic(kiosk_id(kiosk.number), Up.BIRTH), said))
                if len(under_way) >= UNDER_WAY:
                    _, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            if under_way:
                await asyncio.wait(under_way)

        count = len(self.lines)
        await asyncio.gather(*(say(line, self.kiosks[place::count]) for place, line in enumerate(self.lines)))

    async def beat(self, *, rate: float, seconds: float, faults_a_second: float) -> dict[str, float]:
        """Beat in turn, so many times a second together; returns what was said, and how late we were with it."""
        began_s, sent, late_s, cpu_s = time.perf_counter(), 0, 0.0, time.process_time()
        faults = 0
        turn = self._turn()
        while (passed_s := time.perf_counter() - began_s) < seconds:
            if not all(line.has_room for line in self.lines):
                await asyncio.sleep(TICK_S)
                continue
            due = int(min(passed_s + TICK_S, seconds) * rate) - sent
            late_s = max(late_s, due / rate - TICK_S)
            gusts: dict[int, list[bytes]] = {}
            at, read = _moments()
            for _ in range(due):
                place, kiosk = next(turn)
                gusts.setdefault(place, []).append(self._packet(kiosk, at, read))
            for place, gust in gusts.items():
                self.lines[place].say(b"".join(gust))
            sent += due
            while faults < passed_s * faults_a_second:
                self._change_fault()
                faults += 1
            await asyncio.sleep(max(0.0, TICK_S - (time.perf_counter() - began_s - passed_s)))
        return {"sent": sent, "seconds": time.perf_counter() - began_s, "late_s": late_s, "cpu_s": time.process_time() - cpu_s,
                "faults": faults}  # fmt: skip

    def _turn(self) -> Iterator[tuple[int, Kiosk]]:
        count = len(self.lines)
        while True:
            for kiosk in self.kiosks:
                yield kiosk.number % count, kiosk

    def _packet(self, kiosk: Kiosk, at: bytes, read: tuple[bytes, ...]) -> bytes:
        if self.random.random() * ONE_IN < 1:
            kiosk.heat = b"%.1f" % self.random.uniform(20.0, 60.0)
        kiosk.said_at = at
        return kiosk.packet % (b"%d" % kiosk.seq, at, *read[:7], read[7], kiosk.heat, *read[8:])

    def _change_fault(self) -> None:
        """Raise a fault at some kiosk, or clear the one it has."""
        kiosk = self.random.choice(self.kiosks)
        kiosk.seq += 1
        now = datetime.now(UTC)
        is_raised = kiosk.fault is None
        fault = kiosk.fault or FaultState(
            device="receipt-printer", code="printer.paper_out", severity="BLOCKING", remedy="CLERK", since=now
        )
        kiosk.fault = fault if is_raised else None
        said = FaultChanged(
            life=kiosk.life,
            seq=kiosk.seq,
            at=now,
            clock_trusted=True,
            fault=fault,
            cleared_at=None if is_raised else now,
            cleared_by="",
        )
        self.lines[kiosk.number % len(self.lines)].ask(topic(kiosk_id(kiosk.number), Up.FAULT), encode(said))


def _moments() -> tuple[bytes, tuple[bytes, ...]]:
    """Return now, and when each of ten devices was read a little before it."""
    now = datetime.now(UTC)
    if not now.microsecond:
        now += timedelta(microseconds=1)
    return _moment(now), tuple(_moment(now - timedelta(microseconds=211_003 * (place + 1))) for place in range(len(KINDS)))


def _moment(at: datetime) -> bytes:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


def kiosk(number: int) -> Kiosk:
    """Cut a real heartbeat where it changes."""
    beat = Heartbeat(
        life=1,
        seq=FIRST_SEQ,
        at=_AT,
        clock_trusted=True,
        devices=devices(number, Random(number)),
        services=Services(offered=7, total=7),
        screen=Screen(page="attract"),
    )
    packet = packets.publish(topic(kiosk_id(number), Up.HB).encode(), encode(beat)).replace(b"%", b"%%")
    for changing in (b"%d" % FIRST_SEQ, *(_moment(_AT + timedelta(seconds=place)) for place in range(len(KINDS) + 1))):
        assert packet.count(changing) == 1, changing
        packet = packet.replace(changing, b"%b")
    return Kiosk(number=number, packet=packet.replace(b"%.1f" % _HEAT, b"%b"))


async def _obey(port: int, count: int, connections: int) -> None:
    lines = [await Line.open(port, f"load-{place}") for place in range(connections)]
    county = County(lines=lines, kiosks=[kiosk(number) for number in range(count)], random=Random(4))
    answer({"ready": count})
    async for order, told in orders():
        match order:
            case "birth":
                began_s = time.perf_counter()
                await county.be_born(**told)
                answer({"seconds": time.perf_counter() - began_s})
            case "beat":
                answer(await county.beat(**told))
            case "last":
                answer({"said_at": [kiosk.said_at.decode() for kiosk in county.kiosks]})
            case unknown:
                raise ValueError(f"no order: {unknown}")


async def orders() -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield what standard input orders, with how, until it ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        told = json.loads(line)
        yield told.pop("do"), told


def answer(said: object) -> None:
    """Say what came of an order."""
    print(json.dumps(said), flush=True)


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(description="many kiosks over some connections, for measuring")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kiosks", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    said = parser.parse_args()
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    asyncio.run(_obey(said.port, said.kiosks, said.connections))


if __name__ == "__main__":
    main()
