"""What is told to whom: one kiosk is one notice, a storm is a few, the morning has three things to do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select

from telemetry.fleet.notices.channels import Channel
from telemetry.fleet.notices.pace import Quiet
from telemetry.fleet.notices.telling import FaultName, as_sent
from telemetry.fleet.notices.terms import Terms
from telemetry.fleet.store import schema
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.notice_book import NoticeBook
from telemetry.wire.service_hours import CHINA, ORDINARY
from telemetry.wire.topics import KioskId
from tests.telemetry.tickets.cases import KIOSK, MINUTE, MORNING, SILENT, SLOW
from tests.telemetry.tickets.rows import end_alarm, raise_alarm, register, said, write
from tests.telemetry.web.county import add_device, add_kiosk

COUNTY = Channel(name="county", address="json://nowhere", quiet=Quiet.parse("21:00-07:00"), most_per_hour=3)
EAST = Channel(name="east", address="json://nowhere", areas=frozenset({"东片"}), kinds=frozenset({"news"}))
NIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=CHINA)


def _name(code: str) -> FaultName:
    return FaultName(short="X01", title={"reader.silent": "读卡器没有回答", "camera.slow": "摄像头很慢"}.get(code, code))


def _book(*channels: Channel) -> NoticeBook:
    return NoticeBook(
        channels, terms=Terms(link="https://fleet.example"), calendars=ORDINARY, names=_name, low_words=lambda _: "凭条纸"
    )  # fmt: skip


def _tick(store: Engine, book: NoticeBook, now: datetime) -> None:
    with store.begin() as connection:
        book.write(connection, Happened(now=now))


def _notices(store: Engine) -> list[Any]:
    with store.connect() as connection:
        return list(connection.execute(select(schema.notice).order_by(schema.notice.c.id)).all())


def _many(store: Engine, count: int) -> Iterable[KioskId]:
    for number in range(count):
        kiosk = KioskId(county="lanxi", kiosk=f"K-{number:03}")
        raise_alarm(store, SILENT, kiosk=kiosk)
        yield kiosk


def test_what_happens_to_one_kiosk_within_a_minute_is_one_notice_told_once(store: Engine) -> None:
    book = _book(COUNTY)
    register(store)
    raise_alarm(store, SILENT)
    write(store, now=MORNING)
    _tick(store, book, MORNING + MINUTE / 2)
    assert _notices(store) == []
    raise_alarm(store, SLOW)
    write(store, now=MORNING + MINUTE / 2, messages=[said("repair.requested", seq=5)])
    for seconds in range(60, 100, 10):
        _tick(store, book, MORNING + timedelta(seconds=seconds))
    [told] = _notices(store)
    assert (told.kind, told.channel, told.merged, told.not_before) == ("news", "county", 1, MORNING + MINUTE)
    for word in ("T-1", "LX-001", "读卡器没有回答", "摄像头很慢", "已有报修 1 次", "身份证读卡器", "/tickets/1", "09:15 前认领"):
        assert word in told.body


def test_what_was_over_before_anybody_had_to_know_is_no_notice(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store, now=MORNING)
    end_alarm(store, SILENT, at=MORNING)
    write(store, now=MORNING + MINUTE / 2)
    _tick(store, _book(COUNTY), MORNING + 2 * MINUTE)
    assert _notices(store) == []


def test_a_channel_hears_of_its_own_areas_and_kinds(store: Engine) -> None:
    west = KioskId(county="lanxi", kiosk="LX-002")
    register(store)
    register(store, kiosk=west, area="西片")
    for kiosk in (KIOSK, west):
        raise_alarm(store, SILENT, kiosk=kiosk)
    write(store, touched=(KIOSK, west))
    _tick(store, _book(COUNTY, EAST), MORNING + MINUTE)
    assert sorted((one.channel, "LX-001" in one.body) for one in _notices(store)) == [
        ("county", False), ("county", True), ("east", True),
    ]  # fmt: skip


def test_a_storm_is_a_few_notices_and_the_rest_is_put_together_and_counted(store: Engine) -> None:
    kiosks = tuple(_many(store, 40))
    write(store, touched=kiosks)
    _tick(store, _book(COUNTY), MORNING + MINUTE)
    told = _notices(store)
    assert [one.merged for one in told] == [1, 1, 1, 37]
    assert told[-1].not_before == MORNING + MINUTE + timedelta(hours=1)
    subject, body = as_sent(told[-1].subject, told[-1].body, merged=told[-1].merged)
    assert subject.endswith("（共 37 条）")
    assert body.endswith("另有 25 条，见工单页。")
    assert len(body) <= 4_000


def test_the_night_is_quiet_and_the_morning_has_one_notice_of_it(store: Engine) -> None:
    book = _book(COUNTY)
    for number, kiosk in enumerate(_many(store, 4)):
        write(store, touched=[kiosk], now=NIGHT + number * 10 * MINUTE)
        _tick(store, book, NIGHT + number * 10 * MINUTE + MINUTE)
    [told] = _notices(store)
    assert (told.merged, told.not_before.astimezone(CHINA).hour) == (4, 7)


def test_what_blocks_and_is_late_goes_out_at_once_also_at_night(store: Engine) -> None:
    book = _book(replace(COUNTY, quiet=Quiet.parse("00:00-23:59")))
    raise_alarm(store, SILENT)
    write(store, now=MORNING)
    _tick(store, book, MORNING + MINUTE)
    write(store, touched=(), now=MORNING + 15 * MINUTE)
    _tick(store, book, MORNING + 15 * MINUTE)
    held, late = _notices(store)
    assert held.not_before > MORNING + 15 * MINUTE
    assert (late.kind, late.not_before) == ("escalation", MORNING + 15 * MINUTE)
    assert "第 1 次提醒：到现在还没有认领" in late.body


def test_an_incident_is_told_when_it_begins_and_when_it_is_over_and_no_more(store: Engine) -> None:
    book = _book(COUNTY)
    with store.begin() as connection:
        connection.execute(
            insert(schema.incident).values(
                county="lanxi", kind="power", level="town", scope="柳河镇", began_at=MORNING, opened_at=MORNING, kiosks=40,
                members=41,
            )
        )  # fmt: skip
    for minutes in range(5):
        _tick(store, book, MORNING + minutes * MINUTE)
    with store.begin() as connection:
        connection.execute(schema.incident.update().values(ended_at=MORNING + 5 * MINUTE))
    for minutes in range(5, 9):
        _tick(store, book, MORNING + minutes * MINUTE)
    began, ended = _notices(store)
    assert (began.kind, began.subject) == ("incident", "柳河镇 停电，40 台")
    assert ended.subject == "柳河镇 停电已结束，40 台"


def test_the_morning_has_three_things_in_order_with_what_to_take_along(store: Engine) -> None:
    book = _book(COUNTY, EAST)
    with store.begin() as connection:
        for number, (site, low) in enumerate((("下塘村", True), ("双井村", False), ("青山村", True), ("松林村", True))):
            kiosk = f"LX-{number + 1:03}"
            add_kiosk(connection, kiosk, site=site, town="石桥镇")
            supplies = [{"name": "receipt_paper", "remaining": 0.08, "low": low, "days_left": float(number + 1)}]
            add_device(connection, kiosk, "receipt-printer", "receipt_printer", supplies=supplies if low else ())
    broken = KioskId(county="lanxi", kiosk="LX-002")
    raise_alarm(store, SILENT, kiosk=broken)
    write(store, touched=[broken])
    dawn = MORNING.astimezone(CHINA).replace(hour=7, minute=30)
    for minutes in range(4):
        _tick(store, book, dawn + minutes * MINUTE)
    [digest] = [one for one in _notices(store) if one.kind == "digest"]
    assert digest.subject == "今天先做这 3 件：双井村、下塘村、青山村"
    lines = digest.body.splitlines()
    assert lines[1].startswith("1. 石桥镇 双井村：停办，读卡器没有回答 T-1（还没人认领）。带：")
    assert "凭条纸将尽，剩 8% 约 1 天" in lines[2]
    assert "80 毫米热敏纸 × 2" in lines[4]
    assert "另有 1 处" in lines[5]


def test_a_holiday_has_no_digest(store: Engine) -> None:
    with store.begin() as connection:
        add_kiosk(connection, "LX-001")
        supplies = [{"name": "receipt_paper", "remaining": 0.08, "low": True, "days_left": 1.0}]
        add_device(connection, "LX-001", "receipt-printer", "receipt_printer", supplies=supplies)
    sunday = datetime(2026, 11, 22, 7, 30, tzinfo=CHINA)
    _tick(store, _book(COUNTY), sunday)
    assert _notices(store) == []


def test_without_a_channel_nothing_is_kept_to_be_told_years_later(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store)
    _tick(store, _book(), MORNING + MINUTE)
    _tick(store, _book(COUNTY), MORNING + 2 * MINUTE)
    assert _notices(store) == []
    with store.connect() as connection:
        untold = select(func.count()).select_from(schema.ticket).where(schema.ticket.c.told_version < schema.ticket.c.version)
        assert connection.execute(untold).scalar_one() == 0
