"""Sends what waits: one notice at a time, each try with a deadline, at least once, and what failed is told on its row."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.notices.carrier import Carrier
from telemetry.fleet.notices.channels import Channel
from telemetry.fleet.notices.pace import MOST_TRIES, retry_s
from telemetry.fleet.notices.telling import as_sent
from telemetry.fleet.store.schema import notice

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
MOST_AT_ONCE = 50
FAILED_CHARS = 400
UNKNOWN_CHANNEL = "no such channel in fleet.toml"
TOO_SLOW = "no answer within the deadline"


class Carries(Protocol):
    """What carries to one channel."""

    def tell(self, subject: str, body: str) -> str:
        """Carry one notice; returns why it did not arrive, empty when it did. Blocking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A notice whose time has come."""

    id: int
    channel: str
    subject: str
    body: str
    tries: int


class NoticeSender:
    """Owns the way out. One try is under way at any time; a channel that hangs holds up nobody but itself."""

    def __init__(
        self,
        engine: Engine,
        channels: Sequence[Channel],
        *,
        outcomes: Counter,
        deadline_s: float,
        now: Callable[[], datetime],
        carriers: Mapping[str, Carries] | None = None,
    ) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            channels: Of fleet.toml.
            outcomes: Counts tries, by ``outcome``: sent, failed, given_up.
            deadline_s: How long one try may take.
            now: Server's clock.
            carriers: By channel's name, instead of the library's.

        Raises:
            ChannelError: A channel's address is of no kind the library knows.
        """
        self._engine = engine
        self._outcomes = outcomes
        self._deadline_s = deadline_s
        self._now = now
        self._carriers: Mapping[str, Carries] = (
            {one.name: Carrier(one) for one in channels} if carriers is None else carriers
        )  # fmt: skip
        self._under_way: dict[str, asyncio.Task[str]] = {}
        for outcome in ("sent", "failed", "given_up"):
            outcomes.labels(outcome=outcome)

    async def run(self) -> None:
        """Send for ever. A store that is away is asked again."""
        try:
            while True:
                try:
                    for due in await asyncio.to_thread(self._due):
                        await self._send(due)
                except SQLAlchemyError as error:
                    log.warning("notices wait for the store", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def _send(self, due: Due) -> None:
        carrier = self._carriers.get(due.channel)
        why = UNKNOWN_CHANNEL if carrier is None else await self._tell(due, carrier)
        await asyncio.to_thread(self._settle, due, why)
        given_up = bool(why) and due.tries + 1 >= MOST_TRIES
        self._outcomes.labels(outcome="given_up" if given_up else "failed" if why else "sent").inc()
        if why:
            log.warning("notice not sent", channel=due.channel, notice=due.id, tries=due.tries + 1, why=why, given_up=given_up)
        else:
            log.info("notice sent", channel=due.channel, notice=due.id, tries=due.tries + 1)

    async def _tell(self, due: Due, carrier: Carries) -> str:
        hanging = self._under_way.get(due.channel)
        if hanging is not None and not hanging.done():
            return TOO_SLOW  # its thread is still at the last one; a second would only hang beside it
        task = asyncio.create_task(asyncio.to_thread(carrier.tell, due.subject, due.body))
        self._under_way[due.channel] = task
        done, _ = await asyncio.wait({task}, timeout=self._deadline_s)
        if not done:
            return TOO_SLOW
        return task.result()

    def _due(self) -> list[Due]:
        question = (
            select(notice)
            .where(notice.c.sent_at.is_(None), notice.c.not_before <= self._now(), notice.c.tries < MOST_TRIES)
            .order_by(notice.c.not_before, notice.c.id)
            .limit(MOST_AT_ONCE)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(question).all()
        found = []
        for row in rows:
            subject, body = as_sent(row.subject, row.body, merged=row.merged)
            found.append(Due(id=row.id, channel=row.channel, subject=subject, body=body, tries=row.tries))
        return found

    def _settle(self, due: Due, why: str) -> None:
        now = self._now()
        values: dict[str, object] = {"tries": due.tries + 1, "failed": why[:FAILED_CHARS]}
        if why:
            values["not_before"] = now + timedelta(seconds=retry_s(due.tries))
        else:
            values["sent_at"] = now
        with self._engine.begin() as connection:
            connection.execute(update(notice).where(notice.c.id == due.id).values(values))
