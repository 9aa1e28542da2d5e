"""Healing tally: what this kiosk has tried by itself, and how often it helped."""

from collections.abc import Iterable
from dataclasses import replace

from kiosk.upkeep.healing import Healing, HealingCount, Outcome
from kiosk.upkeep.rung import Rung


class HealingTally:
    """Counts by device, code and rung."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, Rung], HealingCount] = {}

    @property
    def counts(self) -> tuple[HealingCount, ...]:
        """Everything counted, always in the same order."""
        return tuple(self._counts[key] for key in sorted(self._counts))

    def recall(self, counts: Iterable[HealingCount]) -> None:
        """Go on from what an earlier life had counted."""
        for count in counts:
            self._counts[count.device, count.code, count.rung] = count

    def note(self, healing: Healing) -> None:
        """Count one more."""
        key = (healing.device, healing.code, healing.rung)
        before = self._counts.get(key) or HealingCount(device=healing.device, code=healing.code, rung=healing.rung)
        match healing.outcome:
            case Outcome.HELPED:
                self._counts[key] = replace(before, helped=before.helped + 1)
            case Outcome.FAILED:
                self._counts[key] = replace(before, failed=before.failed + 1)
            case Outcome.SKIPPED:
                self._counts[key] = replace(before, skipped=before.skipped + 1)
