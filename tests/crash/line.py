"""The line from the core that dies to the world that stays: what is asked, what is answered, what is told to be safe."""

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from drivers.contract.code_scanner import ScannedCode
from drivers.contract.document_printer import PagesReport
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Pair, PrintReport, Receipt
from kiosk.gateway.platform import (
    Accepted,
    Answer,
    Application,
    Document,
    DocumentRow,
    NotDone,
    OutcomeUnknown,
    Paid,
    PaymentAnswer,
    Refused,
)
from kiosk.journal import IntentKind, IntentOutcome, Journal
from telemetry.agent.outbox import Draft, Outbox, Standing
from telemetry.agent.reporter import Reporter
from tests.crash.world import told
from tests.kiosk.visit.simulated import SimulatedPages, SimulatedPlatform, SimulatedPrinter

LONGEST = 1 << 18
PAGES = 3
PDF = b"%PDF-1.7 synthetic "


class Line:
    """One datagram a message. What is said has left this process when ``say`` returns, whatever happens to it then."""

    def __init__(self, end: socket.socket, *, mark: Callable[[bytes], None] = lambda _text: None) -> None:
        self._end = end
        self._mark = mark
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.on_fleet: Callable[[dict[str, Any]], None] = lambda _answer: None

    def listen(self) -> None:
        """Take answers from now on, on the running loop."""
        asyncio.get_running_loop().add_reader(self._end.fileno(), self._hear)

    def say(self, **message: Any) -> None:
        """Say something that wants no answer. From any thread."""
        said = json.dumps(message, default=str).encode()
        self._mark(said)
        self._end.send(said)

    async def ask(self, **message: Any) -> str:
        """Ask, and wait for as long as it takes."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self.say(number=number, **message)
        return str((await answer)["answer"])

    def publish(self, topic: str, body: bytes) -> None:
        """Tell the fleet."""
        self.say(do="publish", number=-next(self._numbers), topic=topic, body=body.decode())

    def _hear(self) -> None:
        try:
            heard = json.loads(self._end.recv(LONGEST, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return
        if heard["number"] < 0:
            self.on_fleet(heard)
        else:
            self._answers.pop(heard["number"]).set_result(heard)


class NotingJournal(Journal):
    """Tells what it has promised."""

    line: Line

    @override
    async def begin_visit(self, service: str) -> int:
        visit = await super().begin_visit(service)
        self.line.say(did="begin_visit", visit=visit)
        return visit

    @override
    async def end_visit(self, visit: int, outcome: str) -> None:
        await super().end_visit(visit, outcome)
        self.line.say(did="end_visit", visit=visit)

    @override
    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        row = await super().intend(visit, kind, key=key, reprint=reprint)
        self.line.say(did="intend", row=row, visit=visit, kind=kind.value, key=key, reprint=reprint)
        return row

    @override
    async def mark_sent(self, intent: int) -> None:
        await super().mark_sent(intent)
        self.line.say(did="mark_sent", row=intent)

    @override
    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        await super().settle(intent, outcome, evidence=evidence)
        self.line.say(did="settle", row=intent, outcome=outcome.value)


class NotingOutbox(Outbox):
    """Tells what it has promised."""

    line: Line

    @override
    def put(self, drafts: Any) -> Standing:
        drafts = tuple(drafts)
        standing = super().put(drafts)
        first = standing.head - len(drafts) + 1
        self.line.say(did="put", kept={str(first + index): told(_numbered(draft)) for index, draft in enumerate(drafts)})
        return standing

    @override
    def next_life(self) -> int:
        life = super().next_life()
        self.line.say(did="life", life=life)
        return life


class NotingReporter(Reporter):
    """Its outbox tells what it has promised."""

    line: Line

    @override
    def _open(self) -> Outbox:
        outbox = NotingOutbox(self._path, now=self._clock.now())
        outbox.line = self.line
        return outbox


class FarPlatform(SimulatedPlatform):
    """The platform at the other end of the line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    @override
    async def submit(self, application: Application) -> Answer:
        return _answer(await self._line.ask(do="submit", key=application.key), application.key)

    @override
    async def find(self, key: str) -> Answer:
        return _answer(await self._line.ask(do="find", kind="submit", key=key), key)

    @override
    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        return _payment(await self._line.ask(do="pay", key=key))

    @override
    async def find_payment(self, key: str) -> PaymentAnswer:
        return _payment(await self._line.ask(do="find", kind="pay", key=key))


class FarPrinter(SimulatedPrinter):
    """The receipt printer at the other end of the line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    @override
    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        key = next(block.value for block in receipt.blocks if isinstance(block, Pair) and block.label == "编号")
        progress(0.3)
        outcome = PrintOutcome(await self._line.ask(do="print", key=key, reprint=receipt.reprint))
        return PrintReport(outcome=outcome, sent_bytes=10, total_bytes=10, printed_mm=100, evidence="DLE EOT 1=12")


class FarPages(SimulatedPages):
    """The A4 printer at the other end of the line. Told by the ledger's row which reprint this is: A4 does not say."""

    def __init__(self, line: Line, journal: "RememberingJournal") -> None:
        super().__init__()
        self._line = line
        self._journal = journal

    @override
    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        total = PAGES + 1 - first_page
        progress(0, total)
        answer = await self._line.ask(do="print", key=pdf.removeprefix(PDF).decode(), reprint=self._journal.last_reprint)
        done = {"done": total, "partial": 1, "not_started": 0}.get(answer)
        return PagesReport(outcome=PrintOutcome(answer), pages_done=done, pages_total=total, evidence="job-state=completed")


class RememberingJournal(NotingJournal):
    """Knows the last print's number of reprints."""

    last_reprint = 0

    @override
    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        self.last_reprint = reprint
        return await super().intend(visit, kind, key=key, reprint=reprint)


class PurseHeld:
    """A scanner before which a purse is held already."""

    async def read_code(self, *, deadline_s: float) -> ScannedCode:  # noqa: ARG002  it is there already
        return ScannedCode(content="134500000000000000")


def _numbered(draft: Draft) -> bytes:
    return draft.body


def _answer(word: str, key: str) -> Answer:
    match word:
        case "accepted":
            return Accepted(document=_document(key))
        case "refused":
            return Refused(reason="不符合条件")
        case "not_done":
            return NotDone(why="it never came")
        case _:
            return OutcomeUnknown(why="no answer")


def _payment(word: str) -> PaymentAnswer:
    match word:
        case "accepted":
            return Paid(receipt="ZF1")
        case "refused":
            return Refused(reason="余额不足")
        case "not_done":
            return NotDone(why="it never came")
        case _:
            return OutcomeUnknown(why="no answer")


def _document(key: str) -> Document:
    return Document(
        number=key,
        title="社保参保证明",
        rows=(DocumentRow(label="险种", value="城乡居民基本养老保险"),),
        issuer="虚构的机构",
        issued_at=datetime(2026, 11, 22, 2, 25, tzinfo=UTC),
        verify_url="http://127.0.0.1/v/abc",
        sheets=PDF + key.encode(),
        pages=PAGES,
    )
