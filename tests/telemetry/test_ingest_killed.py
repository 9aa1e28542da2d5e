"""An ingest killed in the middle of its batches: started again it ends with every row exactly once."""

import asyncio
import signal
import sys
from pathlib import Path

from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.upgrade import upgrade
from tests.telemetry.together import K1, Cabinet, Fleet, broker, free_port, running, until

INGEST = """
import asyncio, sys
from pathlib import Path
from tests.telemetry.together import Fleet
port, folder = sys.argv[1:]
async def main():
    await Fleet(port=int(port), folder=Path(folder)).ingest.run()
asyncio.run(main())
"""
EVENTS = 1_200


async def test_an_ingest_killed_again_and_again_stores_every_message_once(tmp_path: Path) -> None:
    port = free_port()
    cabinet = Cabinet(port=port, folder=tmp_path)
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    upgrade(engine)
    reader = Reader(engine)
    async with broker(port), running(cabinet.agent):
        for number in range(EVENTS):
            cabinet.agent.event("visit.ended", {"number": number})
        cabinet.raise_fault()
        await until(lambda: cabinet.agent.queued == EVENTS + 1, "the backlog")
        for kill_at in (1, 150):
            ingest = await asyncio.create_subprocess_exec(
                sys.executable, "-c", INGEST, str(port), str(tmp_path), stdout=asyncio.subprocess.DEVNULL, cwd=Path.cwd()
            )
            await until(lambda: len(reader.messages(K1, limit=9999)) >= kill_at, f"{kill_at} stored")  # noqa: B023  of this round
            ingest.send_signal(signal.SIGKILL)
            await ingest.wait()
        assert cabinet.agent.queued > 0, "killed too late to prove anything"
        last = Fleet(port=port, folder=tmp_path)
        async with running(last.ingest):
            await until(lambda: cabinet.agent.queued == 0, "all of it is acknowledged")
        last.engine.dispose()
    numbers = [message.seq for message in reader.messages(K1, limit=9999)]
    assert numbers == list(range(numbers[0], numbers[0] - EVENTS - 1, -1))
    told = [message.body["fields"]["number"] for message in reader.messages(K1, kinds=["event"], limit=9999)]
    assert told == list(reversed(range(EVENTS)))
    assert [alarm.code for alarm in reader.alarms(is_open=True)] == ["printer.paper_out"]
    engine.dispose()
