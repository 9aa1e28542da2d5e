"""Commands at the kiosk: believed only when signed, counted on disk before anything is done, never in front of a villager."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker
from kiosk.upkeep.deadline import HungError, within
from provisioning.agent import command_record
from provisioning.agent.command_record import MOST_IN_HAND, Ended, Phase, Record
from provisioning.agent.executors import Executors, FailedError, ImpossibleError, carry_out
from provisioning.agent.machine import Machine, Plain
from provisioning.wire.command import (
    KIND,
    REPORT,
    Command,
    CommandError,
    Outcome,
    Refusal,
    RestartCore,
    RestartMachine,
    judge,
    left,
    read,
)
from provisioning.wire.signatures import SignatureError, Trusted, unseal
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

MOST_WAITING = 32
"""Envelopes that wait to be looked at; a server sends one after the other."""
KEEP_WITHIN_S = 8.0
"""Seconds the disk may take; a command that cannot be kept is not done."""
AGAIN_S = 10.0
DONE_WITHIN_S = 900.0
"""Seconds a command may take: a self-test asks every device, a bundle of logs crosses a thin line."""
STRANGE_EVERY_S = 60.0
"""What cannot be believed is reported at most so often, with how many there were: nobody fills the outbox from outside."""


class _VillagerError(Exception):
    """Somebody has come to the kiosk between the last look and the act."""


class Commands:
    """The commands of one kiosk. ``take`` what comes down; ``run`` is their life."""

    def __init__(
        self,
        *,
        kiosk: KioskId,
        folder: Path,
        machine: Machine,
        clock: Clock,
        trusted: Callable[[], Trusted],
        executors: Executors,
        boot: str,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            kiosk: Whose commands are obeyed.
            folder: Of our own, under the state folder.
            machine: Says when nobody is there, and tells the fleet.
            clock: The only time.
            trusted: Returns whose signatures count now.
            executors: Who does it.
            boot: Names this switching on of the machine (the kernel's boot id).
        """
        self._kiosk = kiosk
        self._folder = folder
        self._machine = machine
        self._clock = clock
        self._trusted = trusted
        self._executors = executors
        self._boot = boot
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._record = Record()
        self._acting = asyncio.Lock()  # guards the act: one command is done at a time
        self._keeping = asyncio.Lock()  # guards the record: a change is made to what the one before it has left
        self._strange = 0
        self._strange_told_s = float("-inf")

    def take(self, payload: bytes) -> None:
        """Take an envelope as it came; returns at once."""
        try:
            self._arrived.put_nowait(payload)
        except asyncio.QueueFull:
            log.warning("command.dropped", waiting=MOST_WAITING)

    async def run(self) -> None:
        """Say what became of what was in hand, then obey until cancelled."""
        worker = Worker("commands")
        try:
            self._record = await self._recalled(worker)
            async with asyncio.TaskGroup() as tasks:
                await self._come_back(tasks, worker)
                while True:
                    command = await self._next(await self._arrived.get(), worker)
                    if command is not None:
                        tasks.create_task(self._obey(command, worker), name=f"command {command.id}")
        finally:
            worker.close()

    async def _recalled(self, worker: Worker) -> Record:
        """Return what was kept; without it nothing can be obeyed, so a disk that does not answer is asked again."""
        is_said = False
        while True:
            try:
                return await worker.call(
                    lambda: command_record.recall(self._folder, now=self._clock.now()), deadline_s=KEEP_WITHIN_S
                )
            except OSError as error:  # a deadline is one too
                if not is_said:
                    log.warning("commands.not_recalled", why=str(error))
                is_said = True
                await self._clock.sleep(AGAIN_S)

    async def _come_back(self, tasks: asyncio.TaskGroup, worker: Worker) -> None:
        """After a start: what was begun has an honest end, what waited waits on; the last end may not have left this machine."""
        for end in self._record.ended[-1:]:
            self._tell(end)
        for one in self._record.in_hand:
            if one.phase is Phase.WAITING:
                tasks.create_task(self._obey(one.command, worker), name=f"command {one.command.id}")
                continue
            is_done = isinstance(one.command.order, RestartCore) or (
                isinstance(one.command.order, RestartMachine) and one.boot != self._boot
            )
            outcome = Outcome.DONE if is_done else Outcome.UNKNOWN
            await self._end(one.command, worker, outcome, detail="" if is_done else "the kiosk went off while it was being done")

    async def _next(self, sealed: bytes, worker: Worker) -> Command | None:
        """Return a command that has counted; None for what is not to be done, which is reported."""
        try:
            command = read(unseal(sealed, KIND, self._trusted()))
        except SignatureError as error:
            self._tell_strange(error.reason, error.detail)
            return None
        except CommandError as error:
            self._tell_strange("not_on_the_list", str(error))
            return None
        if self._record.holds(command):
            self._tell_waiting(command)
            return None
        refusal = judge(
            command,
            county=self._kiosk.county,
            kiosk=self._kiosk.kiosk,
            counted=self._record.counted,
            now=self._clock.now(),
            clock_is_trusted=self._clock.is_trusted,
        )
        if refusal is not None:
            self._refuse(command, refusal)
            return None
        if len(self._record.in_hand) >= MOST_IN_HAND:
            self._report(command, Outcome.REFUSED, "busy", f"{MOST_IN_HAND} commands wait already")
            return None
        try:
            await self._keep(lambda record: record.with_counted(command), worker)
        except OSError as error:
            self._report(command, Outcome.REFUSED, "not_kept", f"the disk: {error.strerror or error}")
            return None
        log.info("command.counted", id=command.id, do=command.order.do, counter=command.counter)
        return command

    async def _obey(self, command: Command, worker: Worker) -> None:
        try:
            while not await self._try(command, worker):
                self._tell_waiting(command)
                left_s = left(command, now=self._clock.now()).total_seconds()
                await within(self._clock, max(0.0, left_s), self._machine.rested(), what="the visit")
        except HungError:
            await self._end(command, worker, Outcome.EXPIRED, detail="somebody was at the kiosk until its time ran out")

    async def _try(self, command: Command, worker: Worker) -> bool:
        """Do it, unless somebody is there; returns whether it has ended."""
        async with self._acting:
            if left(command, now=self._clock.now()).total_seconds() <= 0:
                await self._end(command, worker, Outcome.EXPIRED, detail="its time ran out before it could be begun")
                return True
            if self._is_in_the_way(command):
                return False
            try:
                await self._keep(lambda record: record.with_phase(command.id, Phase.BEGUN, boot=self._boot), worker)
                outcome, detail = await self._act(command)
            except _VillagerError:
                await self._keep(lambda record: record.with_phase(command.id, Phase.WAITING, boot=""), worker)
                return False
            except OSError as error:
                await self._end(command, worker, Outcome.FAILED, detail=f"nothing was done, the disk: {error.strerror or error}")
                return True
            if outcome is not None:
                await self._end(command, worker, outcome, detail=detail)
            return True

    async def _act(self, command: Command) -> tuple[Outcome | None, str]:
        """Return how it ended; None for a restart, whose end is told by the start that follows."""
        try:
            detail = await within(self._clock, DONE_WITHIN_S, self._unless_somebody_came(command), what=command.order.do)
        except ImpossibleError as error:
            return Outcome.REFUSED, str(error)
        except (FailedError, HungError) as error:
            return Outcome.FAILED, str(error)
        if isinstance(command.order, RestartCore | RestartMachine):
            log.info("command.restarts", id=command.id)
            return None, ""
        return Outcome.DONE, detail

    async def _unless_somebody_came(self, command: Command) -> str:
        if self._is_in_the_way(command):
            raise _VillagerError
        return await carry_out(command, self._executors)

    def _is_in_the_way(self, command: Command) -> bool:
        return command.is_disturbing and not self._machine.is_at_rest

    async def _keep(self, change: Callable[[Record], Record], worker: Worker) -> None:
        """Have a change on the disk; only then it is so. Raises OSError."""
        async with self._keeping:
            record = change(self._record)
            try:
                await worker.call(command_record.keep, self._folder, record, deadline_s=KEEP_WITHIN_S)
            except CallDeadlineError as error:
                raise OSError(None, f"no answer within {KEEP_WITHIN_S:g} s") from error
            self._record = record

    async def _end(self, command: Command, worker: Worker, outcome: Outcome, *, detail: str) -> None:
        reason = "impossible" if outcome is Outcome.REFUSED else ""
        end = Ended(
            id=command.id, do=command.order.do, counter=command.counter, outcome=outcome, reason=reason, detail=detail[:400]
        )
        try:
            await self._keep(lambda record: record.with_end(end), worker)
        except OSError as error:
            self._record = self._record.with_end(end)
            log.warning("command.end_not_kept", id=command.id, why=error.strerror)
        log.info("command.ended", id=command.id, outcome=outcome.value)
        self._tell(end)

    # --- what the fleet is told ---

    def _refuse(self, command: Command, refusal: Refusal) -> None:
        log.warning("command.refused", id=command.id, reason=refusal.value, counter=command.counter)
        if refusal in {Refusal.OTHER_COUNTY, Refusal.OTHER_KIOSK}:
            # Its id is another kiosk's: reported under it, it would be taken for that kiosk's answer.
            self._tell_strange(refusal.value, f"addressed to {command.county}/{command.kiosk}")
            return
        was = self._record.end_of(command.id)
        detail = {
            Refusal.REPLAYED: f"counter {command.counter}, {self._record.counter} has counted",
            Refusal.EXPIRED: f"expired {command.expires_at.isoformat()}, the kiosk's clock says {self._clock.now().isoformat()}",
            Refusal.NOT_YET: f"issued {command.issued_at.isoformat()}, the kiosk's clock says {self._clock.now().isoformat()}",
        }.get(refusal, "")
        more: dict[str, Plain] = {"has_counted": self._record.counter}
        if was is not None:
            more |= {"was": was.outcome.value, "was_detail": was.detail}
        self._report(command, Outcome.REFUSED, refusal.value, detail, **more)

    def _tell_waiting(self, command: Command) -> None:
        self._report(command, Outcome.WAITING, "villager" if self._is_in_the_way(command) else "", "")

    def _tell(self, end: Ended) -> None:
        self._machine.report(
            REPORT,
            {
                "id": end.id,
                "do": end.do,
                "counter": end.counter,
                "outcome": end.outcome.value,
                "reason": end.reason,
                "detail": end.detail,
            },
        )

    def _report(self, command: Command, outcome: Outcome, reason: str, detail: str, **more: Plain) -> None:
        told: dict[str, Plain] = {"id": command.id, "do": command.order.do, "counter": command.counter}
        self._machine.report(REPORT, {**told, "outcome": outcome.value, "reason": reason, "detail": detail[:400], **more})

    def _tell_strange(self, reason: str, detail: str) -> None:
        """Report what is no command of ours, under no id: whatever it says of itself is not believed."""
        self._strange += 1
        log.warning("command.not_believed", reason=reason)
        now_s = self._clock.monotonic_s()
        if now_s - self._strange_told_s < STRANGE_EVERY_S:
            return
        fields: dict[str, Plain] = {
            "id": "", "outcome": Outcome.REFUSED.value, "reason": reason, "detail": detail[:200], "times": self._strange,
        }  # fmt: skip
        self._machine.report(REPORT, fields)
        self._strange, self._strange_told_s = 0, now_s
