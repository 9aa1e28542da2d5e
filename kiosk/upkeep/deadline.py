"""Waiting with a deadline of the house's clock, for a call that should have kept its own."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from drivers.contract.clock import Clock

T = TypeVar("T")

LETTING_GO_S = 1.0
"""Real seconds a cancelled call may take to let go before it is left to itself."""


class HungError(Exception):
    """A call did not come back within a deadline that was generous."""

    def __init__(self, what: str, deadline_s: float) -> None:
        super().__init__(f"{what} did not return within {deadline_s:g} s")


async def within(clock: Clock, deadline_s: float, call: Coroutine[Any, Any, T], *, what: str) -> T:
    """Await ``call``; cancel it when it takes longer than ``deadline_s``.

    Raises:
        HungError: It did not come back in time. Whatever the call itself raises passes unchanged.
    """
    task = asyncio.ensure_future(call)
    alarm = asyncio.ensure_future(clock.sleep(deadline_s))
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HungError(what, deadline_s)
        return task.result()
    finally:
        await _let_go(task, alarm)


async def rest(clock: Clock, seconds: float, *, unless: asyncio.Event) -> None:
    """Return after ``seconds``, or as soon as ``unless`` is set."""
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    waker = asyncio.ensure_future(unless.wait())
    try:
        await asyncio.wait({alarm, waker}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _let_go(alarm, waker)


async def _let_go(*tasks: asyncio.Future[Any]) -> None:
    pending = {task for task in tasks if not task.done()}
    for task in pending:
        task.cancel()
        task.add_done_callback(_swallow)
    if pending:
        await asyncio.wait(pending, timeout=LETTING_GO_S)


def _swallow(task: asyncio.Future[Any]) -> None:
    """Take note of how an abandoned call ended, so that asyncio does not shout about it at night."""
    if not task.cancelled():
        task.exception()
