"""Start the kiosk: the current slot, counted while it is on trial; what served before, once the trial has failed."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from provisioning.agent.trial import Moment, Verdict, begin_start, fail
from provisioning.launcher import VERSION, VERSION_VARIABLE, WENT_BACK_VARIABLE
from provisioning.launcher.slots import NAMES, PYTHON, SHIPPED, Slots, SlotTrial

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
USAGE = "usage: launcher RELEASES_FOLDER SHIPPED_PROGRAM [argument ...]"
MISUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to start, and what to write before.

    Attributes:
        trial: To be written before anything is started; None when there is none to count.
        is_back: Whether this is the way back.
        within_s: Seconds this start has left to prove itself.
    """

    slot: str
    trial: SlotTrial | None = None
    is_back: bool = False
    within_s: float = 0.0


def choose(current: str, trial: SlotTrial | None, is_whole: Callable[[str], bool], moment: Moment) -> Choice:
    """Decide. Pure but for looking whether slots are whole."""
    if trial is None or trial.slot != current:
        failed = trial.slot if trial is not None else SHIPPED
        return Choice(slot=_first_whole((current, *(name for name in NAMES if name != failed)), is_whole))
    if not is_whole(trial.slot):
        trial = replace(trial, trial=fail(trial.trial, "is not whole on the disk"))
    elif trial.time_left_s(moment) <= 0:
        trial = replace(trial, trial=fail(trial.trial, "had not proven itself in its time"))
    counted, verdict = begin_start(trial.trial)
    if verdict is Verdict.GO_BACK:
        return Choice(slot=_first_whole((trial.back_to,), is_whole), trial=replace(trial, trial=counted), is_back=True)
    first = trial.first_start(moment)
    return Choice(
        slot=trial.slot,
        trial=replace(trial, trial=counted, boot=first.boot, began_s=first.now_s),
        within_s=trial.time_left_s(moment),
    )


def prepare(slots: Slots, moment: Moment) -> Choice:
    """Decide what to start, and write down what must be on the disk before it runs.

    A start that cannot be counted is not tried: what served before serves, and the trial goes on once the disk takes something.
    """
    trial = slots.trial()
    choice = choose(slots.current, trial, slots.is_whole, moment)
    if choice.trial is None:
        return choice
    try:
        slots.write_trial(choice.trial)
        if choice.is_back:
            slots.switch(choice.trial.back_to)
    except OSError as error:
        _say(f"not written: {error.strerror}")
        return choice if choice.is_back else Choice(slot=_first_whole((choice.trial.back_to,), slots.is_whole))
    return choice


def command(slots: Slots, slot: str, shipped: str, arguments: Sequence[str]) -> list[str]:
    """Return how a slot is started."""
    if slot == SHIPPED:
        return [shipped, *arguments]
    # -I: no variable and no folder of the user adds modules; -B: a slot is not written once it is whole.
    return [str(slots.place(slot) / PYTHON), "-I", "-B", "-m", "kiosk", *arguments]


def guard(slots: Slots, choice: Choice, core: int, *, wait_s: float) -> None:
    """End a start that neither proves itself nor fails: a release that hangs cannot look at the clock.

    Args:
        slots: The folder.
        choice: What was started.
        core: Descriptor of the started process (pidfd).
        wait_s: Seconds it has.
    """
    poll = select.poll()
    poll.register(core, select.POLLIN)
    if poll.poll(max(0.0, wait_s) * 1000):
        return
    now, begun = slots.trial(), choice.trial
    if now is None or begun is None or now.trial.starts != begun.trial.starts or now.slot != begun.slot or now.trial.failure:
        return  # it has proven itself, or has said itself that it failed and ends in order, after the villager
    _say(f"{begun.trial.candidate}: has not proven itself, is ended")
    try:
        slots.write_trial(replace(now, trial=fail(now.trial, "hung: neither proved itself nor said why not")))
    except OSError as error:
        _say(f"not written: {error.strerror}")
    signal.pidfd_send_signal(core, signal.SIGKILL)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Start the kiosk in place of this process; returns only when that is impossible."""
    if len(arguments) < 2:
        _say(USAGE)
        return MISUSED
    slots, shipped = Slots(Path(arguments[0])), arguments[1]
    choice = prepare(slots, Moment(boot=_boot_id(), now_s=time.monotonic()))
    if choice.within_s > 0:
        _fork_guard(slots, choice)
    environment = {**variables, VERSION_VARIABLE: str(VERSION), "PYTHONDONTWRITEBYTECODE": "1"}
    if choice.is_back:
        environment[WENT_BACK_VARIABLE] = "1"
    before = choice.trial.back_to if choice.trial is not None else SHIPPED
    for slot in dict.fromkeys((choice.slot, before, SHIPPED)):
        words = command(slots, slot, shipped, arguments[2:])
        _say(f"starting {slot or 'the shipped release'}")
        try:
            os.execve(words[0], words, environment)  # noqa: S606  # this is what a launcher is for
        except OSError as error:
            _say(f"{words[0]}: {error.strerror}")
    return 1


def _first_whole(order: Sequence[str], is_whole: Callable[[str], bool]) -> str:
    """Return the first that can be started; a machine whose slots are all broken has the release it was shipped with."""
    if not order[0]:
        return SHIPPED
    return next((slot for slot in order if slot and is_whole(slot)), SHIPPED)


def _fork_guard(slots: Slots, choice: Choice) -> None:
    """Leave a guard behind that is nobody's child: what this process becomes knows nothing of it."""
    core = os.pidfd_open(os.getpid())
    if first := os.fork():
        os.waitpid(first, 0)
        os.close(core)
        return
    if os.fork():
        os._exit(0)
    os.closerange(3, core)
    os.closerange(core + 1, 256)
    guard(slots, choice, core, wait_s=choice.within_s)
    os._exit(0)


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def _say(words: str) -> None:
    sys.stderr.write(f"zhizhu-launcher: {words}\n")
    sys.stderr.flush()


def run() -> None:
    """Start with this process's arguments."""
    sys.exit(main(sys.argv[1:], os.environ))
