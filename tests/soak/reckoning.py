"""The reckoning: what was begun, what came of it, what came out, what is still held, and whom any of it names."""

import asyncio
import gc
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.faults.traces import _needles
from tests.soak.fleet import Fleet, papers_in
from tests.whole.kiosk import WholeKiosk

MORE_MEMORY = 0.05
MORE_DESCRIPTORS = 4
"""Connections to the platform are kept open for the next request, or not: one each way, and the loop's other end of both."""
MORE_THREADS = 1
SLACK_BYTES = 6_000_000
"""Of a short run: what the allocator keeps is not a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the process holds at rest."""

    memory: int
    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        process = psutil.Process()
        return cls(memory=process.memory_info().rss, descriptors=process.num_fds(), threads=process.num_threads())


def judge_held(first: Held, last: Held, *, is_short: bool) -> list[str]:
    """What has grown between two looks."""
    slack = SLACK_BYTES if is_short else 0
    problems = []
    if last.memory > first.memory * (1 + MORE_MEMORY) + slack:
        problems.append(f"memory grew from {first.memory / 1e6:.1f} to {last.memory / 1e6:.1f} MB")
    if last.descriptors > first.descriptors + MORE_DESCRIPTORS:
        problems.append(f"descriptors grew from {first.descriptors} to {last.descriptors}")
    if last.threads > first.threads + MORE_THREADS:
        problems.append(f"threads grew from {first.threads} to {last.threads}")
    return problems


@dataclass
class Traces:
    """Looks for the sample persons in what was logged, told and kept; forgets what it has looked through."""

    logged: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)

    def log(self, _logger: object, method: str, event: Any) -> str:
        """A processor of structlog."""
        said = repr(event)
        self.logged.append(said)
        if method in ("error", "exception", "critical"):
            self.defects.append(said[:4000])
        return ""

    def look(self, kiosk: WholeKiosk, fleet: Fleet) -> None:
        """Look through what came since the last look, and the state folder."""
        kept = "\n".join(self.logged).encode() + bytes(fleet.everything) + kiosk.everything_kept()
        for words, needles in _needles():
            if any(needle in kept for needle in needles):
                self.found[words] += 1
        self.logged.clear()
        fleet.everything.clear()
        kiosk.ear.everything.clear()
        kiosk.ear.heard.clear()
        kiosk.ear.bodies.clear()
        kiosk.glass.shown.clear()


async def judge_accounts(kiosk: WholeKiosk, fleet: Fleet, *, papers: Path, begun: int) -> tuple[list[str], str]:
    """Whether every visit, act and paper is accounted for; returns what is not, and the figures in words."""
    problems: list[str] = []

    def check(is_so: bool, otherwise: str) -> None:
        if not is_so:
            problems.append(otherwise)

    visits = kiosk.rows("SELECT id, outcome FROM visit")
    intents = kiosk.rows("SELECT kind, key, reprint, outcome FROM intent")
    check(len(visits) <= begun, f"{len(visits)} visits in the ledger, {begun} people came")
    check(all(outcome for _, outcome in visits), "a visit has no outcome")
    check(all(row[3] for row in intents), "an intent has no outcome")
    told = fleet.events["visit.ended"]
    check(fleet.events["visit.started"] == told == len(visits), f"{fleet.events['visit.started']} visits begun as told, {told} ended, {len(visits)} in the ledger")
    in_ledger = Counter(outcome for _, outcome in visits)
    check(in_ledger == fleet.outcomes, f"outcomes in the ledger {in_ledger}, as told {fleet.outcomes}")
    effects: dict[str, int] = (await kiosk.platform.get("/sandbox/effects")).json()
    payments: dict[str, int] = (await kiosk.platform.get("/sandbox/payments")).json()
    check(all(times == 1 for times in effects.values()), "an application was taken twice")
    for kind, there in (("submit", effects), ("pay", payments)):
        said: dict[str, set[str]] = {}
        for row_kind, key, _, outcome in intents:
            if row_kind == kind:
                said.setdefault(key, set()).add(outcome)
        done = {key for key, outcomes in said.items() if "done" in outcomes}
        never = {key for key, outcomes in said.items() if outcomes == {"not_started"}}
        check(done <= set(there), f"{len(done - set(there))} of {kind} are done in the ledger alone")
        check(not never & set(there), f"{len(never & set(there))} of {kind} were done, the ledger says not_started")
        check(set(there) <= set(said), f"{len(set(there) - set(said))} of {kind} are not in the ledger")
    prints = Counter(outcome for kind, _, _, outcome in intents if kind == "print")
    whole = [_names(text) for text in papers_in(papers) if "咨询电话" in text and "编号" in text]
    jobs = Counter(sheet.job for sheet in kiosk.bench.sheets.kept)
    out = len(whole) + len(jobs)
    may_be = prints["done"] + prints["unknown"] + prints["partial"]
    check(prints["done"] <= out <= may_be, f"{out} papers came out, {prints['done']} prints are done, {may_be} may be")
    twice = [name for name, times in Counter(whole).items() if times > 1]
    check(not twice, f"{len(twice)} papers came out twice under the same 补打")
    figures = (
        f"{len(visits)} visits: {_words(in_ledger)}; {len(effects)} applications, {len(payments)} payments; "
        f"prints: {_words(prints)}; {len(whole)} whole receipts, {len(jobs)} A4 jobs"
    )
    return problems, figures


async def within(seconds: float, look: Callable[[], bool]) -> bool:
    """Whether something came true in time."""
    until_s = asyncio.get_running_loop().time() + seconds
    while not look():
        if asyncio.get_running_loop().time() > until_s:
            return False
        await asyncio.sleep(0.2)
    return True


def _names(text: str) -> tuple[str, str]:
    """Document number and 补打 of a receipt."""
    number = re.search(r"编号\s*(\S+)", text)
    again = re.search(r"补打\s*(\d+)", text)
    return (number.group(1) if number else "", again.group(1) if again else "0")


def _words(counted: Iterable[Any] | Counter[Any]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(Counter(counted).items())) or "none"


def short_folder_is_needed(folder: Path) -> bool:
    """Whether a socket in it would have too long a path."""
    return len(os.fspath(folder)) > 70
