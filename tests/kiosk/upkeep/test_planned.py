"""Notices and times without service that stand in the settings."""

from datetime import UTC, datetime, timedelta

from kiosk.upkeep.planned import NOTHING, PlannedMaintenance, PlannedNotice, Plans

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_notice_holds_from_its_beginning_until_its_end() -> None:
    plans = Plans(notices=(PlannedNotice(begins=NOW, ends=NOW + HOUR, text="周三停水"),))
    moments = (NOW - HOUR, NOW, NOW + HOUR - timedelta(seconds=1), NOW + HOUR)
    assert [plans.notice(moment) for moment in moments] == ["", "周三停水", "周三停水", ""]


def test_of_several_notices_the_newest_is_read() -> None:
    old = PlannedNotice(begins=None, ends=NOW + 5 * HOUR, text="一直挂着的")
    earlier = PlannedNotice(begins=NOW - 2 * HOUR, ends=NOW + 9 * HOUR, text="早一点的")
    newer = PlannedNotice(begins=NOW - HOUR, ends=NOW + HOUR, text="刚开始的")
    plans = Plans(notices=(newer, old, earlier))
    assert [plans.notice(NOW + hours * HOUR) for hours in (-3, -2, 0, 1, 9)] == [
        "一直挂着的",
        "早一点的",
        "刚开始的",
        "早一点的",
        "",
    ]


def test_of_several_times_without_service_the_longest_holds() -> None:
    short = PlannedMaintenance(begins=NOW, ends=NOW + HOUR, why="换插座")
    long = PlannedMaintenance(begins=NOW, ends=NOW + 3 * HOUR, why="装空调")
    plans = Plans(maintenance=(short, long))
    assert plans.maintenance_at(NOW) == long
    assert plans.maintenance_at(NOW - HOUR) is plans.maintenance_at(NOW + 3 * HOUR) is None
    assert NOTHING.maintenance_at(NOW) is None
