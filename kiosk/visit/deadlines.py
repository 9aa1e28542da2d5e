"""Deadlines: how long the visit waits for something that has promised a deadline of its own."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from drivers.contract.clock import Clock

Answer = TypeVar("Answer")

GUARD_S = 150.0
"""Real seconds after which a call that has broken its own promise of a deadline is given up as unknown."""


async def within(clock: Clock, seconds: float, call: Awaitable[Answer]) -> Answer:
    """Return what ``call`` returns, or cancel it.

    Raises:
        TimeoutError: It took longer than ``seconds`` of monotonic time.
    """
    calling, waiting = asyncio.ensure_future(call), asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((calling, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not calling.done():
            raise TimeoutError(f"no answer within {seconds:g} s")
        return calling.result()
    finally:
        for task in (calling, waiting):
            task.cancel()
        await asyncio.gather(calling, waiting, return_exceptions=True)
