"""A county of kiosks that are told what they should be, in a process of its own: each checks its document and answers.

A hundred kiosks share a connection; each has topics of its own, numbers of its own, and goes on beating. What a kiosk does
between its answers, to start anew and to prove itself, is shortened to seconds: what is measured is everybody else.
"""

import argparse
import asyncio
import contextlib
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks.converge import reported
from benchmarks.fleet_load import COUNTY, County, Kiosk, answer, kiosk, kiosk_id, orders
from benchmarks.fleet_service import Broker, Load
from benchmarks.lean_line import Line
from provisioning.fleet.signing import SigningKey
from provisioning.wire.desired_state import KIND, read_document
from provisioning.wire.signatures import Trusted, unseal
from telemetry.mqtt import packets
from telemetry.wire.codec import encode
from telemetry.wire.topics import Down, Up, topic

PLAYED_BY = "benchmarks.told_kiosks"
KIOSKS_A_LINE = 100
STATES: Mapping[str, tuple[float, float]] = {"waiting": (0.05, 0.5), "on_trial": (0.3, 1.0), "in_force": (2.0, 8.0)}
"""What a kiosk says, and how many seconds after the last it says it."""
SEED = 20261122
FOREVER_S = 86_400.0


@dataclass(slots=True)
class Pupils:
    """All of them. Bytes are those of whole MQTT packets, acknowledgements of the fleet's own among those down."""

    county: County
    trusted: Trusted
    luck: Random
    documents: int = 0
    again: int = 0
    refused: int = 0
    resyncs: int = 0
    bytes_down: int = 0
    bytes_up: int = 0
    stands: dict[int, tuple[int, str]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Subscribe to what each of them may be told."""
        count = len(self.county.lines)
        for place, line in enumerate(self.county.lines):
            mine = self.county.kiosks[place::count]
            await line.listen({topic(kiosk_id(each.number), kind): 1 for each in mine for kind in Down})

    def on_told(self, name: bytes, payload: bytes) -> None:
        """Take what one of them is told."""
        self.bytes_down += len(packets.publish(name, payload, number=1))
        parts = name.split(b"/")
        match Down(parts[-1].decode()):
            case Down.DESIRED:
                self._take(self.county.kiosks[int(parts[-2][1:])], payload)
            case Down.RESYNC:
                self.resyncs += 1
            case Down.ACK | Down.COMMAND:
                pass

    def counted(self) -> dict[str, float]:
        """Return what there was so far, and the processor time of this process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "documents": self.documents,
            "again": self.again,
            "refused": self.refused,
            "resyncs": self.resyncs,
            "have_beaten": sum(bool(each.said_at) for each in self.county.kiosks),
            "bytes_down": self.bytes_down,
            "bytes_up": self.bytes_up,
            "cpu_s": used.ru_utime + used.ru_stime,
        }

    def _take(self, mine: Kiosk, payload: bytes) -> None:
        document = read_document(unseal(payload, KIND, self.trusted))
        newest, state = self.stands.get(mine.number, (1, "in_force"))
        is_mine = (document.addressee.county, document.addressee.kiosk) == (COUNTY, kiosk_id(mine.number).kiosk)
        if not is_mine or document.version < newest:
            self.refused += 1
        elif document.version == newest:  # what came of it is reported again
            self.again += 1
            self._say(mine, newest, state)
        else:
            self.documents += 1
            self._try(mine, document.version)

    def _try(self, mine: Kiosk, version: int) -> None:
        self.stands[mine.number] = (version, "waiting")
        after_s = 0.0
        for state, bounds in STATES.items():
            after_s += self.luck.uniform(*bounds)
            asyncio.get_running_loop().call_later(after_s, self._say, mine, version, state)

    def _say(self, mine: Kiosk, version: int, state: str) -> None:
        mine.seq += 1
        self.stands[mine.number] = (version, state)
        said = reported(version, state, life=mine.life, seq=mine.seq, at=datetime.now(UTC))
        name, payload = topic(kiosk_id(mine.number), Up.EVENT), encode(said)
        self.bytes_up += len(packets.publish(name.encode(), payload, number=1))
        self.county.lines[mine.number % len(self.county.lines)].ask(name, payload)


@contextlib.contextmanager
def pupils(through: Broker, kiosks: int, *, authority: Path) -> Iterator[Load]:
    """Run them behind a broker; they believe the key of a folder."""
    connections = max(1, kiosks // KIOSKS_A_LINE)
    more = ("--authority", str(authority))
    with Load.running(port=through.port, kiosks=kiosks, connections=connections, played_by=PLAYED_BY, more=more) as load:
        yield load


async def _obey(port: int, count: int, connections: int, authority: Path) -> None:
    county = County(lines=[], kiosks=[kiosk(number) for number in range(count)], random=Random(SEED))
    pupils = Pupils(county=county, trusted=SigningKey.open(authority).trusted, luck=Random(SEED))
    county.lines = [await Line.open(port, f"told-{place}", pupils.on_told) for place in range(connections)]
    await pupils.listen()
    answer({"ready": count})
    async with asyncio.TaskGroup() as tasks:
        beating: list[asyncio.Task[dict[str, float]]] = []
        async for order, told in orders():
            match order:
                case "birth":
                    await county.be_born(**told)
                    answer({})
                case "beat":
                    going_on = county.beat(rate=count / told["every_s"], seconds=FOREVER_S, faults_a_second=0.0)
                    beating.append(tasks.create_task(going_on))
                    answer({})
                case "counted":
                    answer(pupils.counted())
                case unknown:
                    raise ValueError(f"no order: {unknown}")
        for task in beating:
            task.cancel()


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(description="many kiosks that take documents, for measuring")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kiosks", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--authority", type=Path, required=True)
    said = parser.parse_args()
    asyncio.run(_obey(said.port, said.kiosks, said.connections, said.authority))


if __name__ == "__main__":
    main()
