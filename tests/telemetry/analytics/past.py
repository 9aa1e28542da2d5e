"""A made-up past of the made-up county: a year of visits, half a year of service, twelve weeks of faults. Nothing personal.

The year fits the district everybody measures by: 35,293 people, 62,634 matters, 71 kiosks.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from telemetry.fleet.analytics.period import Week, midnight
from telemetry.fleet.store import schema
from telemetry.wire.service_hours import CHINA, ORDINARY
from tests.telemetry.web.county import COUNTY, DEVICES, LOW_PAPER, NOW

MATTERS_A_YEAR = 62_634
SERVICES = (
    ("social-security-enrolment", "城乡居民养老参保", 22),
    ("pension-arrival", "查养老金到账", 19),
    ("medical-insurance-paid", "医保缴费", 17),
    ("residence-certificate", "开居住证明", 12),
    ("subsidy-query", "查惠农补贴", 9),
    ("no-marriage-record", "无婚姻登记证明", 7),
    ("water-bill", "水费缴纳", 6),
    ("disability-allowance", "残疾人两项补贴", 4),
    ("hukou-query", "户口信息查询", 3),
    ("tax-receipt", "开完税证明", 1),
)
HOURS = {8: 6, 9: 18, 10: 20, 11: 11, 12: 3, 13: 5, 14: 14, 15: 13, 16: 8, 17: 2}
WEEKDAYS = (20, 18, 17, 17, 18, 6, 4)
R58, R80 = "R58-C", ("R80-A", "R80-B")
POOR_TOWNS = {"柳河镇": 0.968, "竹园乡": 0.978, "云台乡": 0.985, "青山镇": 0.986}


def seed_past(engine: Engine, *, now: datetime = NOW, seed: int = 47) -> None:
    """Write it beside what ``county.seed`` wrote, up to the midnight before ``now``."""
    chance = random.Random(seed)
    today = now.astimezone(CHINA).date()
    with engine.begin() as connection:
        kiosks = [(row.kiosk, row.town, row.site) for row in connection.execute(select(schema.kiosk))]
        _register(connection, kiosks, now)
        for start in range(0, 365, 73):
            rows = list(_visits(kiosks, today - timedelta(days=365 - start), 73, chance))
            connection.execute(insert(schema.visit_day), rows)
        connection.execute(insert(schema.health_day), list(_health(kiosks, today, chance)))
        connection.execute(insert(schema.healing_day), list(_healings(kiosks, today, chance)))
        _faults(connection, kiosks, today, chance)
        _knew(connection, kiosks, today, chance)
        for place, when in enumerate((200, 31, 6)):
            began = midnight(today - timedelta(days=2 + when % 70)) + timedelta(hours=13 + place)
            connection.execute(
                insert(schema.incident).values(
                    county=COUNTY, kind="network", level="link", scope="柳河镇 2 号光节点", began_at=began, opened_at=began,
                    ended_at=began + timedelta(hours=2), kiosks=4, members=4,
                )
            )  # fmt: skip


def _register(connection: Connection, kiosks: list[tuple[str, str, str]], now: datetime) -> None:
    for table in (schema.equipment, schema.health_day, schema.visit_day, schema.healing_day, schema.complaint):
        connection.execute(delete(table))  # the county of now may bring a little past of its own
    for number, (kiosk, town, site) in enumerate(sorted(kiosks)):
        model = R58 if number % 6 == 4 else R80[number % 5 > 2]
        printer = (schema.device.c.kiosk == kiosk) & (schema.device.c.device == "receipt-printer")
        low = site.removesuffix("村") in LOW_PAPER
        days_left = 0.8 + number % 4 if low else 3.0 + (number * 7) % 40
        supplies = [{"name": "receipt_paper", "remaining": 0.08 if low else 0.5, "low": low, "days_left": days_left}]
        connection.execute(update(schema.device).where(printer).values(model=model, supplies=supplies, port="usb-1.3"))
        connection.execute(
            insert(schema.equipment).values(
                county=COUNTY, kiosk=kiosk, village=site, area=f"{town}片", vendor=("甲厂", "乙厂")[number % 2],
                batch=f"2025-{1 + number % 3}", link=f"{town} {1 + number % 2} 号光节点",
            )
        )  # fmt: skip
    catalogue = [{"id": id, "title": title} for id, title, _ in SERVICES]  # noqa: A001
    connection.execute(update(schema.kiosk).values(catalogue=catalogue, first_seen_at=now - timedelta(days=420)))


def _visits(kiosks: list[tuple[str, str, str]], first: date, days: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    a_day = MATTERS_A_YEAR / 365 / 0.968
    names, services, weights = [one[0] for one in kiosks], [one[0] for one in SERVICES], [one[2] for one in SERVICES]
    counted: Counter[tuple[str, date, int, str, str]] = Counter()
    for day in (first + timedelta(days=number) for number in range(days)):
        many = round(a_day * WEEKDAYS[day.weekday()] / (100 / 7) * chance.uniform(0.9, 1.1))
        drawn = zip(
            chance.choices(names, k=many),
            chance.choices(list(HOURS), list(HOURS.values()), k=many),
            chance.choices(services, weights, k=many),
            chance.choices(("done", "left", "refused", "not_done", "timed_out"), (968, 15, 9, 5, 3), k=many),
            strict=True,
        )
        counted.update((kiosk, day, hour, service, outcome) for kiosk, hour, service, outcome in drawn)
    for (kiosk, day, hour, service, outcome), visits in counted.items():
        row = {"county": COUNTY, "kiosk": kiosk, "day": day, "hour": hour, "service": service, "outcome": outcome}
        yield {**row, "visits": visits, "seconds": visits * 140}


def _health(kiosks: list[tuple[str, str, str]], today: date, chance: random.Random) -> Iterator[dict[str, Any]]:
    office = ORDINARY.of(COUNTY)
    for back in range(1, 183):
        day = today - timedelta(days=back)
        open_s = office.open_s(midnight(day), midnight(day + timedelta(days=1)))
        for kiosk, town, _ in kiosks:
            lost = (1 - POOR_TOWNS.get(town, 0.993)) * (chance.expovariate(1.0) if open_s else 0)
            none, unknown = (open_s * min(0.5, lost) * share for share in (0.6, 0.4))
            part = open_s * 0.02 * chance.random()
            yield {
                "county": COUNTY, "kiosk": kiosk, "day": day, "open_s": open_s, "none_s": none, "unknown_s": unknown,
                "part_s": part, "full_s": open_s - none - unknown - part, "planned_s": 0.0,
            }  # fmt: skip


def _healings(kiosks: list[tuple[str, str, str]], today: date, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(60):
        kiosk = kiosks[number % len(kiosks)][0]
        rung, helps = (("reset", 0.7), ("reopen", 0.5), ("power_cycle", 0.85))[number % 3]
        yield {
            "county": COUNTY, "kiosk": kiosk, "day": today - timedelta(days=1 + number), "device": "id-card-reader",
            "code": "reader.silent", "rung": rung, "outcome": "helped" if chance.random() < helps else "failed", "times": 1,
        }  # fmt: skip


def _faults(connection: Connection, kiosks: list[tuple[str, str, str]], today: date, chance: random.Random) -> None:
    printers = select(schema.device.c.kiosk, schema.device.c.model).where(schema.device.c.device == "receipt-printer")
    models = {row.kiosk: row.model for row in connection.execute(printers)}
    others = (
        ("receipt-printer", "printer.paper_out", "CLERK", "clerk", 0.55, 0.016),
        ("kiosk", "kiosk.silent", "TECHNICIAN", "self", 1.2, 0.011),
        ("id-card-reader", "reader.unreachable", "CLERK", "reset", 0.1, 0.006),
        ("platform", "platform.offline", "WAIT", "self", 0.4, 0.004),
        ("display", "display.not_drawing", "TECHNICIAN", "technician", 5.2, 0.002),
    )
    rows, office = [], ORDINARY.of(COUNTY)
    for number, (kiosk, _, _) in enumerate(sorted(kiosks)):
        poor = models.get(kiosk) == R58
        sick = "reader.silent" if number % 12 == 9 else ""
        for back in range(84, 0, -1):
            opening = midnight(today - timedelta(days=back)) + timedelta(hours=8, minutes=30)
            if not office.is_open(opening):
                continue
            for device, code, remedy, by, hours, chance_a_day in (
                ("receipt-printer", "printer.mechanical_error", "RESET", "technician", *((2.2, 0.04) if poor else (1.7, 0.0075))),
                *others,
                *((("id-card-reader", sick, "TECHNICIAN", "reset", 0.2, 0.06),) if sick else ()),
            ):  # fmt: skip
                if chance.random() < chance_a_day:
                    raised = opening + timedelta(minutes=chance.uniform(0, 400))
                    lasts = timedelta(hours=hours * math.exp(chance.gauss(0, 0.6)))
                    rows.append(
                        {
                            "county": COUNTY, "kiosk": kiosk, "device": device, "code": code, "remedy": remedy,
                            "severity": "BLOCKING", "detail": "", "raised_at": raised, "received_at": raised,
                            "cleared_at": raised + lasts, "cleared_by": by,
                            "cause": "silence" if code == "kiosk.silent" else "kiosk",
                        }
                    )  # fmt: skip
    connection.execute(insert(schema.alarm), rows)


def _knew(connection: Connection, kiosks: list[tuple[str, str, str]], today: date, chance: random.Random) -> None:
    last = Week.of(today - timedelta(days=1))
    for week, first in zip(last.up_to_here(12), (11, 10, 9, 9, 7, 6, 6, 5, 4, 3, 3, 2), strict=True):
        for number in range(first + 2):
            at = midnight(week.monday + timedelta(days=number % 5)) + timedelta(hours=9 + chance.random() * 7)
            connection.execute(
                insert(schema.complaint).values(
                    county=COUNTY, kiosk=chance.choice(kiosks)[0], at=at, by="villager", was_first=number < first
                )
            )


def device_names() -> tuple[str, ...]:
    """Every device a kiosk of the county has."""
    return tuple(device[0] for device in DEVICES)
