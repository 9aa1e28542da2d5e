"""Pulses that wait to be stored, one a kiosk at most, and having them stored beside the transactions."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice

import structlog

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.pulse import PulseRow
from telemetry.fleet.scribe.process import PulseStore
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError
from telemetry.fleet.voices import Voice
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

PULSES_A_BATCH = 8_192
"""At most: some fifty milliseconds of SQLite's one lock."""
PULSES_EVERY_S = 0.25
"""Between two batches: the more of them on a page of the database, the cheaper each."""
BREATH_S = 0.03
"""After a batch, even if many wait: whoever waited for the lock, with a fault in its hands, gets it first."""
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0


class PulseQueue:
    """Belongs to one event loop.

    What waits here is what heartbeats without news have moved; a heartbeat with news goes its own way and may arrive first. The
    store knows which of them is newer.
    """

    def __init__(
        self,
        store: PulseStore,
        *,
        metrics: Metrics,
        on_stored: Callable[[Sequence[KioskId]], None],
        now: Callable[[], datetime],
    ) -> None:
        """Prepare.

        Args:
            store: Who stores them.
            metrics: Where they are counted.
            on_stored: Called on the loop with whose pulses are durable; must not raise.
            now: Server's clock.
        """
        self._store = store
        self._metrics = metrics
        self._on_stored = on_stored
        self._now = now
        self._waiting: dict[Voice, PulseRow] = {}
        self._beats = 0
        self._news = asyncio.Event()
        self._rests = asyncio.Event()
        self._hurried = asyncio.Event()

    def put(self, voice: Voice, pulse: PulseRow) -> None:
        """Queue what a heartbeat has moved; it takes the place of the one before it, if that still waits."""
        voice.pulse = pulse
        if not self._beats:
            self._rests.clear()
            self._news.set()
        self._waiting[voice] = pulse
        self._beats += 1

    def drop(self, voice: Voice) -> None:
        """Let a pulse go: what is about to be written of its kiosk has it in it."""
        self._waiting.pop(voice, None)

    async def run(self) -> None:
        """Have pulses stored for ever. Cancelled in the middle of a batch, it is whole on disk or not there at all."""
        while True:
            if not self._beats:
                self._rests.set()
                await self._news.wait()
            await self._pause(BREATH_S if len(self._waiting) >= PULSES_A_BATCH else PULSES_EVERY_S)
            await self._store_some()

    async def drained(self) -> None:
        """Wait until everything put so far is stored."""
        self._hurried.set()
        await self._rests.wait()

    async def _store_some(self) -> None:
        """Store the next batch, again and again until it is; what comes meanwhile takes the place of what did not get through."""
        retry_s = FIRST_RETRY_S
        while True:
            taken, beats = self._take()
            if not taken:
                self._metrics.beats_stored.inc(beats)  # what was dropped is stored with the news that came after it
                return
            try:
                await self._store.write(list(taken.values()), now=self._now())
            except StoreUnavailableError as error:
                self._give_back(taken, beats)
                self._metrics.store_failures.inc()
                log.warning("pulses not stored", error=str(error), waiting=len(self._waiting), again_in_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s = min(LAST_RETRY_S, retry_s * 2)
                continue
            except UnstorableError as error:
                self._pass_over(taken, beats, str(error))
                return
            self._metrics.beats_stored.inc(beats)
            self._on_stored([voice.kiosk for voice in taken])
            return

    def _take(self) -> tuple[Mapping[Voice, PulseRow], int]:
        """Return the next pulses and how many heartbeats they stand for."""
        self._news.clear()
        if len(self._waiting) <= PULSES_A_BATCH:
            taken, beats = self._waiting, self._beats
            self._waiting, self._beats = {}, 0
            return taken, beats
        taken = dict(islice(self._waiting.items(), PULSES_A_BATCH))
        for voice in taken:
            del self._waiting[voice]
        self._beats -= len(taken)
        return taken, len(taken)

    def _pass_over(self, taken: Mapping[Voice, PulseRow], beats: int, error: str) -> None:
        """Give up heartbeats the database refuses: the next ones say the same."""
        self._metrics.dropped.labels(reason="unstorable").inc(beats)
        log.error("heartbeats cannot be stored", kiosks=len(taken), error=error)

    def _give_back(self, taken: Mapping[Voice, PulseRow], beats: int) -> None:
        for voice, pulse in taken.items():
            self._waiting.setdefault(voice, pulse)
        self._beats += beats

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
