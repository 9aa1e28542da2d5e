"""One measured figure beside its limit."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measurement, its limit and the share of the limit it uses."""

    name: str
    value: float
    limit: float
    unit: str
    remark: str = ""

    def line(self) -> str:
        """Return the figure as one line of the table."""
        verdict = "held" if self.value <= self.limit else "NOT HELD"
        share = self.value / self.limit
        return (
            f"{self.name:<58} {self.value:9.1f} {self.unit:<5} limit {self.limit:8.1f}  x{share:5.2f}  {verdict}  {self.remark}"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1))]
