"""A core that kills itself at one step of an act: ``python -m tests.kiosk.visit.killed_core FOLDER ACT STEP``."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from typing_extensions import override

from drivers.contract.code_scanner import ScannedCode
from drivers.contract.document_printer import PagesReport
from drivers.contract.id_card_reader import IdCard
from drivers.contract.receipt_printer import PrintReport, Receipt
from kiosk.clock import SystemClock
from kiosk.gateway.platform import Accepted, Answer, Application, PaymentAnswer
from kiosk.journal import IntentKind, IntentOutcome, Journal
from kiosk.visit.devices import Devices
from kiosk.visit.event import Proceeded, ServiceChosen, Started
from kiosk.visit.model import Confirming, Visit
from kiosk.visit.runner import VisitRunner
from tests.kiosk.visit.simulated import SimulatedPages, SimulatedPlatform, SimulatedPrinter
from tests.kiosk.visit.world import CERTIFICATE, PAYMENT, PLACE, PROOF, a_card, cannot, sealed

ACTS = {"submit": PROOF, "print": PROOF, "a4": CERTIFICATE, "pay": PAYMENT}
"""What the core is killed over, and the matter in which it happens."""

STEPS = ("before_intent", "intended", "sent", "acting", "acted", "settled")
KINDS = {"submit": IntentKind.SUBMIT, "print": IntentKind.PRINT, "a4": IntentKind.PRINT, "pay": IntentKind.PAY}
PURSE = "134500000000000000"


class _Death:
    """Comes at one step of one kind of act."""

    def __init__(self, act: str, step: str) -> None:
        self._kind, self._step = KINDS[act], step

    def at(self, here: str, kind: IntentKind) -> None:
        if (here, kind) == (self._step, self._kind):
            os.kill(os.getpid(), signal.SIGKILL)


class _KillingJournal(Journal):
    death: _Death
    kind = IntentKind.PRINT

    @override
    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        self.kind = kind
        self.death.at("before_intent", kind)
        row = await super().intend(visit, kind, key=key, reprint=reprint)
        self.death.at("intended", kind)
        return row

    @override
    async def mark_sent(self, intent: int) -> None:
        await super().mark_sent(intent)
        self.death.at("sent", self.kind)

    @override
    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        kind = {"accepted": IntentKind.SUBMIT, "paid": IntentKind.PAY}.get(evidence, IntentKind.PRINT)
        self.death.at("acted", kind)
        await super().settle(intent, outcome, evidence=evidence)
        self.death.at("settled", kind)


class _KillingPrinter(SimulatedPrinter):
    death: _Death

    @override
    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        self.death.at("acting", IntentKind.PRINT)
        return await super().print_receipt(receipt, deadline_s=deadline_s, progress=progress)


class _KillingPages(SimulatedPages):
    death: _Death

    @override
    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        self.death.at("acting", IntentKind.PRINT)
        return await super().print_pages(pdf, first_page=first_page, deadline_s=deadline_s, progress=progress)


class _KillingPlatform(SimulatedPlatform):
    death: _Death

    @override
    async def submit(self, application: Application) -> Answer:
        self.death.at("acting", IntentKind.SUBMIT)
        await super().submit(application)
        return Accepted(document=sealed())

    @override
    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        self.death.at("acting", IntentKind.PAY)
        return await super().pay(key, service=service, amount_fen=amount_fen, code=code)


class _PhoneLies:
    """A scanner before which a purse is held already."""

    async def read_code(self, *, deadline_s: float) -> ScannedCode:  # noqa: ARG002  it is there already
        return ScannedCode(content=PURSE)


class CardLies:
    """A reader on which a card lies already."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:  # noqa: ARG002  it is there already
        found()
        return a_card(valid_to=date(2099, 1, 1))

    async def has_card(self) -> bool | None:
        return None  # it cannot tell: nobody is held up


async def _serve(folder: Path, act: str, step: str) -> None:
    clock = SystemClock()
    journal = _KillingJournal(folder / "journal.db", clock=clock)
    printer, pages, platform = _KillingPrinter(), _KillingPages(), _KillingPlatform()
    journal.death = printer.death = pages.death = platform.death = _Death(act, step)
    await journal.open()

    def changed(visit: Visit) -> None:
        if isinstance(visit.stage, Confirming):
            runner.handle(Proceeded())

    runner = VisitRunner(
        devices=Devices(id_card_reader=CardLies(), code_scanner=_PhoneLies(), receipt_printer=printer, document_printer=pages),
        platform=platform,
        journal=journal,
        clock=clock,
        place=PLACE,
        changed=changed,
        report=lambda _name, _facts: None,
    )
    for event in (cannot(), Started(), ServiceChosen(service=ACTS[act].id), Proceeded()):
        runner.handle(event)
    await runner.run()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
