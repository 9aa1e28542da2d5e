"""One trial: of a document and a release only one is ever on trial, so that a failure has one suspect.

What is on trial stands on the disk alone, in the file of its own side; nothing is kept of it here. Whoever wants to begin one
looks at the other side's file while nobody else can begin, and waits until that trial has ended: kept, or gone back from.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum

from drivers.contract.clock import Clock
from kiosk.upkeep.deadline import rest

LOOK_AGAIN_S = 60.0
"""Seconds until whoever waits looks by itself: a technician may have ended the other trial by hand."""


class Kind(StrEnum):
    """What can be on trial."""

    DOCUMENT = "document"
    RELEASE = "release"


class OneTrial:
    """Shared by the two sides of one core; belongs to its loop."""

    def __init__(self, *, on_trial: Mapping[Kind, Callable[[], str]], clock: Clock) -> None:
        """Prepare; nothing is read yet.

        Args:
            on_trial: By kind, what of it is on trial as the disk says, e.g. ``document 7``; empty for nothing. Blocking.
                Raises OSError. A kind that is not there is never on trial here.
            clock: The kiosk's clock.
        """
        self._on_trial = dict(on_trial)
        self._clock = clock
        self._beginning = asyncio.Lock()
        """Held from the look at the other side's file until one's own says that a trial has begun."""
        self._has_ended = asyncio.Event()

    @asynccontextmanager
    async def turn(self, mine: Kind) -> AsyncIterator[str]:
        """Keep everybody else from beginning a trial; yields what is on trial in the way of mine, empty when nothing is.

        Raises:
            OSError: The disk does not answer.
        """
        async with self._beginning:
            self._has_ended.clear()
            yield await asyncio.to_thread(self._others, mine)

    async def ended(self) -> None:
        """Wait until some trial has ended since the last turn, or it is time to look again all the same."""
        await rest(self._clock, LOOK_AGAIN_S, unless=self._has_ended)

    def end(self) -> None:
        """A trial has ended, and the disk says so: whoever waits looks again."""
        self._has_ended.set()

    def _others(self, mine: Kind) -> str:
        return next((name for kind, look in self._on_trial.items() if kind is not mine and (name := look())), "")
