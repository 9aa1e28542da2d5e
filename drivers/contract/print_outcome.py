"""How a print ended, on whatever paper."""

from enum import StrEnum


class PrintOutcome(StrEnum):
    """How a print ended. UNKNOWN is never repeated by itself."""

    DONE = "done"
    NOT_STARTED = "not_started"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
