"""What each fault code has to do before somebody is told, and how long it has to stay away: rules as data.

Raise-for and clear-for add hysteresis in time to what the kiosk has debounced already, so they begin at nothing and at little.
A code without a rule of its own has the one of its remedy: it is shown, and it ends, like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from telemetry.fleet.alarms.occurrences import SILENT_CODE

BLOCKING = "BLOCKING"
"""The severity that withdraws services; a word of the kiosk's own ``Severity``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How alarms of one code behave.

    Attributes:
        raise_for: How long it has to be said before it is open. Until then it is pending: shown, and nobody's.
        clear_for: How long it has to stay away before it is over; raised again before that, it is the same alarm.
        flap_limit: From this score on it flaps, and until the score has fallen to half of it. Each new raise adds one.
        flap_half_life: In which the score halves.
        hold: What ``clear_for`` is while it flaps: its going away is not believed before.
        person_after: How long it has to be open before a person is told; None for what ends by itself, unless it flaps.
        escalate_after: Of service hours, how long nobody may acknowledge it before the next one is told.
    """

    raise_for: timedelta = timedelta()
    clear_for: timedelta = timedelta(minutes=1)
    flap_limit: float = 6.0
    flap_half_life: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(minutes=20)
    person_after: timedelta | None = timedelta()
    escalate_after: timedelta = timedelta(hours=4)


GATHERING = timedelta(seconds=35)
"""A power cut or a dead link shows in one kiosk after another, a heartbeat apart: nobody is told of the first before it is known
whether it is alone. Longer than an incident takes to be settled (``[incidents] settle_s``, at most 30)."""

MAINS_GATHERING = timedelta(seconds=75)
"""The same where a battery speaks at once, and its neighbours without one are only missed two or three heartbeats later."""

OF_REMEDY: Mapping[str, Rule] = {
    "WAIT": Rule(person_after=None),
    "RESET": Rule(person_after=timedelta(minutes=30)),
    "CLERK": Rule(escalate_after=timedelta(hours=2)),
    "TECHNICIAN": Rule(),
    "CONFIGURE": Rule(escalate_after=timedelta(hours=16)),
}
"""Who can end it says who is told: nobody for what ends by itself, somebody when the kiosk's own resets have not helped."""

OF_CODE: Mapping[str, Rule] = {
    SILENT_CODE: Rule(clear_for=timedelta(minutes=2), person_after=GATHERING, escalate_after=timedelta(hours=1)),
    "cabinet.mains_lost": Rule(clear_for=timedelta(minutes=2), person_after=MAINS_GATHERING),
    "cabinet.battery_low": Rule(clear_for=timedelta(minutes=2), person_after=MAINS_GATHERING),
    "cabinet.no_network": Rule(clear_for=timedelta(minutes=2), person_after=GATHERING),
    "cabinet.door_open": Rule(person_after=timedelta(minutes=3)),
    "platform.offline": Rule(clear_for=timedelta(minutes=2), person_after=timedelta(minutes=5)),
}
"""Where a code differs from what its remedy says."""

ANY_OTHER = Rule()
"""For a remedy this version does not know: a person is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Finds the rule of a code.

    Attributes:
        of_code: By code; wins.
        of_remedy: By remedy, for every other code.
    """

    of_code: Mapping[str, Rule] = field(default_factory=lambda: OF_CODE)
    of_remedy: Mapping[str, Rule] = field(default_factory=lambda: OF_REMEDY)

    def of(self, code: str, remedy: str) -> Rule:
        """Return the rule of a code, or its remedy's, or the one of any other."""
        return self.of_code.get(code) or self.of_remedy.get(remedy) or ANY_OTHER
