"""Ends what whoever is revoked still says at a broker that others run: it looks at the list only when somebody comes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.registry import IdentityState, identities
from telemetry.mqtt import LineError
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

LOOK_S = 1.0
AFTER_S = (1.0, 5.0, 20.0, 60.0)
"""Seconds after a kiosk was shut out: the list has to be written, and the broker told to read it. Who is sent away before that
comes back, and is sent away again."""
ONCE_AFTER_S = (20.0,)
"""For a kiosk that is in and has another certificate now: whoever still shows the old one goes; it comes back with the new."""

Evict = Callable[[KioskId], Awaitable[None]]


class SendingAway:
    """Sends away whose certificates were revoked, a few times, until the broker itself lets them in no more."""

    def __init__(self, engine: Engine, evict: Evict, *, now: Callable[[], datetime]) -> None:
        """Look after a broker.

        Args:
            engine: The fleet's database.
            evict: Ends one kiosk's connection; ``telemetry.fleet.eviction``.
            now: Server's clock.
        """
        self._engine = engine
        self._evict = evict
        self._now = now
        self._known: frozenset[str] | None = None
        self._due: deque[tuple[float, KioskId]] = deque()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self.look(monotonic_s=loop.time())
            await asyncio.sleep(LOOK_S)

    async def look(self, *, monotonic_s: float) -> None:
        """Note who was revoked since the last look, and send away whose turn it is."""
        try:
            fresh = await asyncio.to_thread(self._freshly_revoked)
        except SQLAlchemyError as error:
            log.warning("revoked certificates not read", why=str(error))
            fresh = {}
        for kiosk, is_in in fresh.items():
            self._due.extend((monotonic_s + after_s, kiosk) for after_s in (ONCE_AFTER_S if is_in else AFTER_S))
        ripe = {kiosk for due_s, kiosk in self._due if due_s <= monotonic_s}
        self._due = deque((due_s, kiosk) for due_s, kiosk in self._due if due_s > monotonic_s)
        for kiosk in sorted(ripe, key=lambda one: (one.county, one.kiosk)):
            try:
                await self._evict(kiosk)
            except LineError as error:
                log.warning("not sent away", county=kiosk.county, kiosk=kiosk.kiosk, why=str(error))

    def _freshly_revoked(self) -> dict[KioskId, bool]:
        """Return whose certificates were revoked since the last look, at the first nobody's, and whether that kiosk is in."""
        with self._engine.connect() as connection:
            revoked = frozenset(one.number for one in identities.all_revoked(connection, now=self._now()))
            fresh = frozenset() if self._known is None else revoked - self._known
            self._known = revoked
            found = [identities.find_certificate(connection, number) for number in sorted(fresh)]
            standing = {one.kiosk: identities.standing(connection, one.kiosk) for one in found if one is not None}
        return {kiosk: who is not None and who.state is IdentityState.ACTIVE for kiosk, who in standing.items()}
