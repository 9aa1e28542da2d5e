"""Watching that the display draws: starts its process, counts its frames, and restarts it when they stop."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from drivers.contract.clock import Clock
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.display.vocabulary.frames import Drawn

log = structlog.get_logger(__name__)

DISPLAY = "display"
"""Name under which the display has a condition and faults, as if it were a device."""

OUTPUT_BYTES = 1_000_000
"""What the display itself writes (graphics drivers talk) is kept up to about this size; then the file begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayPace:
    """Deadlines of the display. Frozen to back on the glass: ``frozen_s`` + ``first_pause_s`` + its start, below 20 s.

    Attributes:
        frozen_s: Seconds without a new frame after which it counts as frozen. It draws at least once a second.
        first_frame_s: Seconds from the start of its process to its first frame; a cold machine reads a lot of disk.
        first_pause_s: Before the first restart; doubled up to ``last_pause_s``.
        many: Restarts within ``window_s`` seconds after which the display counts as not drawing and is tried more slowly. It
            counts as drawing again, and the kiosk serves again, only once it has drawn for ``steady_s``.
        slow_pause_s: Between two tries from then on.
        steady_s: Seconds of drawing after which earlier restarts are forgiven: the next pause is the first one again.
        stop_s: Seconds it gets to end by itself when the core ends.
        look_s: Between two looks.
    """

    frozen_s: float = 8.0
    first_frame_s: float = 25.0
    first_pause_s: float = 0.2
    last_pause_s: float = 5.0
    many: int = 5
    window_s: float = 300.0
    slow_pause_s: float = 30.0
    steady_s: float = 30.0
    stop_s: float = 3.0
    look_s: float = 0.25


