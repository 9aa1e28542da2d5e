"""Slots: two places for a release, one of them current by a link, and what is written of a trial.

::

    current -> slots/a        absent: the release the machine was shipped with serves
    trial.json                what is on trial; the renamed link is the switch, this file alone switches nothing
    slots/a/whole             the last file of a release to be written; without it a slot is never started
    slots/a/bin/python        starts it

The switch is one rename, so a slot is current or it is not. Blocking.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from provisioning.agent.trial import Moment, Trial, prove_within_s
from provisioning.launcher.whole_file import remove, sync_folder, write_whole

NAMES = ("a", "b")
SHIPPED = ""
"""In place of a slot's name: the release the machine was shipped with, which nothing here can change."""
WHOLE = "whole"
PYTHON = Path("bin", "python")
MANIFEST = "release.json"
MAX_TRIAL_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTrial:
    """A trial, and where it takes place.

    Attributes:
        slot: Where the candidate lies.
        back_to: What served before.
        boot: Names the switching on of the machine in which it was first started; empty before.
        began_s: Monotonic second of that first start.
        well_without: What did not work before, and need not work now.
        switched_boot: Names the switching on of the machine in which it was made current; empty where nobody said.
        switched_s: Monotonic second of that.
    """

    trial: Trial
    slot: str
    back_to: str
    boot: str = ""
    began_s: float = 0.0
    well_without: tuple[str, ...] = field(default=())
    switched_boot: str = ""
    switched_s: float = 0.0

    def first_start(self, now: Moment) -> Moment:
        """Return when it was first started since the machine is on: now, where it was not."""
        began = Moment(boot=self.boot, now_s=self.began_s)
        return now if now.since_s(began) is None else began

    def time_left_s(self, now: Moment) -> float:
        """Return the seconds a start at this moment has to prove itself; all starts of a trial share them."""
        first = self.first_start(now)
        way_s = first.since_s(Moment(boot=self.switched_boot, now_s=self.switched_s))
        return prove_within_s(way_s, now.now_s - first.now_s)


class Slots:
    """The folder, usually ``STATE/releases``."""

    def __init__(self, folder: Path) -> None:
        """Look after this folder; nothing is made or read yet."""
        self.folder = folder
        self._link = folder / "current"
        self._trial = folder / "trial.json"

    def place(self, slot: str) -> Path:
        """Where a slot's release lies."""
        return self.folder / "slots" / slot

    @property
    def current(self) -> str:
        """The slot that serves, or ``SHIPPED``."""
        try:
            target = Path(os.readlink(self._link))  # the text of the link, not where it leads
        except OSError:
            return SHIPPED
        return target.name if target.name in NAMES else SHIPPED

    @property
    def idle(self) -> str:
        """The slot that may be written: never the current one, never what a trial may have to go back to."""
        trial = self.trial()
        taken = {self.current} | ({trial.back_to} if trial is not None else set())
        free = [name for name in NAMES if name not in taken]
        return free[0] if free else SHIPPED

    def is_whole(self, slot: str) -> bool:
        """Whether a slot can be started; the shipped release always can."""
        return slot == SHIPPED or (self.place(slot) / WHOLE).is_file()

    def switch(self, slot: str) -> None:
        """Make a slot current. Raises OSError, and then the other one still is."""
        if slot == SHIPPED:
            remove(self._link)
            return
        draft = self._link.with_name(".current.new")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        draft.symlink_to(Path("slots", slot))
        draft.replace(self._link)
        sync_folder(self.folder)

    def trial(self) -> SlotTrial | None:
        """Return what is written of a trial, or None; what cannot be understood is no trial."""
        try:
            with self._trial.open("rb") as file:
                read = json.loads(file.read(MAX_TRIAL_BYTES))
            told = SlotTrial(
                trial=Trial(candidate=str(read["candidate"]), starts=int(read["starts"]), failure=str(read["failure"])),
                slot=str(read["slot"]),
                back_to=str(read["back_to"]),
                boot=str(read["boot"]),
                began_s=float(read["began_s"]),
                well_without=tuple(str(each) for each in read["well_without"]),
                switched_boot=str(read.get("switched_boot", "")),
                switched_s=float(read.get("switched_s", 0.0)),
            )
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None
        return told if told.slot in NAMES and told.back_to in (*NAMES, SHIPPED) and told.slot != told.back_to else None

    def write_trial(self, trial: SlotTrial) -> None:
        """Write it down. Raises OSError, and then what was there stands."""
        told = asdict(trial)
        told |= told.pop("trial")
        write_whole(self._trial, json.dumps(told).encode())

    def end_trial(self) -> None:
        """Forget the trial; possible on a full disk, too. Raises OSError."""
        remove(self._trial)
