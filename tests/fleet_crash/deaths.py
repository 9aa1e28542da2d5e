"""Death after death under load, and after each of them the question whether anybody was promised what is not there."""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, select

from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import open_engine
from telemetry.wire.topics import KioskId
from tests.fleet_crash.house import House, Part
from tests.telemetry.together import Cabinet, running, until

KIOSKS = 4
SPEAKS_EVERY_S = 0.01
AT_ONCE = 300
"""What one kiosk may have waiting; it holds its tongue until some of it is stored, so that the end comes in time."""
LONGEST_LIFE_S = 1.5
"""Between one death and the next."""
LISTENS = 0.8
"""In so many of its lives the service is let come up and store something; in the others it dies at its start."""
OFTEN = {Part.SERVICE: 0.7, Part.BROKER: 0.25, Part.DATABASE: 0.4}
"""How often each part dies, where it can."""
SETTLED_WITHIN_S = 120.0
REPAIRS = 0.02
"""Share of events by which a clerk asks for repair: each opens a ticket, or belongs to the one there is."""
CODES = ("printer.paper_out", "printer.cover_open", "printer.jam")


@dataclass
class Speaker:
    """One kiosk that goes on speaking, and counts what it said."""

    cabinet: Cabinet
    kiosk: KioskId
    outbox: Path
    random: Random
    said: int = 0
    events: int = 0
    repairs: int = 0
    first: int = 0

    def has_begun(self) -> bool:
        """Say whether it has its outbox; before it has said anything."""
        with contextlib.suppress(sqlite3.OperationalError, TypeError):
            self.first = self.standing()[0] + 1
        return self.first > 0

    def standing(self) -> tuple[int, int]:
        """Return the highest number its outbox has given, and up to where it has been told that everything is stored."""
        with contextlib.closing(sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")
            (head,) = connection.execute("SELECT value FROM counter WHERE name = 'head'").fetchone()
            (oldest,) = connection.execute("SELECT min(seq) FROM message").fetchone()
        return head, head if oldest is None else oldest - 1

    async def speak(self) -> None:
        """Say something again and again: events, and faults that come and go."""
        while True:
            await asyncio.sleep(self.random.uniform(0, 2 * SPEAKS_EVERY_S))
            if self.cabinet.agent.queued >= AT_ONCE:
                continue
            code = self.random.choice(CODES)
            self.said += 1
            if self.random.random() < 0.7:
                self.events += 1
                name = "repair.requested" if self.random.random() < REPAIRS else "visit.ended"
                self.repairs += name == "repair.requested"
                self.cabinet.agent.event(name, {"number": self.events})
            elif code in self.cabinet.faults:
                self.cabinet.clear_fault(code)
            else:
                self.cabinet.raise_fault(code)


@dataclass
class Tally:
    """What happened, for the last line."""

    deaths: Counter[Part] = field(default_factory=Counter)
    messages: int = 0
    alarms: int = 0
    tickets: int = 0


async def kill_many(house: House, folder: Path, *, times: int, random: Random) -> Tally:
    """Let parts of the house die so many times, then judge."""
    tally = Tally()
    engine = open_engine(house.store_url)
    speakers = [_speaker(house, folder, number, random) for number in range(KIOSKS)]
    try:
        async with contextlib.AsyncExitStack() as stack:
            for speaker in speakers:
                await stack.enter_async_context(running(speaker.cabinet.agent))
                await until(speaker.has_begun, "an outbox")
            async with _speaking(speakers):
                for _ in range(times):
                    await asyncio.to_thread(house.start)
                    if random.random() < LISTENS:
                        await _stores_something(house, engine)
                    await asyncio.sleep(random.uniform(0, LONGEST_LIFE_S))
                    house.check()
                    victims = [part for part in house.parts if random.random() < OFTEN[part]] or [Part.SERVICE]
                    for part in victims:
                        await asyncio.to_thread(house.kill, part)
                        tally.deaths[part] += 1
                    if Part.DATABASE not in victims:
                        await asyncio.to_thread(_nothing_promised_is_missing, engine, speakers)
            await asyncio.to_thread(house.start)
            await _told_everything(house, speakers)
        await asyncio.to_thread(_judge, engine, speakers, tally)
        return tally
    finally:
        engine.dispose()


async def _stores_something(house: House, engine: Engine) -> None:
    await until(lambda: house.is_listening, "the service listens", deadline_s=SETTLED_WITHIN_S)
    count = select(func.count()).select_from(schema.message)

    def stored() -> int:
        with engine.connect() as connection:
            return int(connection.execute(count).scalar_one())

    before = await asyncio.to_thread(stored)
    deadline_s = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
    while await asyncio.to_thread(stored) == before:
        house.check()
        assert asyncio.get_running_loop().time() < deadline_s, f"nothing is stored: {house.log()}"
        await asyncio.sleep(0.05)


def _speaker(house: House, folder: Path, number: int, random: Random) -> Speaker:
    kiosk = KioskId(county="demo", kiosk=f"K{number}")
    own = folder / kiosk.kiosk
    own.mkdir()
    cabinet = Cabinet(port=house.port, folder=own, kiosk=kiosk)
    return Speaker(cabinet=cabinet, kiosk=kiosk, outbox=own / "outbox.sqlite3", random=Random(random.random()))


@contextlib.asynccontextmanager
async def _speaking(speakers: list[Speaker]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(speaker.speak()) for speaker in speakers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _told_everything(house: House, speakers: list[Speaker]) -> None:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + SETTLED_WITHIN_S
    while any(speaker.cabinet.agent.queued for speaker in speakers):
        house.check()
        assert loop.time() < until_s, f"{[speaker.cabinet.agent.queued for speaker in speakers]} still wait: {house.log()}"
        await asyncio.sleep(0.05)


def _nothing_promised_is_missing(engine: Engine, speakers: list[Speaker]) -> None:
    """Compare what kiosks were told is stored with what is; a service that lives only stores more meanwhile."""
    promised = [(speaker, speaker.standing()[1]) for speaker in speakers]
    table = schema.message
    for speaker, number in promised:
        if number < speaker.first:
            continue
        question = select(func.count()).where(table.c.county == speaker.kiosk.county, table.c.kiosk == speaker.kiosk.kiosk)
        with engine.connect() as connection:
            stored = connection.execute(question.where(table.c.seq.between(speaker.first, number))).scalar_one()
        wanted = number - speaker.first + 1
        assert stored == wanted, f"{speaker.kiosk.kiosk} was told that {wanted} are stored, there are {stored}"


def _judge(engine: Engine, speakers: list[Speaker], tally: Tally) -> None:
    with engine.connect() as connection:
        for speaker in speakers:
            rows = connection.execute(_of(schema.message, speaker.kiosk).order_by(schema.message.c.seq)).all()
            numbers = [row.seq for row in rows]
            assert numbers == list(range(speaker.first, speaker.first + speaker.said)), (
                f"{speaker.kiosk}: numbers are missing or twice"
            )
            told = [row.body["fields"]["number"] for row in rows if row.kind == "event"]
            assert told == list(range(1, speaker.events + 1)), f"{speaker.kiosk}: events are missing, twice or out of order"
            occurrences = connection.execute(_of(schema.occurrence, speaker.kiosk)).all()
            raised = sum(1 for row in rows if row.kind == "fault" and row.body["cleared_at"] is None)
            assert len(occurrences) == raised, f"{speaker.kiosk}: {raised} faults, {len(occurrences)} occurrences"
            still = {row.code for row in occurrences if row.cleared_at is None} - {"kiosk.silent"}
            assert still == set(speaker.cabinet.faults), f"{speaker.kiosk}: {still} stand, {set(speaker.cabinet.faults)} are true"
            complaints = connection.execute(_of(schema.complaint, speaker.kiosk)).all()
            assert len(complaints) == speaker.repairs, f"{speaker.kiosk}: {speaker.repairs} asked for, {len(complaints)} written"
            assert all(row.ticket_id is not None for row in complaints), f"{speaker.kiosk}: complaints without a ticket"
            tally.messages += len(rows)
        tally.alarms = connection.execute(select(func.count()).select_from(schema.alarm)).scalar_one()
        tally.tickets = _whole_tickets(connection)


def _whole_tickets(connection: Connection) -> int:
    """Say how many tickets there are; none may be without its acts or its causes."""
    acts: dict[int, list[int]] = {}
    table = schema.ticket_act
    for row in connection.execute(select(table.c.ticket_id, table.c.version).order_by(table.c.ticket_id, table.c.version)):
        acts.setdefault(row[0], []).append(row[1])
    causes = Counter(connection.execute(select(schema.ticket_cause.c.ticket_id)).scalars().all())
    tickets = connection.execute(select(schema.ticket.c.id, schema.ticket.c.version, schema.ticket.c.opened_by)).all()
    for number, version, opened_by in tickets:
        assert acts.pop(number, []) == list(range(1, version + 1)), f"ticket {number} lacks some of its acts"
        assert opened_by != "alarm" or causes[number], f"ticket {number} has no cause"
    assert not acts, f"acts without a ticket: {acts}"
    return len(tickets)


def _of(table: Table, kiosk: KioskId) -> Select[Any]:
    return select(table).where(table.c.county == kiosk.county, table.c.kiosk == kiosk.kiosk)
