"""Crash loop: whether this core died so often just now that it had better start without drivers and without a visit.

Every start leaves a mark on the disk, and every end in order another one. Time is the machine's monotonic time since it was
switched on: a wall clock that jumps, and the power cuts of another switching on, neither make a loop nor hide one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from drivers.contract.clock import Clock
from kiosk.upkeep.kept_file import read_kept, write_kept

log = structlog.get_logger(__name__)

DEATHS = 3
WITHIN_S = 300.0
"""This many deaths within these seconds are a loop."""

STEADY_S = 600.0
"""Seconds safe mode lasts before an ordinary start is tried again; doubled for each such spell of the last day."""

LONGEST_STEADY_S = 3600.0

DAY_S = 86_400.0

LOOK_S = 2.0
"""Seconds between two looks at whether a technician wants out of safe mode."""

KEPT_LIVES = 32
"""Marks that are kept; more than a loop of five minutes needs."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

MARKS = "lives.json"
LEAVE = "leave-safe-mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One run of the core.

    Attributes:
        boot: Names the switching on of the machine.
        began_s: Monotonic second of its start.
        ended_in_order: Whether it was told to end, and did.
        is_safe: Whether it was spent in safe mode.
    """

    boot: str
    began_s: float
    ended_in_order: bool = False
    is_safe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How this life is to be lived.

    Attributes:
        deaths: Of this core within the last five minutes.
        steady_s: Seconds safe mode is to last.
    """

    is_safe: bool
    deaths: int
    steady_s: float


def how_to_start(lives: Sequence[Life], *, boot: str, now_s: float) -> Start:
    """Decide, from the lives before, how to live this one. Pure.

    A life that did not end in order died when the next one began. One that died in safe mode leads to safe mode again.
    """
    mine = [life for life in lives if life.boot == boot and life.began_s <= now_s]
    died_at = [*(following.began_s for following in mine[1:]), now_s][: len(mine)]
    recent = [life for life, at_s in zip(mine, died_at, strict=True) if not life.ended_in_order and now_s - at_s <= WITHIN_S]
    was_safe = bool(mine) and mine[-1].is_safe and not mine[-1].ended_in_order
    spells = sum(life.is_safe and life.ended_in_order and now_s - life.began_s <= DAY_S for life in mine)
    return Start(
        is_safe=was_safe or len(recent) >= DEATHS,
        deaths=len(recent),
        steady_s=min(STEADY_S * 2**spells, LONGEST_STEADY_S),
    )


class CrashLoop:
    """The marks in the state folder. Blocking, and used before the loop begins and after it has ended."""

    def __init__(self, folder: Path, *, clock: Clock, boot: str | None = None) -> None:
        """Look after the marks in ``folder``; ``boot`` None asks the kernel."""
        self._folder = folder
        self._path = folder / MARKS
        self._clock = clock
        self._boot = boot if boot is not None else boot_id()

    def begin(self) -> Start:
        """Leave the mark of a start and say how to live. A disk that cannot be written is no reason not to start."""
        lives = self._read()
        if (self._folder / LEAVE).exists():
            lives = []
            _forget(self._folder / LEAVE)
        start = how_to_start(lives, boot=self._boot, now_s=self._clock.monotonic_s())
        mark = Life(boot=self._boot, began_s=self._clock.monotonic_s(), is_safe=start.is_safe)
        self._write([*lives, mark])
        if start.is_safe:
            log.error("core.safe_mode", deaths=start.deaths, steady_s=start.steady_s)
        return start

    def end(self) -> None:
        """Leave the mark of an end in order."""
        lives = self._read()
        if lives:
            self._write([*lives[:-1], replace(lives[-1], ended_in_order=True)])

    def _read(self) -> list[Life]:
        try:
            kept = read_kept(self._path)
            return [_life(**each) for each in kept] if isinstance(kept, list) else []
        except (OSError, TypeError, ValueError, OverflowError) as error:
            log.warning("lives.unreadable", why=type(error).__name__)
            return []

    def _write(self, lives: Sequence[Life]) -> None:
        mine = [life for life in lives if life.boot == self._boot][-KEPT_LIVES:]
        try:
            write_kept(self._path, [asdict(life) for life in mine])
        except OSError as error:
            log.warning("lives.not_kept", why=error.strerror)


async def safe_mode_is_over(folder: Path, *, clock: Clock, steady_s: float) -> str:
    """Return when an ordinary start is to be tried: ``steady`` after its time, ``technician`` when one asked for it."""
    began_s = clock.monotonic_s()
    while clock.monotonic_s() - began_s < steady_s:
        if (folder / LEAVE).exists():
            return "technician"
        await clock.sleep(LOOK_S)
    return "steady"


def ask_to_leave(folder: Path) -> None:
    """Ask a core in safe mode, or the next start, to forget what was. Raises OSError."""
    (folder / LEAVE).touch(mode=0o600)


def _life(*, boot: str, began_s: float, ended_in_order: bool, is_safe: bool) -> Life:
    return Life(boot=str(boot), began_s=float(began_s), ended_in_order=bool(ended_in_order), is_safe=bool(is_safe))


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("lives.not_forgotten", why=error.strerror)


def boot_id() -> str:
    """Return what names this switching on of the machine; ``unknown`` where the kernel does not say."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
