"""What a reader's answers say about its line and its antenna over time."""

from collections import deque

from drivers.contract.status import Symptom

LINE_WINDOW = 10
"""Questions that are looked back on to judge the line."""

NOISY_FROM = 3
"""Damaged answers among them from which the line counts as noisy; one in a thousand is normal on a long cable."""

ANTENNA_MEMORY_S = 600.0
"""Seconds after which failed readings say nothing about the antenna any more: it may have been one person's cards."""


class ReaderHealth:
    """Counts, and tells which symptoms the counts amount to. Knows no bytes and no time of its own."""

    def __init__(self, *, failing_after: int) -> None:
        """Begin with nothing known.

        Args:
            failing_after: Cards in a row that could not be read before the antenna is suspected.
        """
        self._failing_after = failing_after
        self._line: deque[bool] = deque(maxlen=LINE_WINDOW)
        self._failed_cards = 0
        self._last_failure_s = 0.0

    def answer_was_clean(self) -> None:
        """A question was answered at the first try."""
        self._line.append(True)

    def answer_was_damaged(self) -> None:
        """A question, or its answer, arrived damaged."""
        self._line.append(False)

    def card_was_read(self) -> None:
        """A card was read whole."""
        self._failed_cards = 0

    def card_failed(self, *, now_s: float) -> None:
        """A card lay there and could not be read."""
        self._failed_cards += 1
        self._last_failure_s = now_s

    def begin_anew(self) -> None:
        """The reader was reset or opened: the past says nothing any more."""
        self._line.clear()
        self._failed_cards = 0

    def symptoms(self, *, now_s: float) -> tuple[Symptom, ...]:
        """Tell what is wrong as far as the counts go."""
        found: list[Symptom] = []
        if now_s - self._last_failure_s > ANTENNA_MEMORY_S:
            self._failed_cards = 0
        if self._failed_cards >= self._failing_after:
            found.append(Symptom(code="reader.rf_failing", detail=f"{self._failed_cards} cards in a row could not be read"))
        damaged = self._line.count(False)
        if damaged >= NOISY_FROM:
            found.append(Symptom(code="reader.noisy", detail=f"{damaged} of the last {len(self._line)} answers were damaged"))
        return tuple(found)
