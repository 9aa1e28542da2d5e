"""Every page of the dashboard in one place: what is looked at by the tests of all pages, and what the manual has pictures of."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.telemetry.web.county import COUNTY

DESK, WALL, PHONE = (1440, 900), (1920, 1080), (390, 844)
SIZES: Mapping[str, tuple[int, int]] = {"desk": DESK, "wall": WALL, "phone": PHONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One page. ``path`` may hold ``{kiosk}`` and ``{ticket}``; ``status`` is what it answers with."""

    name: str
    path: str
    status: int = 200

    def of(self, *, kiosk: str, ticket: int) -> str:
        """Return the address for a kiosk and a ticket there are."""
        return self.path.format(kiosk=f"/kiosks/{COUNTY}/{kiosk}", ticket=ticket)

    def in_english(self, *, kiosk: str, ticket: int) -> str:
        """Return the address of the page in English."""
        path = self.of(kiosk=kiosk, ticket=ticket)
        return f"{path}{'&' if '?' in path else '?'}lang=en"


ROUTES = (
    Route(name="overview", path="/"),
    Route(name="alarms", path="/alarms"),
    Route(name="alarms-hushed", path="/alarms?which=hushed"),
    Route(name="alarms-nothing-found", path="/alarms?q=nothing-like-this"),
    Route(name="maintenance", path="/maintenance"),
    Route(name="tickets", path="/tickets"),
    Route(name="ticket", path="/tickets/{ticket}"),
    Route(name="round", path="/round"),
    Route(name="kiosks", path="/kiosks"),
    Route(name="kiosk", path="{kiosk}"),
    Route(name="analytics", path="/analytics"),
    Route(name="reports", path="/reports"),
    Route(name="weekly", path="/reports/weekly"),
    Route(name="audit", path="/audit"),
    Route(name="accounts", path="/accounts"),
    Route(name="account", path="/account"),
    Route(name="system", path="/system"),
    Route(name="wall", path="/wall"),
    Route(name="sign-in", path="/sign-in"),
    Route(name="no-such-page", path="/nowhere", status=404),
    Route(name="no-such-kiosk", path="/kiosks/lanxi/LX-999", status=404),
)
