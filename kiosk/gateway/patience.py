"""Patience: how long and how often something is tried again while a person stands waiting."""

from collections.abc import Callable

from drivers.contract.clock import Clock

BACKOFF_FIRST_S = 0.4
"""Upper end of the first pause between attempts; each later one doubles it. A person stands waiting."""
BACKOFF_MOST_S = 5.0
"""No pause is longer, whatever the platform asks for with Retry-After."""
PROCESSING_POLL_S = 0.5
"""How often to ask after something that the platform is still working on."""


class Patience:
    """One wait: counts attempts and knows when there is to be no other."""

    def __init__(self, clock: Clock, chance: Callable[[], float], *, overall_s: float, retries: int) -> None:
        self._clock = clock
        self._chance = chance
        self._retries_left = retries
        self._backoff_s = BACKOFF_FIRST_S
        self.deadline_s = clock.monotonic_s() + overall_s

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._clock.monotonic_s() >= self.deadline_s

    async def asks_again(self) -> bool:
        """Pause before asking after something in work; False when the time is up. Counts as no retry."""
        return await self._pause(PROCESSING_POLL_S)

    async def goes_on(self, *, retry_after_s: float | None = None) -> bool:
        """Pause before the next attempt, as long as the platform asks for within bounds; False when there is to be none."""
        if self._retries_left == 0:
            return False
        self._retries_left -= 1
        pause_s = self._backoff_s * (0.5 + 0.5 * self._chance())
        self._backoff_s = min(2 * self._backoff_s, BACKOFF_MOST_S)
        if retry_after_s is not None:
            pause_s = min(max(pause_s, retry_after_s), BACKOFF_MOST_S)
        return await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> bool:
        if self._clock.monotonic_s() + pause_s >= self.deadline_s:
            return False
        await self._clock.sleep(pause_s)
        return True
