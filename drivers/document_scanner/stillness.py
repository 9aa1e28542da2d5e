"""Whether a sheet lies still, and for how long it has been in the same trouble. Pure."""

from drivers.contract.document_scanner import ScanRefusal
from drivers.document_scanner.sheet import Corners, Sheet

MOVED = 0.008
"""Share of the picture by which a corner may wander between two looks at a sheet that lies still: the sensor's noise."""


class Stillness:
    """Counts looks at a sheet that lies where it lay."""

    def __init__(self, *, looks: int, patience_s: float) -> None:
        """Begin with nothing on the table.

        Args:
            looks: So many at the same place make a sheet lie still.
            patience_s: Seconds a sheet that lies still may be in the same trouble before it is refused: a hand is just leaving.
        """
        self._looks = looks
        self._patience_s = patience_s
        self._corners: Corners | None = None
        self._count = 0
        self._trouble: ScanRefusal | None = None
        self._trouble_since_s = 0.0

    @property
    def last_trouble(self) -> ScanRefusal | None:
        """Why the sheet seen last could not be used."""
        return self._trouble

    def saw(self, sheet: Sheet | None) -> bool:
        """Take what was seen; whether a sheet lies still now."""
        if sheet is None:
            self._corners, self._count, self._trouble = None, 0, None
            return False
        is_there = self._corners is not None and _wandered(sheet.corners, self._corners) <= MOVED
        self._count = self._count + 1 if is_there else 1
        if not is_there:
            self._trouble = None
        self._corners = sheet.corners
        return self._count >= self._looks

    def is_refused(self, trouble: ScanRefusal, *, now_s: float) -> bool:
        """Take a verdict on the sheet that lies still; whether it has stood for long enough to be told."""
        if trouble is not self._trouble:
            self._trouble, self._trouble_since_s = trouble, now_s
        return now_s - self._trouble_since_s >= self._patience_s


def _wandered(corners: Corners, before: Corners) -> float:
    return max(max(abs(x - u), abs(y - v)) for (x, y), (u, v) in zip(corners, before, strict=True))
