"""How long faults take to heal: injected, tried on by the ladder and healed, or their cause ended and the kiosk whole again.

Left out are ladders whose fault shows only in use (``printer.cutter_stuck``, ``reader.rf_failing``, ``scanner.reads_nothing``,
``scanner.noisy``, ``document_printer.job_stuck``) and ``driver_failed``, which no far end can bring about.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import Figure
from kiosk.upkeep.fault_catalogue import FaultCatalogue, FaultEntry, load_catalogue
from kiosk.upkeep.healing import JUDGE_AFTER_S
from tests.whole.ear import broker
from tests.whole.kiosk import WholeKiosk, whole_kiosk

POLL_S = 1.0
"""Seconds from one look at a device to the next, at most: until a fault is seen, and until its end is."""
READY_AGAIN_S = 3.0
"""Rule R4: seconds from the end of a cause until the device is ready."""
SEEN_WITHIN_S = 15.0
HEALED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault of a far end that a ladder is for.

    Attributes:
        lasts_s: Seconds until it ends by itself, or None: until it is mended, or until a rung of the ladder ends it.
        ladder_ends_it: The device obeys what the ladder tries.
    """

    device: str
    fault: str
    code: str
    lasts_s: float | None = None
    ladder_ends_it: bool = False


CASES = (
    Case(device="receipt-printer", fault="mechanical", code="printer.mechanical_error", ladder_ends_it=True),
    Case(device="document-printer", fault="paused", code="document_printer.paused", ladder_ends_it=True),
    Case(device="receipt-printer", fault="power-cycle", code="printer.silent", lasts_s=1.5),
    Case(device="document-printer", fault="power-cycle", code="document_printer.unreachable", lasts_s=5.0),
    Case(device="receipt-printer", fault="offline", code="printer.offline"),
    Case(device="receipt-printer", fault="silent", code="printer.silent"),
    Case(device="receipt-printer", fault="garbage", code="printer.garbled"),
    Case(device="document-printer", fault="unknown-reason", code="document_printer.stopped"),
    Case(device="document-printer", fault="silent", code="document_printer.silent"),
    Case(device="document-printer", fault="garbage", code="document_printer.garbled"),
    Case(device="id-card-reader", fault="sam-failed", code="reader.sam_failed"),
    Case(device="id-card-reader", fault="silent", code="reader.silent"),
    Case(device="id-card-reader", fault="wrong-checksum", code="reader.garbled"),
    Case(device="code-scanner", fault="silent", code="scanner.silent"),
    Case(device="code-scanner", fault="wrong-crc", code="scanner.garbled"),
    Case(device="camera", fault="frozen", code="camera.frozen"),
    Case(device="camera", fault="stalled", code="camera.silent"),
    Case(device="camera", fault="garbage", code="camera.garbled"),
    Case(device="document-scanner", fault="frozen", code="document_scanner.frozen"),
    Case(device="document-scanner", fault="stalled", code="document_scanner.silent"),
    Case(device="document-scanner", fault="garbage", code="document_scanner.garbled"),
    Case(device="cabinet-board", fault="silent", code="cabinet.silent"),
)
"""The others of a ladder's faults are pulled plugs: every device has one."""


def measure() -> tuple[Figure, ...]:
    """Inject each, wait for its fault at the broker, end what does not end itself, and wait until it is cleared there."""
    return asyncio.run(_measured())


async def _measured() -> tuple[Figure, ...]:
    catalogue, figures = load_catalogue(), []
    with tempfile.TemporaryDirectory(prefix="zz-") as folder, broker(Path(folder)) as port:
        home = Path(folder) / "k"
        home.mkdir()
        async with whole_kiosk(home, broker_port=port) as kiosk:
            for case in CASES:
                figures.append(await _healed(kiosk, case, _entry(catalogue, case.code)))
                await kiosk.well()
            for device in kiosk.bench.devices:
                figures.append(await _replugged(kiosk, device, catalogue))
                await kiosk.well()
    return tuple(figures)


async def _healed(kiosk: WholeKiosk, case: Case, entry: FaultEntry) -> Figure:
    since = len(kiosk.ear.heard)
    began_s = given_s = kiosk.now_s
    kiosk.give(case.device, case.fault)
    seen = await kiosk.ear.fault(case.code, since=since, within_s=SEEN_WITHIN_S)
    if not case.ladder_ends_it and case.lasts_s is None:
        began_s = kiosk.now_s
        kiosk.clear(case.device)
    cleared = await kiosk.ear.cleared(case.code, since=since, within_s=HEALED_WITHIN_S)
    kiosk.clear(case.device)
    if case.ladder_ends_it:
        limit_s, how = _ladder_s(entry), "injected -> healed by " + " ".join(step.rung.value for step in entry.ladder)
    else:
        limit_s = READY_AGAIN_S + entry.clear_for_s + (case.lasts_s or 0.0)
        how = "cause ended -> healed" if case.lasts_s is None else f"injected, {case.lasts_s:g} s long -> healed"
    remark = f"{case.device} {case.fault}: {how}; seen after {seen.at_s - given_s:.1f} s"
    return Figure(name=f"healing {case.code}", value=cleared.at_s - began_s, limit=limit_s, unit="s", remark=remark)


async def _replugged(kiosk: WholeKiosk, device: str, catalogue: FaultCatalogue) -> Figure:
    since = len(kiosk.ear.heard)
    await kiosk.unplug(device)
    raised = await kiosk.ear.until(
        lambda heard: heard.kind == "fault" and not heard.is_cleared and heard.device == device,
        what=f"a fault of {device}",
        since=since,
        within_s=SEEN_WITHIN_S,
    )
    await kiosk.replug(device)
    began_s = kiosk.now_s
    cleared = await kiosk.ear.cleared(raised.code, since=since, within_s=HEALED_WITHIN_S)
    limit_s = READY_AGAIN_S + _entry(catalogue, raised.code).clear_for_s
    return Figure(
        name=f"healing {raised.code}",
        value=cleared.at_s - began_s,
        limit=limit_s,
        unit="s",
        remark=f"{device}: replugged -> healed",
    )


def _ladder_s(entry: FaultEntry) -> float:
    """What a ladder promises: everything it tries, in the time it gives each try, and the looks before and after."""
    tried_s = sum(step.after_s + step.tries * JUDGE_AFTER_S[step.rung] for step in entry.ladder)
    return entry.raise_for_s + tried_s + entry.clear_for_s + 2 * POLL_S


def _entry(catalogue: FaultCatalogue, code: str) -> FaultEntry:
    entry = catalogue.find(code)
    if entry is None:
        raise LookupError(f"{code} is not in the catalogue")
    return entry
