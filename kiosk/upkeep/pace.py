"""Pace: how often a device is asked and how long it may take to answer."""

from dataclasses import dataclass

from drivers.contract.device import DeviceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a device is asked and how long it may take.

    Attributes:
        poll_s: Between two questions while the device is well. Half of it is the average age of a fault when it is seen.
        urgent_poll_s: Between two questions while something is wrong, or somebody is using the device.
        misses: Failed calls in a row before the device counts as lost.
        first_backoff_s: Before the second attempt to open; doubled up to ``last_backoff_s``, for ever. The last one, an
            opening and a status together stay below the three seconds from replug to ready.
        status_s: Deadline of status, identify and close. The contract promises one second; this one catches a driver that hangs.
        open_s: Deadline of open, which may have to try several line speeds.
        reset_s: Deadline of reset.
        busy_limit_s: A device that was in use this long without a pause is taken for hung. The longest honest call takes 300 s.
    """

    poll_s: float = 0.5
    urgent_poll_s: float = 0.3
    misses: int = 2
    first_backoff_s: float = 0.25
    last_backoff_s: float = 1.5
    status_s: float = 3.0
    open_s: float = 15.0
    reset_s: float = 10.0
    busy_limit_s: float = 900.0


SELDOM = Pace(poll_s=1.0)
"""For what costs more to ask, or serves no step of a visit: a cable pulled is seen within two seconds all the same."""

ASKED_SELDOM = {DeviceKind.DOCUMENT_PRINTER, DeviceKind.CABINET}
"""An IPP printer is asked over HTTP with a page of attributes; nobody stands before a door switch."""


def usual_pace(kind: DeviceKind) -> Pace:
    """The pace of a device class, unless the kiosk is told otherwise."""
    return SELDOM if kind in ASKED_SELDOM else Pace()
