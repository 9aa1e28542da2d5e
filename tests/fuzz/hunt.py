"""The hunt: inputs by the thousand, and a note of each that something documented did not become of."""

import signal
import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.mutation import Spoiler
from tests.fuzz.target import Target

SLOW_S = 1.0
"""Seconds of computing that one input may take."""

HUNG_S = 10.0
"""Seconds of computing after which it is taken for one that never ends."""

WEIGHED_EVERY = 50
"""One input in so many has its memory measured: that costs several times its own time."""

SHOWN_BYTES = 2000


class HungError(BaseException):
    """It did not end. No Exception, so that nobody takes it for something to be handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One input, and what became of it."""

    target: str
    what: str
    payload: bytes
    where: str = ""

    def line(self) -> str:
        """For the report: the input in hex, cut where it is long."""
        shown = self.payload[:SHOWN_BYTES].hex()
        more = "" if len(self.payload) <= SHOWN_BYTES else f"... ({len(self.payload)} bytes)"
        return f"FINDING {self.target}: {self.what}\n  input {shown}{more}\n{self.where}".rstrip()


@dataclass(slots=True, kw_only=True)
class Bag:
    """What a hunt brought home."""

    inputs: dict[str, int] = field(default_factory=dict)
    slowest_s: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def fed(self) -> int:
        """Inputs in all."""
        return sum(self.inputs.values())


def hunt(targets: Sequence[Target], *, seed: int, goes_on: Callable[[int], bool]) -> Bag:
    """Feed the targets in turn while ``goes_on``, which is asked with the number of inputs so far."""
    bag = Bag()
    spoilers = {target.name: Spoiler(Random(f"{seed} {target.name}")) for target in targets}
    turns = [target for target in targets for _ in range(target.weight)]
    seen: set[tuple[str, str]] = set()
    with _watched():
        while goes_on(bag.fed):
            for target in turns:
                count = bag.inputs[target.name] = bag.inputs.get(target.name, 0) + 1
                payload = spoilers[target.name].next(target.corpus)
                is_weighed = count % WEIGHED_EVERY == 1
                finding, took_s = feed(target, payload, is_weighed=is_weighed)
                if not is_weighed:
                    bag.slowest_s[target.name] = max(took_s, bag.slowest_s.get(target.name, 0.0))
                if finding is not None and (key := (target.name, finding.what + finding.where)) not in seen:
                    seen.add(key)
                    bag.findings.append(finding)
    return bag


def feed(target: Target, payload: bytes, *, is_weighed: bool = False) -> tuple[Finding | None, float]:
    """Feed one input; returns what is wrong with what became of it, and the seconds of computing it took."""
    if is_weighed:
        tracemalloc.start()
    began_s = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, HUNG_S)
    try:
        target.feed(payload)
    except (Exception, HungError) as error:  # noqa: BLE001  whatever leaves a target is what is looked for
        return Finding(target=target.name, what=type(error).__name__, payload=payload, where=_where(error)), 0.0
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        took_s = time.thread_time() - began_s
        peak = tracemalloc.get_traced_memory()[1] if is_weighed else 0
        if is_weighed:
            tracemalloc.stop()
    if took_s > SLOW_S and not is_weighed:
        return Finding(target=target.name, what="took longer than a second", payload=payload), took_s
    if peak > target.most_bytes + 8 * len(payload):
        return Finding(target=target.name, what=f"took more than {target.most_bytes >> 20} MB", payload=payload), took_s
    return None, took_s


def _where(error: BaseException) -> str:
    """The last lines of the house it came through; the text of an error may hold the input and is in the hex anyway."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return "\n".join(f"  {frame.filename.rpartition('/main/')[2]}:{frame.lineno} {frame.name}" for frame in frames)


@contextmanager
def _watched() -> Iterator[None]:
    def hung(*_: object) -> None:
        raise HungError

    before = signal.signal(signal.SIGVTALRM, hung)
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)
        sys.setrecursionlimit(limit)
