import asyncio
import contextlib
import sqlite3
import threading

import pytest

from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError, given_up_threads


async def test_every_call_runs_in_the_one_named_thread() -> None:
    worker = Worker("journal")
    names = {await worker.call(lambda: threading.current_thread().name, deadline_s=5) for _ in range(3)}
    assert names == {"journal"}
    worker.close()


async def test_what_the_call_raises_is_raised_to_the_caller() -> None:
    worker = Worker("w")
    with pytest.raises(ZeroDivisionError):
        await worker.call(divmod, 1, 0, deadline_s=5)
    with pytest.raises(RuntimeError, match="StopIteration"):  # as from any coroutine
        await worker.call(next, iter(()), deadline_s=5)
    assert await worker.call(divmod, 7, 2, deadline_s=5) == (3, 1)
    worker.close()


async def test_a_late_call_leaves_the_worker_usable() -> None:
    worker = Worker("w")
    release = threading.Event()
    with pytest.raises(CallDeadlineError):
        await worker.call(release.wait, 30, deadline_s=0.02)
    release.set()
    assert await worker.call(len, "abc", deadline_s=5) == 3
    worker.close()


async def test_a_cancelled_call_leaves_the_worker_usable_and_one_not_begun_never_runs() -> None:
    worker = Worker("w")
    release = threading.Event()
    ran: list[str] = []
    first = asyncio.create_task(worker.call(release.wait, 30, deadline_s=30))
    second = asyncio.create_task(worker.call(ran.append, "second", deadline_s=30))
    await asyncio.sleep(0.01)
    first.cancel()
    second.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    with contextlib.suppress(asyncio.CancelledError):
        await second
    release.set()
    await worker.call(ran.append, "third", deadline_s=5)
    assert ran == ["third"]
    worker.close()


async def test_closing_ends_waiting_calls_at_once_even_when_the_library_hangs() -> None:
    worker = Worker("w")
    release = threading.Event()
    hanging = asyncio.create_task(worker.call(release.wait, 30, deadline_s=30))
    behind = asyncio.create_task(worker.call(len, "abc", deadline_s=30))
    await asyncio.sleep(0.01)
    worker.close()
    worker.close()
    for task in (hanging, behind):
        with pytest.raises(WorkerClosedError):
            await task
    with pytest.raises(WorkerClosedError):
        await worker.call(len, "abc", deadline_s=1)
    release.set()


async def test_finishing_lets_earlier_calls_come_to_their_end() -> None:
    worker = Worker("w")
    done: list[int] = []
    calls = [asyncio.create_task(worker.call(done.append, n, deadline_s=5)) for n in range(20)]
    await asyncio.sleep(0)
    assert await worker.finish(deadline_s=5)
    await asyncio.gather(*calls)
    assert done == list(range(20))


async def test_sqlite_lives_in_its_worker() -> None:
    worker = Worker("db")
    database = await worker.call(sqlite3.connect, ":memory:", deadline_s=5)
    rows = await worker.call(lambda: database.execute("select 6 * 7").fetchall(), deadline_s=5)
    await worker.call(database.close, deadline_s=5)
    assert rows == [(42,)]
    assert await worker.finish(deadline_s=5)


async def test_a_thread_that_is_caught_in_a_call_is_counted_once_it_was_given_up() -> None:
    let_go = threading.Event()
    worker = Worker("scanner-7 port")
    with pytest.raises(CallDeadlineError):
        await worker.call(let_go.wait, deadline_s=0.05)
    assert given_up_threads("scanner-7 ") == 0
    worker.close()
    assert given_up_threads("scanner-7 ") == 1
    let_go.set()
    while given_up_threads("scanner-7 "):  # noqa: ASYNC110  # a thread ends when it ends
        await asyncio.sleep(0.01)
