"""A whole kiosk whose document says when it serves: it opens and closes by itself, and lets nobody stand half served."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typing_extensions import override

from kiosk.clock import SystemClock
from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.intent import ChooseService, GoHome, Proceed, Start
from kiosk.display.vocabulary.view import View
from provisioning.wire.layering import Tree
from telemetry.wire.service_hours import CHINA
from tests.whole.ear import broker
from tests.whole.kiosk import WholeKiosk, whole_kiosk

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]

MONDAY = datetime(2026, 11, 23, tzinfo=CHINA)
WANTED: Tree = {
    "hours": {
        "open": ["Mon-Fri 08:30-12:00 14:00-17:30"],
        "of_service": {"pension_arrival": ["Mon-Fri 14:00-17:30"]},
    },
    "notice": {"water": {"text": "周三上午停水", "ends": "2026-11-25T12:00:00+08:00"}},
    "maintenance": {
        "socket": {"begins": "2026-11-23T15:00:00+08:00", "ends": "2026-11-23T15:30:00+08:00", "why": "换插座"},
    },
}


class CalendarClock(SystemClock):
    """The machine's own clock, on another day."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._ahead = at - super().now()

    def turn_to(self, at: datetime) -> None:
        self._ahead = at - super().now()

    @override
    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.fixture
async def kiosk(tmp_path: Path, clock: CalendarClock) -> AsyncIterator[WholeKiosk]:
    with TemporaryDirectory(prefix="zz-") as folder, broker(tmp_path) as port:  # a socket's path is short
        async with whole_kiosk(Path(folder), broker_port=port, clock=clock, wanted=WANTED) as kiosk:
            yield kiosk


@pytest.fixture
def clock() -> CalendarClock:
    return CalendarClock(MONDAY + timedelta(hours=11, minutes=50))


async def test_it_opens_and_closes_by_its_document_and_finishes_what_was_begun(kiosk: WholeKiosk, clock: CalendarClock) -> None:
    await kiosk.view(lambda shown: isinstance(shown, view.Attract) and shown.notice == "周三上午停水", what="the notice")
    kiosk.touch(Start())
    await kiosk.view(_pension_opens_at_two, what="one matter is grey, with its hour")
    kiosk.touch(ChooseService(service="social_security_enrolment"))
    await kiosk.page("guide")
    await kiosk.walk_on("put_card")
    await kiosk.walk_on("confirm")

    clock.turn_to(MONDAY + timedelta(hours=12, minutes=1))
    kiosk.touch(Proceed())
    await kiosk.page("take_receipt")  # noon has struck meanwhile: whoever is being served is served to the end
    kiosk.take("id-card-reader")
    kiosk.touch(Proceed())
    await kiosk.page("rate")
    kiosk.touch(GoHome())
    await kiosk.view(
        lambda shown: isinstance(shown, view.Closed) and shown.opens == MONDAY + timedelta(hours=14), what="closed until two"
    )
    assert kiosk.core.serves_fully  # nothing is wrong with it: the fleet is told of no fault

    clock.turn_to(MONDAY + timedelta(hours=14))
    await kiosk.page("attract")
    clock.turn_to(MONDAY + timedelta(hours=15))
    await kiosk.page("out_of_service")
    clock.turn_to(MONDAY + timedelta(hours=15, minutes=30))
    await kiosk.page("attract")


def _pension_opens_at_two(shown: View) -> bool:
    if not isinstance(shown, view.Catalogue):
        return False
    [tile] = [tile for tile in shown.tiles if tile.service == "pension_arrival"]
    return tile.withdrawn is not None and tile.withdrawn.opens == MONDAY + timedelta(hours=14)
