"""Desired: takes the bureau's documents, switches to a good one when nobody is there, and keeps it once it has proven itself."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar, TypeVarTuple

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker
from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.desired_probe import Probe, worse_than
from provisioning.agent.desired_standing import (
    Said,
    Standing,
    State,
    committed,
    failed,
    needs_trial,
    put_on_trial,
    refused,
    taken,
    waits,
)
from provisioning.agent.desired_start import Running
from provisioning.agent.machine import Machine
from provisioning.agent.one_trial import Kind, OneTrial
from provisioning.agent.trial import Moment
from provisioning.wire.desired_state import (
    KIND,
    Accept,
    Addressee,
    Document,
    DocumentError,
    Reason,
    Refuse,
    WantedRelease,
    judge,
    read_document,
)
from provisioning.wire.layering import Tree
from provisioning.wire.signatures import SignatureError, Trusted, unseal

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")
Args = TypeVarTuple("Args")

REPORTED = "desired.reported"
"""The event that tells the fleet what became of a document."""
LOOK_S = 0.5
"""Seconds between two looks at whether what is on trial has proven itself."""
AGAIN_S = 5.0
"""Seconds until a disk that took nothing is asked again."""
DISK_S = 10.0
VALIDATE_S = 30.0
"""Seconds one disk, or the reading of all drivers' settings on a slow board, may take."""
MOST_WAITING = 4
"""Documents that came and were not looked at; the newest count."""
QUIET_S = 60.0
"""Seconds in which the same refusal is said once."""


