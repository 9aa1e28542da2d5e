"""What the codes that came, and those that did not, say about an engine and its glass over time."""

from collections import deque

from drivers.contract.status import Symptom

WINDOW = 10
"""Codes that are looked back on to judge the line."""

DAMAGED_FROM = 4
"""Unfinished or unacceptable codes among them from which the line counts as bad; a person may show nonsense now and then."""

UNREAD_FROM = 12
"""Waits in a row in which nothing was read that point at the glass or the light: so many people do not all walk away."""


class ScannerHealth:
    """Counts, and tells which symptoms the counts amount to. Knows no bytes and no time."""

    def __init__(self) -> None:
        self._codes: deque[bool] = deque(maxlen=WINDOW)
        self._unread = 0

    def code_was_read(self) -> None:
        """A code came whole and was acceptable."""
        self._codes.append(True)
        self._unread = 0

    def code_was_damaged(self) -> None:
        """Something came that was no acceptable code."""
        self._codes.append(False)
        self._unread = 0

    def nothing_was_read(self) -> None:
        """Somebody was asked for a code, and none came."""
        self._unread += 1

    def begin_anew(self) -> None:
        """The engine was reset or opened: the past says nothing any more."""
        self._codes.clear()
        self._unread = 0

    def symptoms(self) -> tuple[Symptom, ...]:
        """Tell what is wrong as far as the counts go."""
        found: list[Symptom] = []
        if self._unread >= UNREAD_FROM:
            found.append(Symptom(code="scanner.reads_nothing", detail=f"nothing was read in {self._unread} waits in a row"))
        damaged = self._codes.count(False)
        if damaged >= DAMAGED_FROM:
            detail = f"{damaged} of the last {len(self._codes)} codes were unfinished or no text"
            found.append(Symptom(code="scanner.noisy", detail=detail))
        return tuple(found)
