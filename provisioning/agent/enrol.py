"""Enrolment: from a code somebody types at the kiosk to an identity of the bureau's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from drivers.contract.clock import Clock
from provisioning.agent.bureau_line import BureauLine, LineError, pinned, unverified
from provisioning.agent.identity import Identity, IdentityError, IdentityFolder
from provisioning.wire.enrolment import EnrolmentAsked, EnrolmentTold, Refusal, Result, key_of_text

log = structlog.get_logger(__name__)

AGAIN_S = 15.0
"""Seconds until the next try over a line that is down, unless the bureau says otherwise."""
LASTING = frozenset({"not_the_bureau", "clock", "bad_answer", *(set(Refusal) - {Refusal.TOO_OFTEN})})
"""Reasons that trying again does not mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThisMachine:
    """What this machine says of itself. ``hardware`` is empty where nothing tells boards apart."""

    serial: str
    release: str
    hardware: str


class Enroller:
    """Asks until there is an answer; cancelled or cut off, it goes on with the same key the next time."""

    def __init__(self, folder: IdentityFolder, url: str, machine: ThisMachine, *, clock: Clock) -> None:
        """Ask a bureau at ``https://host:port``."""
        self._folder = folder
        self._url = url
        self._machine = machine
        self._clock = clock

    async def enrol(self, code: str, *, on_wait: Callable[[str], None]) -> Identity:
        """Return the identity once the bureau has given it.

        Args:
            code: As ``provisioning.wire.enrolment.read_code`` returns it.
            on_wait: Told why it is not over yet: ``pending``, ``unreachable``, ``too_often``.

        Raises:
            LineError: The bureau said no, or it is not the bureau; its ``reason`` is a published word.
            IdentityError: What it sent cannot be used.
            OSError: The disk does not take it; the identity there was stays.
        """
        while True:
            try:
                identity, again_s = await self._try(code)
            except LineError as error:
                if error.reason in LASTING:
                    raise
                on_wait(error.reason)
                again_s = AGAIN_S
            else:
                if identity is not None:
                    return identity
                on_wait("pending")
            await self._clock.sleep(again_s)

    async def _try(self, code: str) -> tuple[Identity | None, float]:
        async with BureauLine(self._url, unverified()) as line:
            authority = await line.authority(code)
        csr = await asyncio.to_thread(self._folder.request)
        asked = EnrolmentAsked(
            serial=self._machine.serial, code=code, csr=csr, release=self._machine.release, hardware=self._machine.hardware
        )
        async with BureauLine(self._url, pinned(authority)) as line:
            told = await line.enrol(asked)
        if told.result is Result.PENDING:
            return None, float(told.again_s)
        if told.result is Result.REFUSED:
            raise LineError((told.reason or Refusal.BAD_REQUEST).value, "the bureau said no")
        identity = await asyncio.to_thread(take, self._folder, told, authority)
        async with BureauLine(self._url, pinned(authority, identity)) as line:
            await self._confirm(line)
        log.info("identity.enrolled", county=identity.kiosk.county, kiosk=identity.kiosk.kiosk)
        return identity, 0.0

    async def _confirm(self, line: BureauLine) -> None:
        try:
            await line.confirm()
        except LineError as error:  # the identity is kept: the next use of it says the same
            log.warning("identity.not_confirmed", why=error.reason)


def take(folder: IdentityFolder, told: EnrolmentTold, authority: str) -> Identity:
    """Make what the bureau issued the identity in force. Blocking.

    Raises:
        IdentityError: It cannot be used.
        OSError: The disk does not take it.
    """
    try:
        keys = [key_of_text(text) for text in told.keys]
    except ValueError as error:
        raise IdentityError(str(error)) from error
    return folder.commit(told.certificate, authority=authority, keys=keys)
