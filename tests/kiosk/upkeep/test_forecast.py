import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract.status import Condition, DeviceStatus, Measurement, Supply
from kiosk.upkeep.forecast import Forecast, days_left, per_day
from kiosk.upkeep.supply_book import SupplyBook, load_supplies
from tests.fakes.clock import HeldClock

TODAY = date(2026, 3, 30)
KINDS = load_supplies()


def days(*used: float) -> dict[date, float]:
    """What was used on the days before today, the last one yesterday."""
    return {TODAY - timedelta(days=len(used) - number): each for number, each in enumerate(used)}


def rate(*used: float) -> float | None:
    return per_day(days(*used), today=TODAY, known_since=TODAY - timedelta(days=len(used) + 1))


def test_the_same_every_day_is_the_same_a_day() -> None:
    assert rate(*[2000.0] * 28) == 2000.0


def test_too_little_known_is_no_number() -> None:
    assert rate(2000, 2000, 2000) is None
    assert rate(0, 0, 0, 0, 0, 0) is None
    assert days_left(left=None, rate=10.0) is None
    assert days_left(left=10.0, rate=None) is None


def test_one_day_of_test_prints_is_no_habit() -> None:
    found = rate(*[2000.0] * 20, 50_000.0, *[2000.0] * 7)
    assert found == 2000.0


def test_days_of_rest_count() -> None:
    assert rate(*[700.0, 0.0] * 14) == pytest.approx(350.0)


def test_a_kiosk_that_is_hardly_used_still_has_a_rate() -> None:
    assert rate(*[0.0] * 27, 280.0) == pytest.approx(10.0)


def test_the_first_day_and_today_are_not_whole() -> None:
    used = {TODAY: 9e6, TODAY - timedelta(days=5): 9e6}
    used |= {TODAY - timedelta(days=number): 100.0 for number in range(1, 5)}
    assert per_day(used, today=TODAY, known_since=TODAY - timedelta(days=5)) == 100.0


def test_more_than_a_year_is_said_as_a_year() -> None:
    assert days_left(left=1e9, rate=1.0) == 365.0


@given(
    used=st.dictionaries(st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.floats(0, 1e9), max_size=60),
    since=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    left=st.none() | st.floats(0, 1e9),
)
def test_a_forecast_is_a_sane_number_or_none(used: dict[date, float], since: date, left: float | None) -> None:
    found = days_left(left=left, rate=per_day(used, today=TODAY, known_since=since))
    assert found is None or 0.0 <= found <= 365.0


class Shop:
    """A supply book and a printer that tells it what it does."""

    def __init__(self) -> None:
        self.clock = HeldClock(start=datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
        self.book = SupplyBook(clock=self.clock, zone=ZoneInfo("Asia/Shanghai"), kinds=KINDS)
        self.printed = 100_000.0

    def read(self, *, is_low: bool = False, remaining: float | None = None, condition: Condition = Condition.READY) -> None:
        self.book.read(
            DeviceStatus(
                device="receipt-printer",
                condition=condition,
                read_at=self.clock.now(),
                supplies=(Supply(name="receipt_paper", remaining=remaining, is_low=is_low),),
                measurements=(Measurement(name="printed", value=self.printed, unit="mm"),),
            )
        )

    async def day(self, used: float, *, is_low: bool = False) -> None:
        self.read(is_low=is_low)
        self.printed += used
        self.read(is_low=is_low)
        self.clock.jump_wall(timedelta(days=1))

    @property
    def paper(self) -> Forecast:
        return self.book.forecasts()[0]

    async def refill(self) -> None:
        self.read(is_low=True)
        self.read()


async def test_a_roll_that_was_there_before_us_has_no_end_we_know() -> None:
    shop = Shop()
    for _ in range(10):
        await shop.day(2000)
    assert (shop.paper.left, shop.paper.per_day, shop.paper.days_left) == (None, 2000.0, None)


async def test_a_roll_put_in_before_our_eyes_is_counted_down_by_the_millimetre() -> None:
    shop = Shop()
    await shop.refill()
    for _ in range(10):
        await shop.day(2000)
    assert shop.paper == Forecast(
        device="receipt-printer", supply="receipt_paper", unit="mm", left=40_000.0, per_day=2000.0, days_left=20.0
    )


async def test_the_sensor_knows_better_than_the_counting() -> None:
    shop = Shop()
    await shop.refill()
    for _ in range(6):
        await shop.day(1000)
    await shop.day(1000, is_low=True)
    assert shop.paper.left == 4000.0
    shop.read(is_low=True, remaining=0.0, condition=Condition.FAILED)
    assert shop.paper.days_left == 0.0


async def test_a_counter_that_begins_anew_loses_nothing_but_what_nobody_saw() -> None:
    shop = Shop()
    await shop.refill()
    await shop.day(1000)
    shop.printed = 0.0
    await shop.day(500)
    assert shop.paper.left == 60_000.0 - 1500.0


async def test_a_device_in_use_or_away_says_nothing() -> None:
    shop = Shop()
    shop.read(condition=Condition.BUSY)
    shop.read(condition=Condition.UNREACHABLE)
    assert shop.book.forecasts() == ()


def toner(shop: Shop, share: float | None) -> None:
    supplies = (Supply(name="toner_black", remaining=share, is_low=False),)
    shop.book.read(
        DeviceStatus(device="document-printer", condition=Condition.READY, read_at=shop.clock.now(), supplies=supplies)
    )


async def test_toner_is_forecast_by_the_share_its_device_tells_and_a_new_cartridge_is_no_use() -> None:
    shop = Shop()
    share = 0.5
    for day in range(12):
        toner(shop, share)
        share = 1.0 if day == 5 else share - 0.02
        toner(shop, share)
        shop.clock.jump_wall(timedelta(days=1))
    assert shop.paper.unit == ""
    assert shop.paper.left == pytest.approx(0.88)
    assert shop.paper.days_left == pytest.approx(0.88 / 0.02, rel=0.15)


async def test_a_supply_nobody_can_measure_has_no_forecast() -> None:
    shop = Shop()
    toner(shop, None)
    assert (shop.paper.left, shop.paper.days_left) == (None, None)


async def test_what_was_used_outlasts_a_restart() -> None:
    shop = Shop()
    await shop.refill()
    for _ in range(10):
        await shop.day(2000)
    again = SupplyBook(clock=shop.clock, zone=ZoneInfo("Asia/Shanghai"), kinds=KINDS)
    again.recall(json.loads(json.dumps(shop.book.to_keep())))
    assert again.forecasts() == shop.book.forecasts()
    again.recall([{"device": "x"}, 3, {"device": "p", "supply": "s", "days": 3}])
    assert len(again.forecasts()) == 1
