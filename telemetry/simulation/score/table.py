"""A score as people read it, and as programs do."""

from collections.abc import Iterator, Mapping, Sequence

from telemetry.simulation.score.score import Score, percentile

SHOWN = 40
"""Problems a table names; JSON names them all."""


def table(score: Score) -> str:
    """Return the score in lines."""
    faults, silences, outages, tickets = score.faults, score.silences, score.outages, score.tickets
    lines = [
        _row("", "were", "found", "missed", "phantom", "p50 s", "p95 s", "p99 s"),
        _row("faults: heard", faults.total, faults.found, len(faults.missed), len(faults.phantom), *_times(faults.late_s)),
        _row("faults: stored", "", len(faults.durable_s), "", "", *_times(faults.durable_s)),
        _row("faults: ended", "", "", "", len(faults.lingering), "", "", ""),
        _row(
            "silences (past deadline)",
            silences.total,
            silences.found,
            len(silences.missed),
            len(silences.false_offline),
            *_times(silences.late_s),
        ),
        _row("incidents", outages.total, outages.found, len(outages.missed), len(outages.phantom), *_times(outages.late_s)),
        _row("tickets", "", tickets.total, len(tickets.without), len(tickets.phantom), "", "", ""),
        "",
        f"{faults.untold} faults nobody could hear of, {faults.merged} raised again before their alarm was over; "
        f"{silences.too_short} silences shorter than any deadline, {silences.excused} of the trial's own making",
        f"{len(outages.split)} incidents split, {outages.kinds_right} of {outages.found} of the right kind; "
        f"{score.visits} matters, {score.complaints} complaints ({tickets.by_complaint} opened a ticket); "
        f"{tickets.of_incidents} tickets of incidents; "
        f"{score.unstored} messages never stored",
    ]
    problems = score.problems
    lines.extend(problems[:SHOWN])
    if len(problems) > SHOWN:
        lines.append(f"... and {len(problems) - SHOWN} more")
    lines.append("clean" if not problems else f"{len(problems)} problems")
    return "\n".join(lines)


def as_json(score: Score) -> Mapping[str, object]:
    """Return the score for programs."""
    faults, silences, outages, tickets = score.faults, score.silences, score.outages, score.tickets
    return {
        "is_clean": not score.problems,
        "faults": {
            "total": faults.total,
            "found": faults.found,
            "missed": len(faults.missed),
            "phantom": len(faults.phantom),
            "lingering": len(faults.lingering),
            "untold": faults.untold,
            "merged": faults.merged,
            "heard_s": _percentiles(faults.late_s),
            "stored_s": _percentiles(faults.durable_s),
        },
        "silences": {
            "total": silences.total,
            "found": silences.found,
            "missed": len(silences.missed),
            "false_offline": len(silences.false_offline),
            "too_short": silences.too_short,
            "excused": silences.excused,
            "late_s": _percentiles(silences.late_s),
        },
        "incidents": {
            "total": outages.total,
            "found": outages.found,
            "missed": len(outages.missed),
            "split": len(outages.split),
            "phantom": len(outages.phantom),
            "kinds_right": outages.kinds_right,
            "late_s": _percentiles(outages.late_s),
        },
        "tickets": {
            "total": tickets.total,
            "phantom": len(tickets.phantom),
            "without": len(tickets.without),
            "by_complaint": tickets.by_complaint,
            "of_incidents": tickets.of_incidents,
        },
        "visits": score.visits,
        "complaints": score.complaints,
        "unstored": score.unstored,
        "problems": list(score.problems),
    }


def _percentiles(values: Sequence[float]) -> Mapping[str, float | None]:
    return {f"p{share:.0f}": _round(percentile(values, share / 100)) for share in (50, 95, 99)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _times(values: Sequence[float]) -> Iterator[str]:
    for share in (0.5, 0.95, 0.99):
        value = percentile(values, share)
        yield "-" if value is None else f"{value:.3f}"


def _row(name: str, *cells: str | int) -> str:
    return f"{name:<26}" + "".join(f"{cell:>9}" for cell in cells)
