"""The platform's side of an application: one effect a key, however often and however many at once ask for it."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.gateway.sandbox.documents import BEIJING, SERVICES, Circumstances, Declined
from kiosk.gateway.sandbox.registry import Known, Registry

NOT_REGISTERED = "没有查到您的参保登记。请带身份证到村委会或乡镇便民服务中心登记，当天就能办好。"
CLOSED = "社保系统今天正在结账，暂时办不了。请明天上午再来，不用重新准备材料。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An application as it came in."""

    key: str
    service: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    face: str = "not_asked"
    papers: str = ""
    payment: str = ""

    @property
    def content(self) -> str:
        """What tells two applications apart, without holding the person."""
        parts = (self.service, self.name, self.id_number, self.face, self.papers, self.payment)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class KeyUsedElsewhereError(Exception):
    """The key already names another application."""


class PlatformSide:
    """Settles applications."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._settling: dict[str, asyncio.Event] = {}

    async def settle(self, asked: Asked, *, now: datetime, working_s: float, refuses: bool) -> str:
        """Settle an application, or wait for whoever is at it; returns its one answer as JSON.

        Args:
            asked: The application.
            now: For the document's date.
            working_s: Seconds the work takes, after the key has been noted.
            refuses: Say no to whatever is new.

        Raises:
            KeyUsedElsewhereError: The key names an application with another content.
        """
        known = self._registry.begin(asked.key, service=asked.service, content=asked.content)
        if known is None:
            return await self._work(asked, now=now, working_s=working_s, refuses=refuses)
        if known.content != asked.content:
            raise KeyUsedElsewhereError(asked.key)
        while known is not None and known.reply is None:
            if settling := self._settling.get(asked.key):
                await settling.wait()
            known = self._registry.application(asked.key)
        if known is None or known.reply is None:
            # Whoever was at it could not finish and took the key back.
            return await self.settle(asked, now=now, working_s=working_s, refuses=refuses)
        return known.reply

    def known(self, key: str) -> Known | None:
        """What is known of a key."""
        return self._registry.application(key)

    async def _work(self, asked: Asked, *, now: datetime, working_s: float, refuses: bool) -> str:
        self._settling[asked.key] = asyncio.Event()
        try:
            await asyncio.sleep(working_s)
            return self._decide(asked, now=now, refuses=refuses)
        finally:
            self._registry.forget(asked.key)
            self._settling.pop(asked.key).set()

    def _decide(self, asked: Asked, *, now: datetime, refuses: bool) -> str:
        citizen = self._registry.citizen(asked.id_number)
        if refuses:
            return self._registry.refuse(asked.key, CLOSED)
        # A name that does not belong to the number is answered as an unknown number is, so that nobody can try names.
        if citizen is None or citizen.name != asked.name:
            return self._registry.refuse(asked.key, NOT_REGISTERED)
        around = Circumstances(
            today=now.astimezone(BEIJING).date(),
            face=asked.face,
            has_papers=bool(asked.papers) and self._registry.papers(asked.key) == asked.papers,
            paid_fen=self._registry.paid_fen(asked.payment, service=asked.service) if asked.payment else 0,
        )
        match SERVICES[asked.service](citizen, around):
            case Declined(reason=reason):
                return self._registry.refuse(asked.key, reason)
            case issued:
                return self._registry.accept(asked.key, issued, now=now)
