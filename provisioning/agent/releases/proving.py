"""Proving: a release on trial shows that the machine works as it did before, or goes back; and what a start finds of a trial."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from drivers.contract.clock import Clock
from provisioning.agent.desired_probe import Probe, Worse, worse_than
from provisioning.agent.releases.step import Failure
from provisioning.agent.releases.store import ReleaseStore
from provisioning.agent.trial import fail
from provisioning.launcher.slots import WHOLE, Slots, SlotTrial
from provisioning.launcher.whole_file import remove

log = structlog.get_logger(__name__)

LOOK_S = 2.0
STEADY_LOOKS = 5
"""So many looks in a row must be good: what crashes does so in its first seconds."""
MARGIN_S = 5.0
"""Before the time of the trial is over and the launcher's guard ends it, so that this release still says itself what failed."""


async def prove(trial: SlotTrial, probe: Probe, clock: Clock, *, within_s: float) -> str:
    """Return once the machine works as before, with an empty text; or with what does not, as soon as that is certain."""
    until_s = clock.monotonic_s() + within_s
    good, worse = 0, Worse(missing=("nothing was seen to work",))
    while clock.monotonic_s() < until_s:
        worse = worse_than(trial.well_without, probe.look())
        good = 0 if worse.missing else good + 1
        if good >= STEADY_LOOKS:
            return ""
        if worse.hopeless:
            return f"does not work: {', '.join(worse.hopeless)}"
        await clock.sleep(LOOK_S)
    return f"does not work: {', '.join(worse.missing)}" if worse.missing else "worked only now and then"


def fail_trial(slots: Slots, trial: SlotTrial, why: str) -> None:
    """Hold it against the release on trial; on a full disk its slot is no longer whole instead, which takes no space.

    Raises:
        OSError: The disk answers to nothing. The launcher's own time ends the trial then.
    """
    log.error("release.failed", release=trial.trial.candidate, why=why)
    try:
        slots.write_trial(replace(trial, trial=fail(trial.trial, why)))
    except OSError:
        remove(slots.place(trial.slot) / WHOLE)


def settle(slots: Slots, store: ReleaseStore, running: str, now: Callable[[], Failure]) -> str:
    """Tidy up what a trial has left, when another release runs than the one on trial; returns the version that went back.

    Can be broken off anywhere and done again. A trial whose switch never happened is forgotten, and decided anew.

    Args:
        slots: The folder.
        store: Where failures are kept.
        running: The slot that runs.
        now: Makes a failure of this moment, without a reason.

    Raises:
        OSError: The disk does not take it; everything stays as it is.
    """
    trial = slots.trial()
    if trial is None or trial.slot == running:
        return ""
    has_failed = bool(trial.trial.failure) or not slots.is_whole(trial.slot)
    if has_failed:
        why = trial.trial.failure or "failed, on a disk that was full"
        store.note_failure(trial.trial.candidate, replace(now(), why=why))
    if slots.current == trial.slot:
        slots.switch(trial.back_to)
    slots.end_trial()
    return trial.trial.candidate if has_failed else ""
