"""Every page of the dashboard and the desk in one place: what the tests of all pages look at, and the manual has pictures of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tests.telemetry.web.county import COUNTY

DESK, WALL, PHONE = (1440, 900), (1920, 1080), (390, 844)
SIZES: Mapping[str, tuple[int, int]] = {"desk": DESK, "wall": WALL, "phone": PHONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What there is in a made-up county, so that the address of a page can name it. ``waiting`` waits for a villager."""

    kiosk: str
    ticket: int
    waiting: str = ""
    rollout: int = 0
    command: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One page. ``path`` may hold the words of ``There``; ``status`` is what it answers with."""

    name: str
    path: str
    status: int = 200

    def of(self, there: There) -> str:
        """Return the address over what there is."""
        named = {**asdict(there), "kiosk": f"/kiosks/{COUNTY}/{there.kiosk}", "waiting": f"{COUNTY}/{there.waiting}"}
        return self.path.format(**named)

    def in_english(self, there: There) -> str:
        """Return the address of the page in English."""
        path = self.of(there)
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
    Route(name="enrolment", path="/enrolment"),
    Route(name="enrolment-nothing-found", path="/enrolment?q=nothing-like-this"),
    Route(name="config", path="/config"),
    Route(name="config-of-a-kiosk", path="/config?kiosk={waiting}"),
    Route(name="releases", path="/releases"),
    Route(name="rollout", path="/rollouts/{rollout}"),
    Route(name="commands", path="/commands"),
    Route(name="commands-preview", path=f"/commands?do=restart-display&county={COUNTY}&town=石桥镇&why=x"),
    Route(name="command", path="/commands/{command}"),
    Route(name="keys", path="/keys"),
    Route(name="kiosk-that-waits", path="/kiosks/{waiting}"),
    Route(name="audit-of-a-day", path="/audit?kiosk={waiting}&day=2026-11-24"),
    Route(name="sign-in", path="/sign-in"),
    Route(name="no-such-page", path="/nowhere", status=404),
    Route(name="no-such-kiosk", path="/kiosks/lanxi/LX-999", status=404),
    Route(name="no-such-rollout", path="/rollouts/99", status=404),
    Route(name="no-such-command", path="/commands/99", status=404),
)
