"""``python -m tests.fleet_crash --times 200 --store postgresql --seed 1``: as many deaths as are asked for."""

import argparse
import asyncio
import contextlib
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import structlog

from telemetry.fleet.store.engine import sqlite_url
from tests.fakes.postgres import Postgres
from tests.fleet_crash.deaths import kill_many
from tests.fleet_crash.house import House


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet_crash", description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="times something is killed")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="printed, to run the same once more")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"seed {arguments.seed}", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="zz-fleet-crash-") as folder, _house(Path(folder), arguments.store) as house:
        tally = asyncio.run(kill_many(house, Path(folder), times=arguments.times, random=Random(arguments.seed)))
    deaths = ", ".join(f"{part} {count}" for part, count in sorted(tally.deaths.items()))
    took_s = time.monotonic() - began_s
    print(f"{arguments.store}: {deaths} killed in {took_s:.0f} s under load")
    print(f"{tally.messages} messages, each once and in order; {tally.alarms} alarms; {tally.tickets} whole tickets")
    print("no acknowledgement ahead of storage")
    return 0


@contextlib.contextmanager
def _house(folder: Path, store: str) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Postgres.started(is_durable=True)) if store == "postgresql" else None
        url = database.fresh() if database is not None else sqlite_url(folder / "fleet.sqlite3")
        house = House(folder, store_url=url, database=database)
        stack.callback(house.end)
        yield house


if __name__ == "__main__":
    sys.exit(main())