class Desired:
    """One kiosk's documents. ``take`` may be called from anywhere on the loop; ``run`` is its life."""

    def __init__(
        self,
        folder: Path,
        *,
        addressee: Addressee,
        running: Running,
        trusted: Callable[[], Trusted],
        machine: Machine,
        clock: Clock,
        problems_of: Callable[[Tree], tuple[str, ...]],
        probe: Probe,
        one_trial: OneTrial,
        boot: str,
        on_release: Callable[[WantedRelease | None], None] = lambda _wanted: None,
    ) -> None:
        """Prepare; nothing is read before ``run``.

        Args:
            folder: ``STATE/desired``.
            addressee: Who this kiosk is.
            running: What this life runs by, as its start decided.
            trusted: Whose signatures count now.
            machine: This kiosk.
            clock: The kiosk's clock.
            problems_of: What is wrong with settings, each in an operator's words; called in a thread of its own.
            probe: Whether the machine works.
            one_trial: Sees to it that no release is on trial meanwhile.
            boot: Names this switching on of the machine.
            on_release: Called on the loop with the release that is wanted: at the start, and whenever a document is taken.
        """
        self._folder = DesiredFolder(folder)
        self._addressee = addressee
        self._running = running
        self._trusted = trusted
        self._machine = machine
        self._clock = clock
        self._problems_of = problems_of
        self._probe = probe
        self._one_trial = one_trial
        self._boot = boot
        self._on_release = on_release
        self._came: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._has_come = asyncio.Event()
        self._may_switch = asyncio.Event()
        self._standing = Standing()
        self._changing = asyncio.Lock()
        """Guards the standing from its decision to its file."""
        self._last_refusal: tuple[str, float] = ("", float("-inf"))
        self._worker: Worker | None = None

    @property
    def standing(self) -> Standing:
        """How things stand."""
        return self._standing

    def take(self, payload: bytes) -> None:
        """A signed document came, or what claims to be one. Returns at once."""
        self._came.append(payload)
        self._has_come.set()

    async def run(self) -> None:
        """Take, try, keep or go back, until cancelled."""
        self._worker = Worker("desired state")
        try:
            self._standing = await self._read()
            self._on_release(self._standing.release)
            self._say(self._standing.said)
            if self._standing.refused is not None and self._standing.refused.version == self._standing.in_force_version:
                self._say(self._standing.refused)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._take_all(), name="desired: taking")
                tasks.create_task(self._settle(), name="desired: settling")
        finally:
            self._worker.close()

    async def _read(self) -> Standing:
        """Read how things stand; a disk that hangs is asked again, and the kiosk serves meanwhile."""
        while True:
            try:
                return await self._call(self._folder.read, deadline_s=DISK_S)
            except OSError as error:
                log.warning("desired.unreadable", why=error.strerror)
                await self._clock.sleep(AGAIN_S)

    # --- taking ---

    async def _take_all(self) -> None:
        while True:
            await self._has_come.wait()
            self._has_come.clear()
            while self._came:
                await self._consider(self._came.popleft())

    async def _consider(self, payload: bytes) -> None:
        try:
            document = read_document(unseal(payload, KIND, self._trusted()))
        except (SignatureError, DocumentError) as error:
            await self._refuse(0, str(error))
            return
        verdict = judge(
            document,
            self._addressee,
            in_force_version=self._standing.in_force_version,
            newest_seen=self._standing.newest_seen,
            now=self._clock.now(),
            clock_is_trusted=self._clock.is_trusted,
        )
        match verdict:
            case Refuse(reason=Reason.KNOWN):
                self._say(self._standing.said)  # the fleet asks because it has not heard
            case Refuse():
                await self._refuse(document.version, f"{verdict.reason}: {verdict.detail}")
            case Accept():
                if problems := await self._problems(document):
                    await self._refuse(document.version, "; ".join(problems))
                else:
                    await self._keep(document)

    async def _problems(self, document: Document) -> tuple[str, ...]:
        try:
            return await self._call(self._problems_of, document.settings, deadline_s=VALIDATE_S)
        except OSError as error:
            return (f"could not be checked: {error.strerror or error}",)

    async def _keep(self, document: Document) -> None:
        try:
            await self._change(lambda standing: taken(standing, document))
        except OSError as error:
            self._say(Said(version=document.version, state=State.REFUSED, reason=f"cannot be kept: {error.strerror or error}"))
            return
        log.info("desired.taken", version=document.version)
        self._say(self._standing.said)
        self._on_release(document.release)
        self._may_switch.set()

    async def _refuse(self, version: int, reason: str) -> None:
        said, at_s = self._last_refusal
        now_s = self._clock.monotonic_s()
        if said == reason and now_s - at_s < QUIET_S:
            return
        self._last_refusal = (reason, now_s)
        log.warning("desired.refused", version=version, why=reason)
        try:
            await self._change(lambda standing: refused(standing, version, reason))
        except OSError as error:
            log.warning("desired.not_kept", why=error.strerror)
        self._say(refused(self._standing, version, reason).refused)

    # --- trying, keeping, going back ---

    async def _settle(self) -> None:
        if self._running.is_trial:
            await self._prove()
        elif self._standing.on_trial is not None:
            await self._start_anew()  # the start could not count: the disk was full
        else:
            await self._keep_copy()
        while True:
            if self._standing.candidate is not None:
                await self._switch()
            await self._may_switch.wait()
            self._may_switch.clear()

    async def _switch(self) -> None:
        """Put the waiting document on trial, or in force where it changes nothing; returns when there is none any more."""
        while self._standing.candidate is not None:
            await self._machine.rested()
            try:
                async with self._one_trial.turn(Kind.DOCUMENT) as in_the_way:
                    must_wait = bool(in_the_way) and needs_trial(self._standing)
                    if must_wait:
                        await self._say_waiting(f"waits for {in_the_way}, which is on trial")
                    elif self._machine.is_at_rest:
                        await self._put_on_trial()
                        continue
            except OSError as error:
                log.warning("desired.not_kept", why=error.strerror)
                await self._clock.sleep(AGAIN_S)
                continue
            if must_wait:
                await self._one_trial.ended()
                await self._say_waiting("")  # from now on for nobody but a villager
        if self._standing.on_trial is not None:
            await self._start_anew()
        await self._keep_copy()

    async def _put_on_trial(self) -> None:
        unwell = self._probe.look().unwell
        now = Moment(boot=self._boot, now_s=self._clock.monotonic_s())
        await self._change(lambda standing: put_on_trial(standing, unwell=unwell, now=now))
        self._say(self._standing.said)

    async def _say_waiting(self, reason: str) -> None:
        if self._standing.said is None or self._standing.said.reason != reason:
            await self._change(lambda standing: waits(standing, reason))
            self._say(self._standing.said)

    async def _start_anew(self) -> None:
        """End this life for one that runs by what is on trial. A visit that began meanwhile is waited for by the machine."""
        version = 0 if self._standing.on_trial is None else self._standing.on_trial.version
        await self._surely(lambda standing: standing)  # a disk that takes nothing could not count the start
        self._machine.restart(f"document {version} is to be tried")
        await _for_ever()

    async def _prove(self) -> None:
        within_s = self._running.prove_within_s
        until_s = self._clock.monotonic_s() + within_s
        while (worse := worse_than(self._standing.unwell_before, self._probe.look())).missing:
            if worse.hopeless:
                await self._go_back(f"does not work: {', '.join(worse.hopeless)}")
            if self._clock.monotonic_s() >= until_s:
                await self._go_back(f"not proven within {within_s:.0f} s: {', '.join(worse.missing)}")
            await self._clock.sleep(LOOK_S)
        await self._surely(committed)
        self._one_trial.end()
        log.info("desired.in_force", version=self._standing.in_force_version)
        await self._keep_copy()
        self._say(self._standing.said)

    async def _go_back(self, why: str) -> None:
        log.error("desired.did_not_prove_itself", version=self._running.version, why=why)
        await self._surely(lambda standing: failed(standing, why))
        self._machine.restart(f"document {self._running.version} goes back: {why}")
        await _for_ever()

    async def _keep_copy(self) -> None:
        try:
            await self._call(self._folder.keep_last_good, self._standing, deadline_s=DISK_S)
        except OSError as error:
            log.warning("desired.no_copy", why=error.strerror)

    # --- the file, and the fleet ---

    async def _surely(self, step: Callable[[Standing], Standing]) -> None:
        """Take a step, as often as it needs until the disk has it."""
        while True:
            try:
                return await self._change(step)
            except OSError as error:
                log.warning("desired.not_kept", why=error.strerror)
                await self._clock.sleep(AGAIN_S)

    async def _change(self, step: Callable[[Standing], Standing]) -> None:
        async with self._changing:
            after = step(self._standing)
            await self._call(self._folder.write, after, deadline_s=DISK_S)
            self._standing = after

    async def _call(self, act: Callable[[*Args], Answer], *arguments: *Args, deadline_s: float) -> Answer:
        """Let the worker do something. A disk that hangs is a disk that failed."""
        if self._worker is None:
            raise RuntimeError("called before run")
        try:
            return await self._worker.call(act, *arguments, deadline_s=deadline_s)
        except CallDeadlineError as error:
            raise OSError(None, f"no answer within {deadline_s:g} s") from error

    def _say(self, said: Said | None) -> None:
        if said is None:
            return
        self._machine.report(
            REPORTED,
            {
                "version": said.version,
                "state": said.state.value,
                "reason": said.reason,
                "in_force": self._standing.in_force_version,
                "newest": self._standing.newest_seen,
            },
        )


async def _for_ever() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError  # nobody ends it
