"""The scribe itself: ``python -m telemetry.fleet.scribe``. Reads batches of pulses from its standard input, and stores them."""

import logging
import signal
import sys
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.scribe import frames
from telemetry.fleet.scribe.frames import Answer, Outcome, PulseBatch
from telemetry.fleet.store.engine import open_engine
from telemetry.fleet.store.failures import in_words, is_outage
from telemetry.fleet.store.pulse_rows import LatePulses

CHECKPOINT_PAGES = 4_000
"""SQLite: pages of the log that are moved into the database at once. The scribe does it, for nobody waits for the scribe."""


def serve(heard: BinaryIO, told: BinaryIO) -> None:
    """Store whatever is given until the giver is gone: first the store's URL, then batches, each of which is answered."""
    url = _frame(heard)
    if url is None:
        return
    engine = open_engine(url.decode(), checkpoint_pages=CHECKPOINT_PAGES)
    rows = LatePulses(engine.dialect)
    _tell(told, Answer(0, Outcome.STORED, ""))
    while (said := _frame(heard)) is not None:
        _tell(told, _stored(engine, rows, frames.batch_of(said)))
    engine.dispose()


def _stored(engine: Engine, rows: LatePulses, batch: PulseBatch) -> Answer:
    try:
        # The first statement writes, so that SQLite's one lock is waited for, never refused because of what was read before.
        with engine.begin() as connection:
            rows.write(connection, batch.rows, now=batch.now)
    except SQLAlchemyError as error:
        return Answer(batch.number, Outcome.AWAY if is_outage(error) else Outcome.POISON, in_words(error))
    except (ValueError, OverflowError, TypeError) as error:
        return Answer(batch.number, Outcome.POISON, str(error))
    return Answer(batch.number, Outcome.STORED, "")


def _tell(told: BinaryIO, said: Answer) -> None:
    told.write(frames.answer(said))
    told.flush()


def _frame(heard: BinaryIO) -> bytes | None:
    prefix = heard.read(frames.LENGTH_BYTES)
    if len(prefix) < frames.LENGTH_BYTES:
        return None
    length = frames.length_of(prefix)
    said = heard.read(length)
    return said if len(said) == length else None


def main() -> None:
    """Run until standard input ends."""
    # Whoever ends the service ends us by closing the pipe: what it has given is stored first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.stderr.write("scribe: the service has gone\n")


if __name__ == "__main__":
    main()
