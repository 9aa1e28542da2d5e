"""Renewal: the next certificate, asked for at two thirds of the life of the one there is, with a key made anew.

Where the kiosk was away until its certificate had ended, a person at the bureau has to approve; it asks until one has.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import structlog

from drivers.contract.clock import Clock
from provisioning.agent.bureau_line import BureauLine, LineError, pinned
from provisioning.agent.coming_back import come_back
from provisioning.agent.enrol import ThisMachine, take
from provisioning.agent.identity import Identity, IdentityError, IdentityFolder
from provisioning.agent.last_try import LastTry, keep
from provisioning.agent.machine import Machine
from provisioning.agent.refusal_words import said as words_of
from provisioning.wire.coming_back import AGAIN_S as COMING_BACK_AGAIN_S
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result
from provisioning.wire.enrolment import Machine as MachineAsks

log = structlog.get_logger(__name__)

LOOK_S = 3_600.0
"""Seconds between two looks at the calendar; the wall clock may jump meanwhile."""
SPREAD = timedelta(days=1)
"""Kiosks that were enrolled in one morning do not all come back in another: each waits up to a day more, always the same."""
AGAIN_S = 3_600.0
"""Seconds until the next try, twice as long after each, at most six hours."""
LONGEST_AGAIN_S = 6 * 3_600.0
LONGEST_SOON_S = 3_600.0
"""Between two tries where the line may be up, or a person may have approved, at any time."""
WAITING = "waiting"
"""Why there is no certificate yet: a person has to approve. Among the reasons of ``refusal_words``."""
SOON = frozenset({WAITING, "unreachable"})
REPORTED = "identity.reported"
LONGEST_REASON = 200


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
        self._not_renewed = ""
        self._one_at_a_time = asyncio.Lock()  # guards the next identity: two that are made at once would share its key

    async def run(self) -> None:
        """Renew whenever it is time, until cancelled."""
        tries = 0
        while True:
            identity = await self._identity()
            if identity is None or self._clock.now() < due_at(identity):
                tries = 0
                await self._clock.sleep(LOOK_S)
            elif (reason := await self._renew(identity)) is None:
                tries = 0
            else:
                await self._clock.sleep(again_after(tries, reason))
                tries += 1

    async def _identity(self) -> Identity | None:
        try:
            identity = await asyncio.to_thread(self._folder.read)
        except IdentityError as error:
            self._report("unusable", str(error), None)
            return None
        if identity is not None:
            if identity.bearer.number == self._not_renewed:
                return identity  # how it stands was told with why it is not renewed; not the two in turn, at every try
            state = "expired" if self._clock.now() >= identity.bearer.valid_until else "in_force"
            self._report(state, "", identity)
        return identity

    async def _renew(self, identity: Identity) -> str | None:
        """Try once; returns why there is no other certificate, None when there is."""
        try:
            await self._renewed(identity)
        except LineError as error:
            reason = error.reason
        except (IdentityError, OSError, UnicodeDecodeError) as error:
            reason = str(error)
        else:
            return None
        if _said("not_renewed", reason, identity) != self._reported:
            tried = LastTry(number=identity.bearer.number, reason=reason[:LONGEST_REASON], since=self._clock.now())
            try:
                await asyncio.to_thread(keep, self._folder, tried)
            except OSError as error:  # the fleet is told all the same
                log.warning("identity.not_kept", error=str(error))
        self._report("not_renewed", reason, identity)
        return reason

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
            told = await self._ask(identity, csr, authority)
            if told.result is Result.PENDING:
                raise LineError(WAITING, "somebody at the bureau has to approve this kiosk")
            if told.result is not Result.ISSUED:
                raise LineError((told.reason or Refusal.BAD_REQUEST).value, "the bureau said no")
            renewed = await asyncio.to_thread(take, self._folder, told, authority)
            async with BureauLine(self._url, pinned(authority, renewed)) as line:
                await line.confirm()
        log.info("identity.renewed", valid_until=renewed.bearer.valid_until.isoformat())
        self._on_renewed()
        return renewed

    async def _ask(self, identity: Identity, csr: str, authority: str) -> EnrolmentTold:
        if self._clock.now() >= identity.bearer.valid_until:
            told = await come_back(identity, self._url, self._this, csr=csr, authority=authority)
            if told.reason is not Refusal.NOT_OVER:  # else the clock of one of the two is wrong, and the bureau's counts
                return told
        asked = MachineAsks(csr=csr, release=self._this.release, hardware=self._this.hardware)
        async with BureauLine(self._url, pinned(authority, identity)) as line:
            return await line.renew(asked)

    def _report(self, state: str, reason: str, identity: Identity | None) -> None:
        """Tell the fleet once of each change."""
        said = _said(state, reason, identity)
        if said == self._reported:
            return
        self._reported = said
        number = _number(identity)
        if state == "not_renewed":
            self._not_renewed = number
            log.warning("identity.not_renewed", why=words_of(reason)[:LONGEST_REASON])
        until = "" if identity is None else identity.bearer.valid_until.isoformat()
        fields = {"state": state, "reason": reason[:LONGEST_REASON], "certificate": number, "valid_until": until}
        self._machine.report(REPORTED, {**fields, "hardware": self._this.hardware})


def _said(state: str, reason: str, identity: Identity | None) -> str:
    return f"{state} {reason} {_number(identity)}"


def _number(identity: Identity | None) -> str:
    return "" if identity is None else identity.bearer.number


def again_after(tries: int, reason: str) -> float:
    """Return how many seconds to wait after so many tries that came to nothing, and this one, for this reason."""
    first_s, longest_s = (COMING_BACK_AGAIN_S, LONGEST_SOON_S) if reason in SOON else (AGAIN_S, LONGEST_AGAIN_S)
    return float(min(first_s * 2 ** min(tries, 10), longest_s))


def due_at(identity: Identity) -> datetime:
    """Return when to ask for the next certificate: two thirds of its life, and this kiosk's own share of a day."""
    bearer = identity.bearer
    wait = min(SPREAD, (bearer.valid_until - bearer.renew_from) / 2)
    return bearer.renew_from + wait * Random(bearer.fingerprint).random()
