"""Our jobs in a printer: cancelled, and watched until none of them can come out any more."""

import structlog

from drivers.contract.clock import Clock
from drivers.contract.status import Symptom
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.reasons import DocumentPrinterCode

STUCK_AFTER_S = 8.0
"""Seconds after which a cancelled job that has not ended is a fault: it will come out as soon as it can."""

LOOKS = 2
"""Looks that have to find nothing of ours after a print was left in doubt: a job cut off on its way may still be taken up a
moment later."""

log = structlog.get_logger()


class OurQueue:
    """What of ours may be in the printer. Raises as ``Exchange`` does.

    Jobs are known by their user, and by the numbers of those we have seen taken: a printer may hide jobs from its list.
    """

    def __init__(self, *, exchange: Exchange, clock: Clock, device: str, poll_s: float) -> None:
        """Take the exchange; nothing is asked yet."""
        self._exchange = exchange
        self._clock = clock
        self._device = device
        self._poll_s = poll_s
        self._numbers: set[int] = set()
        self._looks_owed = 0
        self._stuck_since_s: float | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether something of ours may be in there."""
        return self._looks_owed > 0

    @property
    def is_stuck(self) -> bool:
        """Whether something of ours was cancelled and had not ended when last seen."""
        return self._stuck_since_s is not None

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """The fault of a printer that does not end what it has cancelled; a page underway is no fault."""
        if self._stuck_since_s is None:
            return ()
        for_s = self._clock.monotonic_s() - self._stuck_since_s
        if for_s < STUCK_AFTER_S:
            return ()
        return (Symptom(code=DocumentPrinterCode.JOB_STUCK, detail=f"cancelled {for_s:.0f} s ago and not ended"),)

    def doubt(self) -> None:
        """From here on something of ours may be in there, until it was looked for and not found."""
        self._looks_owed = LOOKS

    def took(self, number: int) -> None:
        """Remember a job that the printer has taken."""
        self._numbers.add(number)

    def is_done(self) -> None:
        """Our job came out whole: nothing of ours is in there."""
        self._numbers.clear()
        self._looks_owed = 0

    async def withdraw(self, *, wait_s: float) -> None:
        """Cancel everything of ours, and wait at most ``wait_s`` for it to end; see ``is_stuck`` for what came of it."""
        until_s = self._clock.monotonic_s() + wait_s
        while left := await self._left_over():
            for number in left:
                await self._exchange.cancel(number)
            now_s = self._clock.monotonic_s()
            self._looks_owed = LOOKS
            if self._stuck_since_s is None:
                self._stuck_since_s = now_s
                log.info("jobs cancelled", device=self._device, jobs=len(left))
            if now_s >= until_s:
                return
            await self._clock.sleep(min(self._poll_s, until_s - now_s))
        self._stuck_since_s = None
        self._looks_owed = max(self._looks_owed - 1, 0)
        if not self._looks_owed:
            self._numbers.clear()

    async def _left_over(self) -> set[int]:
        left = {job.number for job in await self._exchange.our_jobs(are_over=False) if not job.is_over}
        for number in self._numbers - left:
            job = await self._exchange.job(number)
            if job is not None and not job.is_over:
                left.add(number)
        return left
