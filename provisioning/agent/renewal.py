"""Renewal: the next certificate, asked for at two thirds of the life of the one there is, with a key made anew."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import structlog

from drivers.contract.clock import Clock
from provisioning.agent.bureau_line import BureauLine, LineError, pinned
from provisioning.agent.enrol import ThisMachine, take
from provisioning.agent.identity import Identity, IdentityError, IdentityFolder
from provisioning.agent.machine import Machine
from provisioning.wire.enrolment import Machine as MachineAsks
from provisioning.wire.enrolment import Refusal, Result

log = structlog.get_logger(__name__)

LOOK_S = 3_600.0
"""Seconds between two looks at the calendar; the wall clock may jump meanwhile."""
SPREAD = timedelta(days=1)
"""Kiosks that were enrolled in one morning do not all come back in another: each waits up to a day more, always the same."""
AGAIN_S = 3_600.0
"""Seconds until the next try, twice as long after each, at most six hours."""
LONGEST_AGAIN_S = 6 * 3_600.0
REPORTED = "identity.reported"


class Renewal:
    """Keeps this kiosk's identity young. Never touches a visit: nothing restarts, connections take the new one as they open."""

    def __init__(
        self,
        machine: Machine,
        folder: IdentityFolder,
        url: str,
        this: ThisMachine,
        *,
        clock: Clock,
        on_renewed: Callable[[], None] = lambda: None,
    ) -> None:
        """Renew at a bureau at ``https://host:port``.

        Args:
            machine: The kiosk, to report through.
            folder: Its identity.
            url: Of the bureau's door.
            this: What the machine says of itself.
            clock: Time.
            on_renewed: Told when another certificate is in force.
        """
        self._machine = machine
        self._folder = folder
        self._url = url
        self._this = this
        self._clock = clock
        self._on_renewed = on_renewed
        self._reported = ""
        self._one_at_a_time = asyncio.Lock()  # guards the next identity: two that are made at once would share its key

    async def run(self) -> None:
        """Renew whenever it is time, until cancelled."""
        again_s = AGAIN_S
        while True:
            identity = await self._identity()
            if identity is None or self._clock.now() < due_at(identity):
                again_s = AGAIN_S
                await self._clock.sleep(LOOK_S)
            elif await self._renew(identity):
                again_s = AGAIN_S
            else:
                await self._clock.sleep(again_s)
                again_s = min(again_s * 2, LONGEST_AGAIN_S)

    async def _identity(self) -> Identity | None:
        try:
            identity = await asyncio.to_thread(self._folder.read)
        except IdentityError as error:
            self._report("unusable", str(error), None)
            return None
        if identity is not None:
            state = "expired" if self._clock.now() >= identity.bearer.valid_until else "in_force"
            self._report(state, "", identity)
        return identity

    async def _renew(self, identity: Identity) -> bool:
        try:
            await self._renewed(identity)
        except LineError as error:
            self._report("not_renewed", error.reason, identity)
            return False
        except (IdentityError, OSError, UnicodeDecodeError) as error:
            self._report("not_renewed", str(error), identity)
            return False
        return True

    async def renew_now(self) -> Identity:
        """Renew whether it is time or not: a key that may have been seen is exchanged at once.

        Raises:
            LineError: The bureau gave no other; the old one stays.
            IdentityError: This kiosk was never let in, or what lies here cannot be used.
            OSError: The disk does not take it.
        """
        identity = await asyncio.to_thread(self._folder.read)
        if identity is None:
            raise IdentityError("this kiosk was never let in")
        return await self._renewed(identity)

    async def _renewed(self, identity: Identity) -> Identity:
        async with self._one_at_a_time:
            authority = (await asyncio.to_thread(identity.authority.read_bytes)).decode("ascii")
            csr = await asyncio.to_thread(self._folder.request)
            asked = MachineAsks(csr=csr, release=self._this.release, hardware=self._this.hardware)
            async with BureauLine(self._url, pinned(authority, identity)) as line:
                told = await line.renew(asked)
            if told.result is not Result.ISSUED:
                raise LineError((told.reason or Refusal.BAD_REQUEST).value, "the bureau said no")
            renewed = await asyncio.to_thread(take, self._folder, told, authority)
            async with BureauLine(self._url, pinned(authority, renewed)) as line:
                await line.confirm()
        log.info("identity.renewed", valid_until=renewed.bearer.valid_until.isoformat())
        self._on_renewed()
        return renewed

    def _report(self, state: str, reason: str, identity: Identity | None) -> None:
        """Tell the fleet once of each change."""
        number = "" if identity is None else identity.bearer.number
        said = f"{state} {reason} {number}"
        if said == self._reported:
            return
        self._reported = said
        until = "" if identity is None else identity.bearer.valid_until.isoformat()
        fields = {"state": state, "reason": reason[:200], "certificate": number, "valid_until": until}
        self._machine.report(REPORTED, {**fields, "hardware": self._this.hardware})


def due_at(identity: Identity) -> datetime:
    """Return when to ask for the next certificate: two thirds of its life, and this kiosk's own share of a day."""
    bearer = identity.bearer
    wait = min(SPREAD, (bearer.valid_until - bearer.renew_from) / 2)
    return bearer.renew_from + wait * Random(bearer.fingerprint).random()
