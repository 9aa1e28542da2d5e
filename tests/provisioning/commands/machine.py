"""A kiosk as commands see it, made up: whether somebody is there, what it was told to do, what it said."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from provisioning.agent.executors import FailedError, ImpossibleError
from provisioning.agent.machine import Plain


class MadeUpMachine:
    """Implements ``Machine``."""

    def __init__(self) -> None:
        self._rest = asyncio.Event()
        self._rest.set()
        self.said: list[dict[str, Plain]] = []

    @property
    def is_at_rest(self) -> bool:
        return self._rest.is_set()

    async def rested(self) -> None:
        await self._rest.wait()

    def restart(self, why: str) -> None:
        raise AssertionError(why)

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        assert name == "command.reported"
        self.said.append(dict(fields))

    def somebody_comes(self) -> None:
        self._rest.clear()

    def everybody_goes(self) -> None:
        self._rest.set()

    def outcomes(self, of: str = "") -> list[object]:
        return [each["outcome"] for each in self.said if each["id"] == of or not of]


class MadeUpExecutors:
    """Implements ``Executors``: writes down what it was told to do, and whether somebody was there."""

    def __init__(self, machine: MadeUpMachine) -> None:
        self._machine = machine
        self.done: list[str] = []
        self.in_front_of_somebody: list[str] = []
        self.held: asyncio.Event | None = None

    async def _do(self, what: str) -> str:
        self.done.append(what)
        if not self._machine.is_at_rest:
            self.in_front_of_somebody.append(what)
        if self.held is not None:
            await self.held.wait()
        return f"{what} done"

    async def self_test(self) -> str:
        return await self._do("self-test")

    async def restart_core(self) -> str:
        return await self._do("restart-core")

    async def restart_machine(self) -> str:
        return await self._do("restart-machine")

    async def restart_display(self) -> str:
        return await self._do("restart-display")

    async def reopen_device(self, device: str) -> str:
        if device == "nothing-like-this":
            raise ImpossibleError("there is no device nothing-like-this")
        return await self._do(f"reopen {device}")

    async def power_cycle_device(self, device: str) -> str:
        raise FailedError(f"{device}: still silent afterwards")

    async def purge_print_queue(self) -> str:
        return await self._do("purge")

    async def send_logs(self, id: str, most_bytes: int) -> str:  # noqa: A002
        return await self._do(f"logs {id} {most_bytes}")

    async def show_notice(self, text: str, until: datetime) -> str:
        return await self._do(f"notice {text} {until:%H:%M}")

    async def enter_maintenance(self, until: datetime, why: str) -> str:
        return await self._do(f"maintenance {why} {until:%H:%M}")

    async def leave_maintenance(self) -> str:
        return await self._do("leave")

    async def rotate_key(self) -> str:
        return await self._do("rotate")
