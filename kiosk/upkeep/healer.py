"""Healer: does for one device what its ladders say, and tells what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from drivers.contract.clock import Clock
from drivers.contract.status import DeviceStatus
from drivers.transport.usb_power import NotSwitchableError, SwitchingFailedError
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.healing import JUDGE_AFTER_S, Healing, Ladders, Outcome
from kiosk.upkeep.link_trouble import tells_of_the_device
from kiosk.upkeep.rung import Rung

log = structlog.get_logger(__name__)

LONGEST_REST_S = 1.0
"""Seconds of rest after a try at most: a device that comes back earlier is to be seen."""


def _none_given_up() -> int:
    return 0


def _nowhere() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What can be done about one device besides talking to it.

    Attributes:
        renew: Gives its driver up and builds a new one, e.g. ``Replaceable.renew``; None when nobody can.
        cycle_power: Takes the power from its USB socket and gives it back. Raises NotSwitchableError and SwitchingFailedError.
        given_up: How many of its threads were given up and hang still.
        look: Finds out where it is plugged in; asked after each opening.
        where: That place in words, e.g. ``USB socket 1-1.4``.
    """

    renew: Callable[[], None] | None = None
    cycle_power: Callable[[], Awaitable[None]] | None = None
    given_up: Callable[[], int] = _none_given_up
    look: Callable[[], Awaitable[None]] | None = None
    where: Callable[[], str] = _nowhere


class Healer:
    """One device's healer. Its keeper hands it every reading and lets it act afterwards."""

    def __init__(self, *, device: str, clock: Clock, catalogue: FaultCatalogue, means: Means) -> None:
        self._device = device
        self._clock = clock
        self._means = means
        self._ladders = Ladders(device=device, catalogue=catalogue)
        self._told_skipped: set[tuple[str, Rung]] = set()

    def is_spent(self, code: str) -> bool:
        """Whether everything this kiosk may try for a code has been tried, for now."""
        return self._ladders.is_spent(code, now_s=self._clock.monotonic_s())

    def has_just_tried(self, code: str) -> bool:
        """Whether something was tried for a code a moment ago."""
        return self._ladders.has_just_tried(code, now_s=self._clock.monotonic_s())

    def read(self, status: DeviceStatus) -> tuple[Healing, ...]:
        """Say what a reading means for the tries before it."""
        seen = tuple(symptom.code for symptom in status.symptoms)
        judged = self._ladders.observe(seen, tells=tells_of_the_device(status), now_s=self._clock.monotonic_s())
        for healing in judged:
            log.info("healing.judged", device=self._device, code=healing.code, rung=healing.rung, outcome=healing.outcome)
        return judged

    async def act(
        self, *, reset: Callable[[], Awaitable[str]] | None, close: Callable[[], Awaitable[None]]
    ) -> tuple[tuple[Healing, ...], float | None]:
        """Try what comes next, if anything does.

        Args:
            reset: Asks the device to begin anew and says what went wrong; None while it is not open.
            close: Lets go of the device; it is opened again at the next turn.

        Returns:
            What had to be skipped, told once each, and the seconds to rest after a try; None when nothing was tried.
        """
        skipped: list[Healing] = []
        while (step := self._ladders.next_step(now_s=self._clock.monotonic_s())) is not None:
            code, rung = step
            why = await self.do(rung, reset=reset, close=close)
            if why is None:
                log.info("healing.tried", device=self._device, code=code, rung=rung.value)
                self._ladders.tried(code, rung, now_s=self._clock.monotonic_s())
                return tuple(skipped), min(JUDGE_AFTER_S[rung], LONGEST_REST_S)
            self._ladders.skip(code, rung, now_s=self._clock.monotonic_s())
            if (code, rung) not in self._told_skipped:
                self._told_skipped.add((code, rung))
                log.info("healing.skipped", device=self._device, code=code, rung=rung.value, why=why)
                skipped.append(Healing(device=self._device, code=code, rung=rung, outcome=Outcome.SKIPPED, why=why))
        return tuple(skipped), None

    async def do(
        self, rung: Rung, *, reset: Callable[[], Awaitable[str]] | None, close: Callable[[], Awaitable[None]]
    ) -> str | None:
        """Do one thing, asked for by a ladder or by a person; returns why it cannot be done, or None when it was tried."""
        match rung:
            case Rung.RETRY:
                return None
            case Rung.RESET:
                if reset is None:
                    return "the device is not open"
                if trouble := await reset():
                    log.info("device.reset_failed", device=self._device, detail=trouble)
                return None
            case Rung.REOPEN:
                await close()
                return None
            case Rung.POWER_CYCLE_PORT:
                return await self._cycle_power(close)
            case Rung.RESTART_WORKER:
                if self._means.renew is None:
                    return "nobody can build its driver anew"
                await close()
                self._means.renew()
                return None

    async def _cycle_power(self, close: Callable[[], Awaitable[None]]) -> str | None:
        if self._means.cycle_power is None:
            return "nothing here switches its power"
        await close()
        try:
            await self._means.cycle_power()
        except NotSwitchableError as error:
            return str(error)
        except SwitchingFailedError as error:
            log.warning("power.not_cycled", device=self._device, detail=str(error))
        return None
