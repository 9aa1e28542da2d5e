"""One measured figure beside its limit."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measurement, its limit and the share of the limit it uses.

    Attributes:
        is_floor: The limit is the least that is asked for, not the most that is allowed; 0.0 where nothing is asked.
    """

    name: str
    value: float
    limit: float
    unit: str
    remark: str = ""
    is_floor: bool = False

    @property
    def is_held(self) -> bool:
        """Whether the limit is kept."""
        return self.value >= self.limit if self.is_floor else self.value <= self.limit

    def line(self) -> str:
        """Return the figure as one line of the table."""
        verdict = "held" if self.is_held else "NOT HELD"
        if not self.limit:
            return f"{self.name:<58} {self.value:9.1f} {self.unit:<5} {'':31}  {self.remark}"
        share, bound = self.value / self.limit, "floor" if self.is_floor else "limit"
        return (
            f"{self.name:<58} {self.value:9.1f} {self.unit:<5} {bound} {self.limit:8.1f}  x{share:5.2f}  {verdict}  {self.remark}"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1))]
