"""A store of pulses in a thread of the test: what the scribe does, without its process."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.pulse import PulseRow, written
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError, in_words, is_outage
from telemetry.fleet.store.pulse_rows import LatePulses


class Beside:
    """Writes through an engine of the test's own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows = LatePulses(engine.dialect)

    async def write(self, rows: Sequence[PulseRow], *, now: datetime) -> None:
        await asyncio.to_thread(self._write, rows, now)

    def _write(self, rows: Sequence[PulseRow], now: datetime) -> None:
        try:
            with self._engine.begin() as connection:
                self._rows.write(connection, rows, now=written(now))
        except SQLAlchemyError as error:
            failure = StoreUnavailableError if is_outage(error) else UnstorableError
            raise failure(in_words(error)) from error