class DisplayWatch:
    """Keeps a display drawing. The visit does not notice: it lives in the core and is shown again on Hello.

    Args:
        command: What to start, or None when something else (systemd) starts it: then it is only watched.
        environment: The whole environment of the process.
        output: File for what the process writes.
        on_status: Called when the display began or ceased to count as drawing; a reading fit for upkeep's ``report``.
        on_restarted: Called with ``exited``, ``frozen``, ``no_first_frame`` or ``asked`` whenever it is to be started again.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] | None,
        environment: Mapping[str, str],
        output: Path,
        clock: Clock,
        on_status: Callable[[DeviceStatus], None],
        on_restarted: Callable[[str], None],
        pace: DisplayPace | None = None,
    ) -> None:
        self._command = command
        self._environment = dict(environment)
        self._output = output
        self._clock = clock
        self._pace = pace or DisplayPace()
        self._on_status = on_status
        self._on_restarted = on_restarted
        self._frames = 0
        self._drew_at_s: float | None = None
        self._watched_since_s = self._looked_at_s = clock.monotonic_s()
        self._drawing_since_s: float | None = None
        self._restarts: deque[float] = deque()
        self._restart_count = 0
        self._pause_s = self._pace.first_pause_s
        self._is_doubted = False
        self._is_asked = False
        self._condition = Condition.UNKNOWN
        self._read_at = clock.now()

    @property
    def status(self) -> DeviceStatus:
        """The display as if it were a device; UNKNOWN until it has drawn, and while it starts anew."""
        condition = Condition.UNKNOWN if self._drew_at_s is None and self._condition is Condition.READY else self._condition
        evidence = f"{self._frames} frames, {self._restart_count} restarts"
        return DeviceStatus(device=DISPLAY, condition=condition, read_at=self._read_at, evidence=evidence)

    @property
    def restarts(self) -> int:
        """How often the display was started again since the core began."""
        return self._restart_count

    @property
    def keeps_failing(self) -> bool:
        """Whether it was started so often without staying that it is only tried seldom now."""
        return self._is_doubted

    def restart(self) -> bool:
        """Have the display end and start anew; returns False when something else starts it."""
        self._is_asked = self._command is not None
        return self._is_asked

    def drawn(self, drawn: Drawn) -> None:
        """Take note of a proof of life; only a frame that is new is one."""
        if drawn.frames == self._frames and self._drew_at_s is not None:
            return
        self._frames = drawn.frames
        self._drew_at_s = self._clock.monotonic_s()
        self._read_at = self._clock.now()

    async def run(self) -> None:
        """Watch until cancelled; a display started here is ended."""
        if self._command is None:
            await self._only_watch()
            return
        while True:
            reason = await self._live_once(self._command)
            self._restarts.append(self._clock.monotonic_s())
            self._restart_count += 1
            log.warning("display.restarting", reason=reason, restarts=self._restart_count)
            self._on_restarted(reason)
            await self._clock.sleep(self._next_pause_s(reason))

    async def _live_once(self, command: Sequence[str]) -> str:
        self._begin_watching()
        try:
            with _output_file(self._output) as output:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self._environment,
                    start_new_session=True,  # its children end with it
                )
        except OSError as error:
            log.error("display.cannot_start", command=command[0], error=type(error).__name__)  # noqa: TRY400  # says enough
            return "exited"
        log.info("display.started", pid=process.pid)
        ending = asyncio.create_task(process.wait(), name="display-exit")
        try:
            return await self._until_trouble(ending)
        except asyncio.CancelledError:
            _signal(process.pid, signal.SIGTERM)
            await asyncio.wait({ending}, timeout=self._pace.stop_s)
            raise
        finally:
            _signal(process.pid, signal.SIGKILL)  # also reaches one that is stopped, and whatever it has started
            await ending

    async def _until_trouble(self, ending: asyncio.Task[int]) -> str:
        while not ending.done():
            if self._is_asked:
                return "asked"
            if (trouble := self._trouble()) is not None:
                return trouble
            await self._clock.sleep(self._pace.look_s)
        return "exited"

    async def _only_watch(self) -> None:
        self._begin_watching()
        while True:
            if (trouble := self._trouble()) is not None:
                self._say(Condition.FAILED, trouble)
            await self._clock.sleep(self._pace.look_s)

    def _begin_watching(self) -> None:
        self._is_asked = False
        self._frames = 0
        self._drew_at_s = None
        self._drawing_since_s = None
        self._watched_since_s = self._looked_at_s = self._clock.monotonic_s()

    def _trouble(self) -> str | None:
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_at_s > self._pace.frozen_s / 2 and self._drew_at_s is not None:
            self._drew_at_s = now_s  # it was we who stood still: the frames drawn meanwhile are yet to be read
        self._looked_at_s = now_s
        if self._drew_at_s is None:
            return "no_first_frame" if now_s - self._watched_since_s > self._pace.first_frame_s else None
        if now_s - self._drew_at_s > self._pace.frozen_s:
            self._drawing_since_s = None
            return "frozen"
        if self._drawing_since_s is None:
            self._drawing_since_s = now_s
        if now_s - self._drawing_since_s >= self._pace.steady_s:
            self._pause_s = self._pace.first_pause_s
            self._is_doubted = False
        if not self._is_doubted:
            self._say(Condition.READY, "")
        return None

    def _next_pause_s(self, reason: str) -> float:
        now_s = self._clock.monotonic_s()
        while self._restarts and now_s - self._restarts[0] > self._pace.window_s:
            self._restarts.popleft()
        if len(self._restarts) >= self._pace.many:
            self._is_doubted = True
            self._say(Condition.FAILED, f"{reason}, {len(self._restarts)} restarts in {self._pace.window_s:g} s")
            return self._pace.slow_pause_s
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 2, self._pace.last_pause_s)
        return pause_s

    def _say(self, condition: Condition, detail: str) -> None:
        if condition is self._condition:
            return
        self._condition = condition
        symptoms = () if condition is Condition.READY else (Symptom(code="display.not_drawing", detail=detail),)
        self._on_status(DeviceStatus(device=DISPLAY, condition=condition, read_at=self._clock.now(), symptoms=symptoms))


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextlib.contextmanager
def _output_file(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_full = path.exists() and path.stat().st_size > OUTPUT_BYTES
    with path.open("wb" if is_full else "ab") as output:
        yield output
