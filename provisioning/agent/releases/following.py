"""Following: the kiosk runs the release the bureau wants, as soon as the night, the line and the villager let it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from drivers.contract.clock import Clock
from provisioning.agent.desired_probe import Probe
from provisioning.agent.machine import Machine
from provisioning.agent.one_trial import Kind, OneTrial
from provisioning.agent.releases.bringing import Bringer, Channel
from provisioning.agent.releases.install import clear
from provisioning.agent.releases.proving import MARGIN_S, fail_trial, prove, settle
from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError, PausedError, UnsuitableError
from provisioning.agent.releases.step import Do, Failure, Situation, Step, is_night, next_step
from provisioning.agent.releases.stick import STICK
from provisioning.agent.releases.store import ReleaseStore
from provisioning.agent.trial import Moment, Trial
from provisioning.launcher.slots import SHIPPED, Slots, SlotTrial
from provisioning.wire.desired_state import At, WantedRelease
from provisioning.wire.release import REPORT, State, report

log = structlog.get_logger(__name__)

LOOK_S = 300.0
"""Seconds between two looks at the hour, and at what could not be had before."""
STICK_LOOK_S = 5.0
FIRST_PATIENCE_S = 300.0
LONGEST_PATIENCE_S = 3600.0
"""Between two attempts at what could not be had; doubled from the first to the longest."""


class ReleaseFollower:
    """Belongs to one event loop; whatever touches disk or line runs in a worker thread."""

    def __init__(
        self,
        *,
        machine: Machine,
        clock: Clock,
        zone: ZoneInfo,
        slots: Slots,
        store: ReleaseStore,
        bringer: Bringer,
        running: str,
        probe: Probe,
        one_trial: OneTrial,
        boot: str,
        line: Callable[[Callable[[], int], Callable[[], bool]], Channel],
        stick: Callable[[Path, Callable[[], bool]], Channel],
        stick_folder: Path,
        bytes_per_s: int,
    ) -> None:
        """Put together; nothing is read yet.

        Args:
            machine: The kiosk it lives in.
            clock: The only source of time.
            zone: Where the kiosk stands.
            slots: The folder of the releases.
            store: What is kept beside them.
            bringer: Fills the idle slot.
            running: The slot this core runs from, or ``SHIPPED``.
            probe: Looks whether the machine works.
            one_trial: Sees to it that no document is on trial meanwhile.
            boot: Names this switching on of the machine.
            line: Opens the way over the line, given how fast and whether it may go on.
            stick: Opens a stick, given where it is mounted and whether it may go on.
            stick_folder: Where a stick is mounted.
            bytes_per_s: How fast at night.
        """
        self._machine = machine
        self._clock = clock
        self._zone = zone
        self._slots = slots
        self._store = store
        self._bringer = bringer
        self._running = running
        self._probe = probe
        self._one_trial = one_trial
        self._boot = boot
        self._line = line
        self._stick = stick
        self._stick_folder = stick_folder
        self._bytes_per_s = bytes_per_s
        self._wanted: WantedRelease | None = None
        self._carried = ""
        self._carried_over = ""
        self._patience_s = FIRST_PATIENCE_S
        self._not_again_before_s = 0.0
        self._woken = asyncio.Event()
        self._is_closed = False
        self._is_ending = False
        self._has_stick = False

    def want(self, wanted: WantedRelease | None) -> None:
        """Take what the bureau wants; None leaves everything as it is. Returns at once."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._patience_s = FIRST_PATIENCE_S
            self._not_again_before_s = 0.0
            self._woken.set()

    async def run(self) -> None:
        """Prove this release if it is on trial, then follow for ever; ends with its task."""
        try:
            await self._begin()
            while not self._is_ending:
                self._woken.clear()
                await self._once()
                await self._pause()
            await asyncio.Event().wait()  # the machine ends us
        finally:
            self._is_closed = True

    async def _begin(self) -> None:
        kept = await asyncio.to_thread(self._store.read)
        self._carried, self._carried_over = kept.carried, kept.carried_over
        trial = await asyncio.to_thread(self._slots.trial)
        version = await asyncio.to_thread(self._store.version_of, self._running)
        if trial is None or trial.slot != self._running:
            await self._say(version, State.RUNNING)
            return
        await self._say(version, State.ON_TRIAL)
        now = Moment(boot=self._boot, now_s=self._clock.monotonic_s())
        why = await prove(trial, self._probe, self._clock, within_s=trial.time_left_s(now) - MARGIN_S)
        try:
            if why:
                await asyncio.to_thread(fail_trial, self._slots, trial, why)
                self._end(f"release {version}: {why}")
            else:
                await asyncio.to_thread(self._slots.end_trial)
                self._one_trial.end()
                log.info("release.proven", release=version)
                await self._say(version, State.RUNNING)
                await asyncio.to_thread(self._keep_needed)
        except OSError as error:
            log.error("release.trial_not_ended", why=error.strerror)  # noqa: TRY400  # the reason says it all
            self._end(f"release {version}: the disk takes nothing")

    async def _once(self) -> None:
        """Look at how things stand, and take one step."""
        try:
            went_back = await asyncio.to_thread(settle, self._slots, self._store, self._running, self._failure)
            self._one_trial.end()
            kept = await asyncio.to_thread(self._store.read)
            if went_back:
                await self._say(went_back, State.WENT_BACK, kept.failures[went_back].why)
            await self._keep_time()
            if self._has_stick or await asyncio.to_thread(self._is_stick_there):
                await self._look_at_stick()
            step = next_step(await asyncio.to_thread(self._situation))
            await self._take(step)
        except OSError as error:
            await self._postpone(f"disk: {error.strerror}")

    async def _take(self, step: Step) -> None:
        wanted = self._goal
        if wanted is None or (step.do is Do.BRING and self._clock.monotonic_s() < self._not_again_before_s):
            return
        if step.state is not None:
            await self._say(wanted.version, step.state, step.reason)
        match step.do:
            case Do.BRING:
                await self._bring(wanted)
            case Do.SWITCH:
                await self._switch(wanted)
            case Do.WAIT | Do.NOTHING:
                pass

    async def _bring(self, wanted: WantedRelease) -> None:
        try:
            channel = await asyncio.to_thread(
                self._line, lambda: 0 if wanted.at is At.NOW else self._bytes_per_s, lambda: self._may_go_on(wanted)
            )
        except OutOfReachError as error:
            await self._say(wanted.version, State.POSTPONED, str(error))
        else:
            if await self._fill(channel, wanted.version):
                self._patience_s, self._not_again_before_s = FIRST_PATIENCE_S, 0.0
                return
        self._not_again_before_s = self._clock.monotonic_s() + self._patience_s
        self._patience_s = min(2 * self._patience_s, LONGEST_PATIENCE_S)

    async def _fill(self, channel: Channel, version: str | None) -> str:
        """Bring a release; returns its version, or empty when it did not come."""
        kept = await asyncio.to_thread(self._store.read)
        running = self._store.manifest_of(self._running)
        not_before = max(kept.known, running.built_at) if running is not None else kept.known
        name = version or "stick"
        try:
            version = await asyncio.to_thread(self._bringer.bring, channel, version, running=self._running, not_before=not_before)
        except NotTrustedError as error:
            log.warning("release.refused", release=name, attack=error.attack, why=str(error))
            await self._say(name, State.REFUSED, str(error))
        except UnsuitableError as error:
            await self._say(name, State.REFUSED, str(error))
        except PausedError:
            await self._say(name, State.WAITING_FOR_NIGHT)
        except OutOfReachError as error:
            await self._say(name, State.POSTPONED, str(error))
        except OSError as error:
            await asyncio.to_thread(self._give_room)
            await self._say(name, State.POSTPONED, f"disk: {error.strerror}")
        else:
            self._woken.set()
            return version
        finally:
            await asyncio.to_thread(channel.close)
        return ""

    async def _switch(self, wanted: WantedRelease) -> None:
        slot = await asyncio.to_thread(lambda: self._slots.idle)
        try:
            await asyncio.to_thread(self._bringer.check_installed, slot, self._running)
        except (NotTrustedError, UnsuitableError) as error:
            await asyncio.to_thread(self._discard, slot)
            await self._say(wanted.version, State.REFUSED, str(error))
            return
        await self._machine.rested()
        async with self._one_trial.turn(Kind.RELEASE) as in_the_way:
            step = next_step(await asyncio.to_thread(self._situation))
            if wanted != self._goal or step.do is not Do.SWITCH or not self._machine.is_at_rest:
                self._woken.set()  # the wish, the hour or the villager changed while everybody waited
                return
            if not in_the_way:
                trial = SlotTrial(
                    trial=Trial(candidate=wanted.version),
                    slot=slot,
                    back_to=self._running,
                    well_without=self._probe.look().unwell,
                    switched_boot=self._boot,
                    switched_s=self._clock.monotonic_s(),
                )
                await asyncio.to_thread(self._begin_trial, trial)
                self._end(f"release {wanted.version} is to be tried")
                return
        await self._say(wanted.version, State.POSTPONED, f"waits for {in_the_way}, which is on trial")
        await self._one_trial.ended()
        self._woken.set()

    def _begin_trial(self, trial: SlotTrial) -> None:
        self._slots.write_trial(trial)
        self._slots.switch(trial.slot)

    async def _look_at_stick(self) -> None:
        """Take what a stick brings, once for each time it is put in."""
        is_there = await asyncio.to_thread(self._is_stick_there)
        if is_there and not self._has_stick:
            channel = self._stick(self._stick_folder, lambda: not self._is_closed)
            if version := await self._fill(channel, None):
                self._carried, self._carried_over = version, self._wanted.version if self._wanted is not None else ""
                kept = await asyncio.to_thread(self._store.read)
                carried = replace(kept, carried=self._carried, carried_over=self._carried_over)
                await asyncio.to_thread(self._store.write, carried)
        self._has_stick = is_there

    @property
    def _goal(self) -> WantedRelease | None:
        """What is to run: somebody came to bring a stick, and that counts until the bureau wants something else."""
        now = self._wanted.version if self._wanted is not None else ""
        if self._carried and now == self._carried_over:
            return WantedRelease(version=self._carried, at=At.NOW)
        return self._wanted

    def _situation(self) -> Situation:
        idle = self._slots.idle
        return Situation(
            wanted=self._goal,
            running=self._store.version_of(self._running),
            installed=self._store.version_of(idle) if idle != SHIPPED else "",
            failures=self._store.read().failures,
            now=self._clock.now(),
            is_night=is_night(self._clock.now(), self._zone),
            is_at_rest=self._machine.is_at_rest,
        )

    def _may_go_on(self, wanted: WantedRelease) -> bool:
        if self._is_closed or self._goal != wanted:
            return False
        return wanted.at is At.NOW or is_night(self._clock.now(), self._zone)

    def _is_stick_there(self) -> bool:
        """The folder it is mounted on is always there; a courier's own is there with the stick."""
        return (self._stick_folder / STICK).is_dir()

    def _failure(self) -> Failure:
        return Failure(at=self._clock.now(), why="")

    def _give_room(self) -> None:
        """A full disk is worse than a release that comes later: what was begun goes."""
        self._keep_needed()
        self._discard(self._slots.idle)

    def _keep_needed(self) -> None:
        """Keep the wheels of what runs, so that only what is new must travel the next time."""
        running = self._store.manifest_of(self._running)
        self._store.prune(*([running] if running is not None else []))

    def _discard(self, slot: str) -> None:
        if slot not in {SHIPPED, self._running}:
            clear(self._slots, slot)

    async def _keep_time(self) -> None:
        """Remember a confirmed clock, once a day: nobody leads this kiosk back before it."""
        kept, now = await asyncio.to_thread(self._store.read), self._clock.now()
        if self._clock.is_trusted and (now - kept.known).days >= 1:
            await asyncio.to_thread(self._store.write, replace(kept, known=now))

    async def _say(self, version: str, state: State, reason: str = "") -> None:
        """Tell the fleet, once for each change; a disk that cannot keep what was said only has it said again."""
        running = await asyncio.to_thread(self._store.version_of, self._running)
        told = report(version, state, running=running, reason=reason)
        kept = await asyncio.to_thread(self._store.read)
        if kept.said == told:
            return
        self._machine.report(REPORT, told)
        try:
            await asyncio.to_thread(self._store.write, replace(kept, said=told))
        except OSError as error:
            log.warning("release.said_not_kept", why=error.strerror)

    async def _postpone(self, reason: str) -> None:
        if self._goal is not None:
            await self._say(self._goal.version, State.POSTPONED, reason)

    async def _pause(self) -> None:
        """Wait until something is new: a wish, a stick, or time has passed."""
        until_s = self._clock.monotonic_s() + LOOK_S
        while not self._woken.is_set() and self._clock.monotonic_s() < until_s:
            if await asyncio.to_thread(self._is_stick_there) != self._has_stick:
                return
            await self._clock.sleep(STICK_LOOK_S)

    def _end(self, why: str) -> None:
        self._is_ending = True
        self._machine.restart(why)
