"""This kiosk as provisioning sees it: is anybody there, and may it start anew."""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from typing_extensions import override

from kiosk.visit.model import AtRest, Visit
from provisioning.agent.machine import Machine, Plain

log = structlog.get_logger(__name__)


class KioskMachine(Machine):
    """Answers for the core. Belongs to its loop; the core tells it of every change of the visit."""

    def __init__(
        self,
        *,
        visit: Callable[[], Visit],
        report: Callable[[str, Mapping[str, Plain]], None],
        end: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            visit: The visit as it is now.
            report: Tells the fleet of an event, through the outbox.
            end: Ends the core in order; called at most once, while nobody is there.
        """
        self._visit = visit
        self._report = report
        self._end = end
        self._rest = asyncio.Event()
        self._wants_end_for = ""

    @property
    @override
    def is_at_rest(self) -> bool:
        return isinstance(self._visit().stage, AtRest)

    @override
    async def rested(self) -> None:
        while not self.is_at_rest:
            self._rest.clear()
            await self._rest.wait()

    @override
    def restart(self, why: str) -> None:
        if self._wants_end_for:
            return
        self._wants_end_for = why
        log.info("restart wanted", why=why, at_rest=self.is_at_rest)
        self.visit_changed()

    @override
    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        self._report(name, fields)

    def visit_changed(self) -> None:
        """Look whether somebody came or went; whoever waited for rest goes on, and an end that was wanted comes."""
        if not self.is_at_rest:
            return
        self._rest.set()
        if self._wants_end_for:
            log.info("restarting", why=self._wants_end_for)
            self._end()
