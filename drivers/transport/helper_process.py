"""A helper process of ours, asked over its pipes: every question and every answer is a length and so many bytes.

For a library that may crash, hang or scribble: what happens to the helper is an error here, and never an outage.
"""

import asyncio
import contextlib
import subprocess

LENGTH_BYTES = 4
"""Big-endian, before every question and every answer."""


class HelperFailedError(Exception):
    """The helper did not answer, and is gone. Says what happened, never what it was asked."""


class HelperProcess:
    """Starts one program and asks it one thing at a time. A helper that fails is killed; the next ``start`` makes a new one.

    The helper gets no environment, and what it writes to its standard error is dropped: a stranger's library may write
    anything there. Deadlines are in real seconds.
    """

    def __init__(self, *command: str, longest_answer: int) -> None:
        """Describe it: program and arguments, and the most bytes that an answer may have."""
        self._command = command
        self._longest_answer = longest_answer
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not failed since."""
        return self._process is not None and self._process.returncode is None

    async def start(self, *, deadline_s: float) -> bytes:
        """Start it anew and return its first answer, which it gives without being asked."""
        await self.stop()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
            )
        except OSError as error:
            raise HelperFailedError(f"did not start: {error.strerror or error}") from error
        return await self._exchange(None, deadline_s)

    async def ask(self, question: bytes, *, deadline_s: float) -> bytes:
        """Ask, and return the answer.

        Raises:
            HelperFailedError: It ended, did not answer in time, or answered nonsense.
        """
        return await self._exchange(question, deadline_s)

    async def stop(self) -> None:
        """Kill it, if it runs. Twice is fine; never raises."""
        process, self._process = self._process, None
        if process is not None:
            await _killed(process)

    async def _exchange(self, question: bytes | None, deadline_s: float) -> bytes:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise HelperFailedError("is not running")
        is_answered = False
        try:
            async with asyncio.timeout(deadline_s):
                if question is not None:
                    process.stdin.write(len(question).to_bytes(LENGTH_BYTES, "big") + question)
                    await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
                if length > self._longest_answer:
                    raise HelperFailedError(f"answered nonsense: {length} bytes announced, {self._longest_answer} possible")
                answer = await process.stdout.readexactly(length)
                is_answered = True
                return answer
        except TimeoutError:
            raise HelperFailedError(f"did not answer within {deadline_s:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise HelperFailedError(await _end_of(process)) from None
        finally:
            if not is_answered:
                self._process = None
                await _killed(process)


async def _end_of(process: asyncio.subprocess.Process) -> str:
    """Say how a process that closed its pipes ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await process.wait()
    code = process.returncode
    if code is None:
        return "closed its pipes"
    return f"was ended by signal {-code}" if code < 0 else f"ended by itself with code {code}"


async def _killed(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    gone = asyncio.ensure_future(process.wait())
    try:
        await asyncio.shield(gone)
    except asyncio.CancelledError:
        await gone  # killed already: milliseconds, after which nothing of it is left behind
        raise
