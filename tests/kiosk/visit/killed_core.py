"""A core that kills itself at one step of a submission or a print: ``python -m tests.kiosk.visit.killed_core FOLDER STEP``."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from typing_extensions import override

from drivers.contract.id_card_reader import IdCard
from drivers.contract.receipt_printer import PrintReport, Receipt
from kiosk.clock import SystemClock
from kiosk.gateway.platform import Answer, Application
from kiosk.journal import IntentKind, IntentOutcome, Journal
from kiosk.visit.devices import Devices
from kiosk.visit.event import Proceeded, ServiceChosen, Started
from kiosk.visit.model import Confirming, Visit
from kiosk.visit.runner import VisitRunner
from tests.kiosk.visit.simulated import SimulatedPlatform, SimulatedPrinter
from tests.kiosk.visit.world import PLACE, PROOF, a_card, all_well

HANDING_IN = "handing_in"
STEPS = ("before_intent", "intended", "sent", "printing", "printed", "settled")


class _KillingJournal(Journal):
    step = ""
    is_print = False

    @override
    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        self.is_print = kind is IntentKind.PRINT
        if self.is_print:
            _die_at("before_intent", self.step)
        row = await super().intend(visit, kind, key=key, reprint=reprint)
        if self.is_print:
            _die_at("intended", self.step)
        return row

    @override
    async def mark_sent(self, intent: int) -> None:
        await super().mark_sent(intent)
        if self.is_print:
            _die_at("sent", self.step)

    @override
    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        if evidence != "accepted":
            _die_at("printed", self.step)
        await super().settle(intent, outcome, evidence=evidence)
        if evidence != "accepted":
            _die_at("settled", self.step)


class _KillingPrinter(SimulatedPrinter):
    step = ""

    @override
    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        _die_at("printing", self.step)
        return await super().print_receipt(receipt, deadline_s=deadline_s, progress=progress)


class _KillingPlatform(SimulatedPlatform):
    step = ""

    @override
    async def submit(self, application: Application) -> Answer:
        _die_at(HANDING_IN, self.step)
        return await super().submit(application)


class CardLies:
    """A reader on which a card lies already."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:  # noqa: ARG002  it is there already
        found()
        return a_card(valid_to=date(2099, 1, 1))

    async def has_card(self) -> bool | None:
        return None  # it cannot tell: nobody is held up


def _die_at(here: str, step: str) -> None:
    if here == step:
        os.kill(os.getpid(), signal.SIGKILL)


async def _serve(folder: Path, step: str) -> None:
    clock = SystemClock()
    journal = _KillingJournal(folder / "journal.db", clock=clock)
    printer, platform = _KillingPrinter(), _KillingPlatform()
    journal.step = printer.step = platform.step = step
    await journal.open()

    def changed(visit: Visit) -> None:
        if isinstance(visit.stage, Confirming):
            runner.handle(Proceeded())

    runner = VisitRunner(
        devices=Devices(id_card_reader=CardLies(), receipt_printer=printer),
        platform=platform,
        journal=journal,
        clock=clock,
        place=PLACE,
        changed=changed,
        report=lambda _name, _facts: None,
    )
    for event in (all_well(), Started(), ServiceChosen(service=PROOF.id), Proceeded()):
        runner.handle(event)
    await runner.run()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
