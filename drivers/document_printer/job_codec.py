"""What a printer answers about one job of ours, as a reading: RFC 8011 section 5.3."""

from dataclasses import dataclass
from enum import IntEnum

from drivers.document_printer.message_codec import Delimiter, Group, Message
from drivers.document_printer.request_codec import OUR_NAME

MOST_JOBS = 200
"""Jobs of a list that are read; we have one at a time."""


class JobState(IntEnum):
    """RFC 8011 section 5.3.7."""

    UNKNOWN = 0
    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


OVER = frozenset({JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReading:
    """One job at one moment.

    Attributes:
        pages: Sides that have come out, as far as the printer counts them; None when it does not.
        reasons: As the printer says them, ``none`` left out.
    """

    number: int
    name: str
    state: JobState
    reasons: tuple[str, ...]
    pages: int | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more of it will come out."""
        return self.state in OVER

    @property
    def evidence(self) -> str:
        """For a technician: ``job 17 processing job-printing, 2 pages``."""
        pages = "pages not counted" if self.pages is None else f"{self.pages} pages"
        return f"job {self.number} {self.state.name.lower()} {' '.join(self.reasons) or 'none'}, {pages}"


def read_job(group: Group) -> JobReading | None:
    """Read one job's attributes; None when they do not tell which job it is."""
    number, state = group.integer("job-id"), group.integer("job-state")
    if number is None or number <= 0:
        return None
    # One-sided printing: a sheet is a page. The smaller number is what is known to lie in the tray.
    told = (group.integer("job-impressions-completed"), group.integer("job-media-sheets-completed"))
    counts = [count for count in told if count is not None and count >= 0]
    return JobReading(
        number=number,
        name=group.word("job-name"),
        state=JobState(state) if state in set(JobState) else JobState.UNKNOWN,
        reasons=tuple(_plain(word) for word in group.words("job-state-reasons")[:8] if word != "none"),
        pages=min(counts) if counts else None,
    )


def our_jobs(answer: Message) -> tuple[JobReading, ...]:
    """Those of a list that are ours: a printer may answer ``my-jobs`` with everybody's."""
    found = []
    for group in answer.all_groups(Delimiter.JOB)[:MOST_JOBS]:
        job = read_job(group)
        owner = group.word("job-originating-user-name")
        if job is not None and (owner == OUR_NAME or job.name.startswith(f"{OUR_NAME}-")):
            found.append(job)
    return tuple(found)


def _plain(word: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in word[:80])
