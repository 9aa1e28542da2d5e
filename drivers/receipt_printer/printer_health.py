"""What a printer's readings amount to over time: a jam, a receipt nobody takes, the paper it has used."""

from drivers.contract.status import Measurement, Symptom
from drivers.receipt_printer.status_codec import PrinterCode, Reading

JAM_AFTER_RECOVERIES = 2
"""Recoveries that did not end a mechanical error: no byte says "jam", but what recovering does not end wants a hand."""


class PrinterHealth:
    """Counts and remembers. Knows no bytes and no time of its own."""

    def __init__(self, *, not_taken_after_s: float) -> None:
        """Begin with nothing known.

        Args:
            not_taken_after_s: Seconds a receipt may lie in the exit.
        """
        self._not_taken_after_s = not_taken_after_s
        self._recoveries = 0
        self._has_mechanical_error = False
        self._waiting_since_s: float | None = None
        self._used_mm = 0.0

    @property
    def is_jammed(self) -> bool:
        """Whether a mechanical error has outlasted recovering."""
        return self._has_mechanical_error and self._recoveries >= JAM_AFTER_RECOVERIES

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Paper used since this driver was made, in whole millimetres. Only ever grows."""
        return (Measurement(name="printed", value=float(round(self._used_mm)), unit="mm"),)

    def paper_was_used(self, mm: float) -> None:
        """So much paper has moved."""
        self._used_mm += mm

    def was_read(self, reading: Reading) -> None:
        """The printer said how it is."""
        self._has_mechanical_error = reading.has_mechanical_error
        if not reading.has_mechanical_error:
            self._recoveries = 0

    def was_recovered(self) -> None:
        """The printer was told to end the error it has."""
        self._recoveries += 1 if self._has_mechanical_error else 0

    def exit_was_seen(self, *, paper_is_waiting: bool, now_s: float) -> None:
        """The presenter said whether paper lies in its exit."""
        if not paper_is_waiting:
            self._waiting_since_s = None
        elif self._waiting_since_s is None:
            self._waiting_since_s = now_s

    def is_not_taken(self, *, now_s: float) -> bool:
        """Whether the receipt in the exit has been lying there for long."""
        return self._waiting_since_s is not None and now_s - self._waiting_since_s >= self._not_taken_after_s

    def symptoms(self, reading: Reading, *, now_s: float) -> tuple[Symptom, ...]:
        """What is wrong by this reading and by what is remembered, worst first."""
        found = [
            Symptom(code=PrinterCode.PAPER_JAM, detail=f"{symptom.detail}, recovered {self._recoveries} times in vain")
            if self.is_jammed and symptom.code == PrinterCode.MECHANICAL_ERROR
            else symptom
            for symptom in reading.symptoms
        ]
        if self.is_not_taken(now_s=now_s):
            found.append(
                Symptom(code=PrinterCode.PAPER_NOT_TAKEN, detail=f"in the exit for more than {self._not_taken_after_s:g} s")
            )
        return tuple(found)
