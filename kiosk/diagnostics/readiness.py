"""Readiness: what the self-test of one day found, and the record of the days before."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.diagnostics.check import Finding

FILE = "readiness.json"

KEPT = timedelta(days=400)
MOST = 450
"""Records that are kept at most; somebody may test more often than the dawn does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One self-test. ``at`` is UTC; ``clock_is_trusted`` says what that is worth."""

    at: datetime
    clock_is_trusted: bool
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What is not as it should be."""
        return tuple(finding for finding in self.findings if not finding.is_well)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every fault code that was found, each once."""
        return tuple(dict.fromkeys(code for finding in self.findings for code in finding.codes))

    @property
    def fields(self) -> dict[str, str]:
        """For the fleet: counts and codes."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "checked": str(len(self.findings)),
            "failed": str(len(self.failed)),
            "subjects": ",".join(finding.subject for finding in self.failed),
            "codes": ",".join(self.codes),
        }


def with_another(records: Sequence[Readiness], another: Readiness) -> tuple[Readiness, ...]:
    """The records with one more; those older than 400 days go."""
    kept = [record for record in records if another.at - record.at <= KEPT]
    return (*kept[-(MOST - 1) :], another)


def to_keep(records: Sequence[Readiness]) -> list[dict[str, Any]]:
    """Records as JSON."""
    return [{**asdict(record), "at": record.at.isoformat()} for record in records]


def of_kept(kept: object) -> tuple[Readiness, ...]:
    """Records from JSON; what cannot be understood is left out."""
    found: list[Readiness] = []
    for each in kept if isinstance(kept, list) else ():
        try:
            found.append(_read(each))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(found)


def _read(each: dict[str, Any]) -> Readiness:
    at = datetime.fromisoformat(each["at"])
    if at.tzinfo is None:
        raise ValueError("at: a moment without a time zone")
    return Readiness(
        at=at,
        clock_is_trusted=bool(each["clock_is_trusted"]),
        findings=tuple(
            Finding(
                subject=str(finding["subject"]),
                is_well=bool(finding["is_well"]),
                codes=tuple(map(str, finding["codes"])),
                evidence=str(finding["evidence"]),
            )
            for finding in each["findings"]
        ),
    )
