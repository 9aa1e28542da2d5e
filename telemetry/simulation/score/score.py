"""The score of a trial: every judgement together, in one word clean or not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from telemetry.simulation.score import words
from telemetry.simulation.score.faults import FaultFindings, judge_faults
from telemetry.simulation.score.happened import Happened
from telemetry.simulation.score.outages import OutageFindings, judge_outages
from telemetry.simulation.score.service import Records
from telemetry.simulation.score.silences import SilenceFindings, judge_silences
from telemetry.simulation.score.tickets import TicketFindings, judge_tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What was found, and what was not."""

    faults: FaultFindings
    silences: SilenceFindings
    outages: OutageFindings
    tickets: TicketFindings
    visits: int
    complaints: int
    unstored: int

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything missed or made up, one line each."""
        lists = {
            "missed fault": self.faults.missed,
            "phantom": self.faults.phantom,
            "lingering": self.faults.lingering,
            "missed silence": self.silences.missed,
            "false offline": self.silences.false_offline,
            "missed incident": self.outages.missed,
            "split incident": self.outages.split,
            "phantom incident": self.outages.phantom,
            "phantom ticket": self.tickets.phantom,
            "no ticket": self.tickets.without,
        }
        return tuple(f"{what}: {line}" for what, lines in lists.items() for line in lines)


def score(happened: Happened, records: Records, *, settle_s: float) -> Score:
    """Compare a truth with what the service says. Raises ServiceError when that cannot be read."""
    county, since = happened.county, happened.began
    occurrences = words.said(records.occurrences, county=county, since=since)
    incidents = words.incidents(records.incidents, county=county, since=since)
    outages = judge_outages(happened, incidents, settle_s=settle_s)
    return Score(
        faults=judge_faults(happened, occurrences, words.said(records.alarms, county=county, since=since)),
        silences=judge_silences(happened, occurrences),
        outages=outages,
        tickets=judge_tickets(
            happened,
            words.tickets(records.tickets, county=county, since=since),
            incidents,
            explained=outages.explained,
        ),
        visits=happened.visits,
        complaints=len(happened.complaints),
        unstored=happened.unstored,
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that so large a share does not pass; None of nothing."""
    return None if not values else sorted(values)[max(0, ceil(share * len(values)) - 1)]
