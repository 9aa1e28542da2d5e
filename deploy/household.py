"""A few processes that live and end together, each with a log of its own."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

END_WITHIN_S = 10.0
"""Seconds a process may take to end by itself after SIGTERM."""
TAIL_LINES = 20
RESTART_S = 1.0
"""Seconds before a process that was killed is started again."""
CANNOT_START = 2
"""Exit code of our programs when somebody has to change something first; starting again would not help."""


@dataclass(slots=True, kw_only=True)
class Household:
    """The processes of the demonstration, in the order they were started."""

    state: Path
    members: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    keeping: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self, name: str, *command: str, **environment: str) -> None:
        """Start one process with its output in ``log/NAME.log``, in a process group of its own."""
        log = self._log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.members[name] = await asyncio.create_subprocess_exec(
                *command, stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL,
                env=os.environ | environment, start_new_session=True,
            )  # fmt: skip

    async def keep(self, name: str, *command: str, **environment: str) -> None:
        """Start one process, and again whenever it dies, as systemd does with the core of a kiosk."""
        await self.start(name, *command, **environment)

        async def again() -> None:
            while await self.members[name].wait() != CANNOT_START:
                await asyncio.sleep(RESTART_S)
                await self.start(name, *command, **environment)

        self.keeping[name] = asyncio.create_task(again(), name=name)

    async def first_to_end(self) -> str:
        """Wait until a process ends by itself and is not started again; return its name."""
        waiting: set[asyncio.Task[None] | asyncio.Task[int]] = {
            asyncio.create_task(member.wait(), name=name) for name, member in self.members.items() if name not in self.keeping
        }
        waiting |= {asyncio.create_task(_outlive(task), name=name) for name, task in self.keeping.items()}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().get_name()
        finally:
            for task in waiting:
                task.cancel()

    def tail(self, name: str) -> str:
        """Return the last lines a process wrote."""
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-TAIL_LINES:])

    async def end(self) -> None:
        """End every process, last started first; what does not end in time is killed with its whole group."""
        for task in self.keeping.values():
            task.cancel()
        for member in reversed(self.members.values()):
            if member.returncode is None:
                member.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(member.wait(), END_WITHIN_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(member.pid, signal.SIGKILL)
            await member.wait()

    def _log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"


async def _outlive(task: "asyncio.Task[None]") -> None:
    await asyncio.wait({task})
