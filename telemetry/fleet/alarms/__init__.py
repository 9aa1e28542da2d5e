"""What is wrong, and what of it somebody has to know. Pure: messages, acts and time in; what to write out.

``occurrences`` is what kiosks, and their silence, say: one fault from ``since`` until it is cleared. ``engine`` makes alarms of
them: what people act on, one for (kiosk, device, code) however often it comes and goes. ``root_cause`` finds what many silences
have in common. ``replay`` runs all of it over a recorded stream.

The rows of all this are kept by ``store/alarm_book.py``. A rule of one code is a line of ``rules``.
"""

from telemetry.fleet.alarms.occurrences import (
    BY_KIOSK,
    BY_SILENCE,
    SILENT_CODE,
    SILENT_DEVICE,
    Alarm,
    Cleared,
    Entry,
    Occurrence,
    Opened,
    Recalled,
    Verdict,
    at_birth,
    at_fault,
    at_silence,
    at_voice,
    condition,
)

__all__ = [
    "BY_KIOSK",
    "BY_SILENCE",
    "SILENT_CODE",
    "SILENT_DEVICE",
    "Alarm",
    "Cleared",
    "Entry",
    "Occurrence",
    "Opened",
    "Recalled",
    "Verdict",
    "at_birth",
    "at_fault",
    "at_silence",
    "at_voice",
    "condition",
]
