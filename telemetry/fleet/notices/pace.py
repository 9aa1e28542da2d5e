"""When a notice may go: not in quiet hours, and never more of them in an hour than somebody reads. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from telemetry.wire.service_hours import CHINA

HOUR = timedelta(hours=1)
FIRST_RETRY_S = 5.0
LAST_RETRY_S = 1_800.0
MOST_TRIES = 60
"""More than a day of trying: after that the channel is broken, and the page of the system says so."""

_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of every day, over midnight where they end before they begin."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``21:00-07:00``.

        Raises:
            ValueError: It cannot be read; the message says what is allowed.
        """
        match = _HOURS.fullmatch(text)
        numbers = [int(number) for number in match.groups()] if match else []
        if not numbers or numbers[0] > 23 or numbers[2] > 23 or numbers[1] > 59 or numbers[3] > 59:
            raise ValueError(f"{text!r} must be hours, e.g. 21:00-07:00")
        return cls(begins=time(numbers[0], numbers[1]), ends=time(numbers[2], numbers[3]))

    def over_at(self, at: datetime) -> datetime:
        """Return when it is over: ``at`` itself where it is not quiet."""
        there = at.astimezone(CHINA)
        if self.begins <= self.ends:
            is_quiet = self.begins <= there.time() < self.ends
        else:
            is_quiet = there.time() >= self.begins or there.time() < self.ends
        if not is_quiet:
            return at
        end = datetime.combine(there.date(), self.ends, CHINA)
        return end if end > there else end + timedelta(days=1)


def not_before(at: datetime, *, quiet: Quiet | None, is_urgent: bool, lately: Sequence[datetime], most_per_hour: int) -> datetime:
    """Return when a notice composed at ``at`` may go.

    Args:
        at: Now.
        quiet: The channel's quiet hours.
        is_urgent: It blocks, and somebody should long have come: it does not wait for the morning.
        lately: When the channel's notices of the last hour go or went.
        most_per_hour: How many may.
    """
    begins = at if quiet is None or is_urgent else quiet.over_at(at)
    recent = sorted(moment for moment in lately if moment > begins - HOUR)
    if len(recent) < most_per_hour:
        return begins
    return max(begins, recent[-most_per_hour] + HOUR)


def retry_s(tries: int) -> float:
    """Return how long to wait after so many tries that did not work."""
    return min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries, 20))


def digest_day(at: datetime, *, digest_at: time) -> str:
    """Return the day whose digest is due, as ``2026-11-24``; empty before its time, and three hours after it."""
    there = at.astimezone(CHINA)
    due = datetime.combine(there.date(), digest_at, CHINA)
    return there.date().isoformat() if due <= there < due + 3 * HOUR else ""
