"""From hours to what may be begun: the hours themselves are tested where they are read."""

from datetime import datetime

from kiosk.services.catalogue import load_services
from kiosk.services.offer import Offer
from kiosk.services.opening import ALWAYS, Opening
from telemetry.wire.service_hours import CHINA, ServiceHours

OFFERS = tuple(Offer(service=service, withdrawal=None) for service in load_services()[:2])
OFFICE = ServiceHours.parse(["Mon-Fri 08:30-12:00 14:00-17:30"])
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)
TWO = NOON.replace(hour=14)


def test_day_and_night_when_nothing_is_said() -> None:
    assert all(offer.can_begin for offer in ALWAYS.at(NOON, OFFERS))


def test_outside_the_hours_nothing_can_be_begun_and_the_next_hour_is_named() -> None:
    opening = Opening(usual=OFFICE)
    assert [offer.opens_at for offer in opening.at(NOON, OFFERS)] == [TWO, TWO]
    assert not any(offer.can_begin for offer in opening.at(NOON, OFFERS))
    assert all(offer.can_begin for offer in opening.at(TWO, opening.at(NOON, OFFERS)))


def test_a_service_with_hours_of_its_own_keeps_those() -> None:
    first, second = OFFERS
    opening = Opening(usual=OFFICE, of_service={second.service.id: ServiceHours.parse(["Mon-Sun 00:00-24:00"])})
    assert [offer.can_begin for offer in opening.at(NOON, OFFERS)] == [False, True]
    only_one = Opening(of_service={first.service.id: OFFICE})
    assert [offer.can_begin for offer in only_one.at(NOON, OFFERS)] == [False, True]
