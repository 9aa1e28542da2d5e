"""Taking the power from a USB socket and giving it back, where the hub can: the program ``uhubctl``."""

import asyncio
import contextlib
from typing import Protocol

from typing_extensions import override

from drivers.transport.usb_topology import UsbSocket

OFF_S = 2
"""Seconds without power: capacitors of a printer's interface are empty after one."""

DEADLINE_S = 15.0
"""Seconds the program may take: it waits ``OFF_S`` and asks every hub."""

CANNOT = ("No compatible devices detected", "permission problems")
"""How it says that no hub at that place can switch its sockets one by one, or that we may not."""


class NotSwitchableError(Exception):
    """This socket cannot be switched; the message says why. Trying again will not help."""


class SwitchingFailedError(Exception):
    """The hub can, and it did not work this time."""


class PortPower(Protocol):
    """Switches USB sockets."""

    async def cycle(self, socket: UsbSocket) -> None:
        """Take the power from a socket, wait, and give it back.

        Raises:
            NotSwitchableError: The hub cannot do that for this socket.
            SwitchingFailedError: It was tried in vain.
        """


class Uhubctl(PortPower):
    """Through uhubctl, which knows hubs with power switching per socket. One call at a time: hubs are shared.

    Args:
        executable: Its path, or its name on the PATH.
    """

    def __init__(self, executable: str = "uhubctl") -> None:
        self._executable = executable
        self._lock = asyncio.Lock()  # guards the hubs: two runs at once see each other's half-switched sockets

    @override
    async def cycle(self, socket: UsbSocket) -> None:
        where = ("-l", socket.hub, "-p", str(socket.number), "-N")
        async with self._lock:
            try:
                said = await self._run(*where, "-a", "cycle", "-d", str(OFF_S))
            except (SwitchingFailedError, asyncio.CancelledError):
                with contextlib.suppress(SwitchingFailedError, NotSwitchableError):
                    await self._run(*where, "-a", "on")  # broken off in the middle, the socket would stay dark
                raise
        if f"Port {socket.number}:" not in said:
            raise SwitchingFailedError(f"USB socket {socket.path}: uhubctl says nothing of it")
        if "Sent power on request" not in said:
            raise SwitchingFailedError(f"USB socket {socket.path}: uhubctl did not give the power back")

    async def _run(self, *arguments: str) -> str:
        try:
            process = await asyncio.create_subprocess_exec(
                self._executable,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            raise NotSwitchableError(f"{self._executable} cannot be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(DEADLINE_S):
                output, _ = await process.communicate()
        except TimeoutError:
            raise SwitchingFailedError(f"{self._executable} did not end within {DEADLINE_S:g} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        said = output.decode(errors="replace")
        if any(words in said for words in CANNOT):
            raise NotSwitchableError(said.strip().partition("\n")[0])
        if process.returncode:
            raise SwitchingFailedError(f"{self._executable} ended with {process.returncode}: {said.strip()[-80:]}")
        return said
