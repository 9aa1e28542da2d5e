"""A made-up county in the store: 71 kiosks in 8 towns, some of them in trouble. Names are samples; nothing personal exists."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.web.words import CHINA

NOW = datetime(2026, 11, 24, 9, 12, 6, tzinfo=CHINA).astimezone(UTC)
COUNTY = "lanxi"
NAMES = {COUNTY: "岚溪县"}
SERVICES = 42
TOWNS: Mapping[str, tuple[str, ...]] = {
    "石桥镇": ("石桥", "新桥", "西桥", "上塘", "马家", "大槐", "下塘", "老井", "东桥", "桥头", "磨盘", "双井"),
    "青山镇": ("青山", "松林", "茶坪", "梨园", "石门", "龙泉", "榆树", "山口", "杏花", "古寨", "石榴"),
    "白鹭镇": ("白鹭", "芦荡", "北塘", "菱湖", "南湖", "渔港", "沙洲", "荷塘", "鹭岛", "莲坪"),
    "柳河镇": ("柳河", "柳湾", "渡口", "上柳", "下柳", "河西", "水磨", "沙坝", "河东"),
    "竹园乡": ("竹园", "竹坪", "笋岭", "斑竹", "竹林", "翠屏", "篾匠", "清泉"),
    "南坡乡": ("南坡", "阳坡", "花岗", "枣园", "牧场", "红土", "半坡", "上坡"),
    "云台乡": ("云台", "雾岭", "石阶", "松坪", "云顶", "高岭", "茶亭"),
    "河湾镇": ("河湾", "湾尾", "码头", "苇塘", "湾头", "鱼塘"),
}
DEVICES = (
    ("receipt-printer", "receipt_printer", "DLE EOT 1=12 2=12 3=12 4=12", "X-80", "tty:usb-1.3"),
    ("id-card-reader", "id_card_reader", "SW3=80 no card, SAM authorised", "SAM-V", "tty:usb-1.1"),
    ("display", "display", "300 frames in 10 s", "", "DP-1"),
    ("platform", "platform", "HTTP 200 in 46 ms", "", "eth0"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong at one village."""

    device: str
    code: str
    severity: str
    remedy: str
    minutes: float
    offered: int
    evidence: str = ""
    condition: str = "FAILED"


def _stopped(*said: str | float) -> Trouble:
    device, code, remedy, minutes, offered, evidence, condition = said
    return Trouble(
        device=str(device),
        code=str(code),
        severity="BLOCKING",
        remedy=str(remedy),
        minutes=float(minutes),
        offered=int(offered),
        evidence=str(evidence),
        condition=str(condition),
    )


TROUBLES: Mapping[str, Trouble] = {
    "下塘": _stopped("receipt-printer", "printer.paper_out", "CLERK", 36, 31, "DLE EOT 1=1A 2=32 3=12 4=72", "FAILED"),
    "竹林": _stopped("receipt-printer", "printer.cover_open", "CLERK", 14, 31, "DLE EOT 1=1A 2=16 3=12 4=12", "FAILED"),
    "东桥": _stopped("id-card-reader", "reader.unreachable", "CLERK", 25, 36, "", "UNREACHABLE"),
    "石榴": _stopped("display", "display.not_drawing", "TECHNICIAN", 980, 0, "0 frames in 20 s, restarted 3 times", "FAILED"),
    "高岭": _stopped("id-card-reader", "reader.sam_unauthorised", "TECHNICIAN", 1378, 25, "SW3=60", "FAILED"),
    "上坡": _stopped("receipt-printer", "printer.not_fitted", "CONFIGURE", 219, 0, "", "NOT_FITTED"),
    "荷塘": _stopped("receipt-printer", "printer.offline", "RESET", 8, 31, "DLE EOT 1=1A", "FAILED"),
    "湾头": _stopped("receipt-printer", "printer.head_hot", "WAIT", 6, 31, "", "DEGRADED"),
}
SILENT = ("柳河", "渡口", "上柳", "沙坝")
PLANNED = ("竹坪", "篾匠")
ACKNOWLEDGED: Mapping[str, tuple[str, str]] = {
    "石榴": ("技术员 03", "带触摸控制器过去，10:20 到"),
    "高岭": ("技术员 07", "SAM 卡已向公安申请"),
    "上坡": ("县局", "换机后配置没改，正在改"),
}
FLAPPING: Mapping[str, float] = {"下塘": 0.2, "竹林": 2.9, "荷塘": 2.1, "湾头": 0.7}
LOW_PAPER = ("新桥", "松林", "花岗", "斑竹", "码头")
SERVING = {"竹林": ("confirm", 3), "青山": ("printing", 5), "云顶": ("put_card", 2)}


@dataclass(slots=True, kw_only=True)
class Seeded:
    """What was written, so that tests can name it."""

    kiosk_of: dict[str, str] = field(default_factory=dict)


def open_store(path: Path) -> Engine:
    """Open an empty store with all tables."""
    engine = open_engine(sqlite_url(path))
    schema.metadata.create_all(engine)
    return engine


def add_kiosk(
    connection: Connection,
    kiosk: str,
    *,
    county: str = COUNTY,
    site: str = "下塘村",
    town: str = "石桥镇",
    now: datetime = NOW,
    seen_s: float = 2,
    is_silent: bool = False,
    offered: int = SERVICES,
    total: int = SERVICES,
    condition: str = "READY",
    screen: Mapping[str, Any] | None = None,
    heartbeat_s: float = 30,
    **others: Any,
) -> None:
    """Write one kiosk without devices."""
    row = {
        "county": county, "kiosk": kiosk, "site": site, "town": town, "address": f"{site}党群服务中心", "model": "ZK-2",
        "release": "2026.11.1", "life": 212, "birth_seq": 80_000, "stored_seq": 88_104, "heartbeat_s": heartbeat_s,
        "born_at": now - timedelta(days=2), "first_seen_at": now - timedelta(days=90),
        "last_seen_at": now - timedelta(seconds=seen_s), "is_silent": is_silent,
        "condition": "UNKNOWN" if is_silent else condition, "condition_since": now - timedelta(minutes=14),
        "services_offered": offered, "services_total": total,
        "screen": dict(screen or {"page": "attract", "service": "", "step": 0, "steps": 0}),
        "screen_at": now - timedelta(seconds=seen_s), "clock_trusted": True, "clock_skew_s": 0.2, "queued": 0, "shed": 0,
    }  # fmt: skip
    connection.execute(insert(schema.kiosk).values({**row, **others}))


def add_device(
    connection: Connection,
    kiosk: str,
    device: str,
    kind: str,
    *,
    county: str = COUNTY,
    condition: str = "READY",
    read_at: datetime | None = NOW - timedelta(seconds=2),
    supplies: Iterable[Mapping[str, Any]] = (),
    evidence: str = "",
    model: str = "",
    port: str = "",
) -> None:
    """Write one device."""
    connection.execute(
        insert(schema.device).values(
            county=county, kiosk=kiosk, device=device, kind=kind, condition=condition, read_at=read_at,
            supplies=[dict(supply) for supply in supplies], evidence=evidence, model=model, port=port,
        )
    )  # fmt: skip


def add_alarm(
    connection: Connection,
    kiosk: str,
    device: str,
    code: str,
    *,
    county: str = COUNTY,
    severity: str = "BLOCKING",
    remedy: str = "CLERK",
    raised_at: datetime = NOW - timedelta(minutes=5),
    cleared_at: datetime | None = None,
    cleared_by: str = "",
    cause: str = "kiosk",
    detail: str = "",
    **others: Any,
) -> int:
    """Write one alarm, and the occurrence it stands for; return the alarm's number."""
    said = {
        "county": county, "kiosk": kiosk, "device": device, "code": code, "severity": severity, "remedy": remedy,
        "detail": detail, "raised_at": raised_at, "received_at": raised_at, "cleared_at": cleared_at, "cleared_by": cleared_by,
        "cause": cause,
    }  # fmt: skip
    connection.execute(insert(schema.occurrence).values(said))
    number = connection.execute(insert(schema.alarm).values({**said, **others})).inserted_primary_key
    assert number is not None
    return int(number[0])


def add_incident(
    connection: Connection,
    *,
    scope: str,
    level: str = "link",
    kind: str = "network",
    county: str = COUNTY,
    began_at: datetime = NOW - timedelta(minutes=31),
    kiosks: int = 4,
    members: int = 4,
    evidence: str = "",
    **others: Any,
) -> int:
    """Write one incident; return its number."""
    number = connection.execute(
        insert(schema.incident).values(
            county=county, kind=kind, level=level, scope=scope, began_at=began_at, opened_at=began_at, kiosks=kiosks,
            members=members, evidence=evidence, **others,
        )
    ).inserted_primary_key  # fmt: skip
    assert number is not None
    return int(number[0])


def add_window(
    connection: Connection,
    *,
    scope: str,
    begins_at: datetime,
    ends_at: datetime,
    level: str = "town",
    why: str = "",
    county: str = COUNTY,
    by: str = "值班 04",
) -> int:
    """Write one maintenance window; return its number."""
    number = connection.execute(
        insert(schema.maintenance).values(
            county=county, level=level, scope=scope, begins_at=begins_at, ends_at=ends_at, why=why, by=by, created_at=begins_at
        )
    ).inserted_primary_key
    assert number is not None
    return int(number[0])


def add_message(
    connection: Connection, kiosk: str, *, seq: int, kind: str, at: datetime, body: Mapping[str, Any], county: str = COUNTY
) -> None:
    """Write one numbered message."""
    connection.execute(
        insert(schema.message).values(
            county=county, kiosk=kiosk, seq=seq, life=212, kind=kind, at=at, received_at=at, hist=False, body=dict(body)
        )
    )


def add_health(connection: Connection, kiosk: str, *, now: datetime, chance: random.Random, days: int = 90) -> None:
    """Write what days counted together say of one kiosk: availability."""
    today = now.astimezone(CHINA).date()
    rows = []
    for back in range(1, days + 1):
        lost = chance.choice((0, 0, 0, 0, 0, 0, 0, 900, 2_400, 7_000))
        rows.append({
            "county": COUNTY, "kiosk": kiosk, "day": today - timedelta(days=back), "open_s": 32_400.0,
            "full_s": 32_400.0 - lost * 2, "part_s": float(lost), "none_s": lost * 0.7, "unknown_s": lost * 0.3,
        })  # fmt: skip
    connection.execute(insert(schema.health_day), rows)


def add_healing(
    connection: Connection, kiosk: str, device: str, code: str, *, now: datetime, helped: int, failed: int, rung: str = "reset"
) -> None:
    """Write what one device tried by itself, today."""
    today = now.astimezone(CHINA).date()
    same = {"county": COUNTY, "kiosk": kiosk, "device": device, "code": code, "rung": rung, "day": today - timedelta(days=2)}
    said = [{**same, "outcome": outcome, "times": times} for outcome, times in (("helped", helped), ("failed", failed)) if times]
    connection.execute(insert(schema.healing_day), said)


def add_complaint(connection: Connection, kiosk: str, *, at: datetime, by: str = "villager", was_first: bool = True) -> None:
    """Write one complaint somebody telephoned."""
    connection.execute(
        insert(schema.complaint).values(county=COUNTY, kiosk=kiosk, at=at, by=by, about="screen", was_first=was_first)
    )


def add_audit(
    connection: Connection, *, at: datetime, by: str, act: str, kiosk: str = "", about: str = "", detail: str = "",
    result: str = "done", role: str = "dispatcher",
) -> None:  # fmt: skip
    """Write one act somebody did."""
    connection.execute(
        insert(schema.audit).values(
            at=at, by=by, role=role, act=act, result=result, county=COUNTY, kiosk=kiosk, about=about, detail=detail
        )
    )


def seed(engine: Engine, *, now: datetime = NOW) -> Seeded:
    """Write the whole county as of ``now``."""
    written = Seeded()
    chance = random.Random(71)
    with engine.begin() as connection:
        number = 0
        incident = add_incident(
            connection, scope="柳河 2 号光节点", evidence="62 秒内同链路 4 / 4 台静默，同镇另 5 台不走它，正常",
            began_at=now - timedelta(minutes=31),
        )  # fmt: skip
        add_window(
            connection, scope="竹园乡", begins_at=now - timedelta(minutes=42), ends_at=now + timedelta(minutes=108),
            why="供电所通知停电检修，村里已张贴告示",
        )  # fmt: skip
        for town, villages in TOWNS.items():
            for village in villages:
                number += 1
                kiosk = f"LX-{number:03}"
                written.kiosk_of[village] = kiosk
                _village(connection, kiosk, village, town, now=now, chance=chance, incident=incident)
        _past(connection, written, now=now, chance=chance)
    return written


PROVINCE = (
    *("岚溪", "龙坡", "雁渡", "枫河", "雁坡", "松岭", "龙坪", "竹岭", "鹭溪", "沙坡", "松渡", "云洲"),
    *("青溪", "兰渡", "云坡", "柏坡", "虹桥", "霞洲", "桂坡", "柏桥", "青坪", "雁坪", "云岭", "虹岭"),
)
CUT_OFF = (3, 17)
"""Which of them have lost their backbone."""


def seed_province(engine: Engine, *, now: datetime = NOW) -> dict[str, str]:
    """Write two dozen small counties, two of them in trouble; returns what people call each."""
    chance = random.Random(24)
    names = {f"33{number:02}": f"{name}县" for number, name in enumerate(PROVINCE, start=1)}
    with engine.begin() as connection:
        for place, (county, name) in enumerate(names.items()):
            incident = 0
            if place in CUT_OFF:
                incident = add_incident(
                    connection, scope="外网汇聚节点", county=county, kiosks=24, members=40, began_at=now - timedelta(minutes=22)
                )
            for number in range(40):
                _of_province(connection, county, f"{name[:2]}-{number:03}", incident, now=now, chance=chance, number=number)
    return names


def _of_province(
    connection: Connection, county: str, site: str, incident: int, *, now: datetime, chance: random.Random, number: int
) -> None:
    kiosk, luck = f"K-{number:03}", chance.random()
    is_silent = bool(incident) and number < 24
    offered = 0 if luck < 0.012 else 31 if luck < 0.05 else SERVICES
    add_kiosk(
        connection, kiosk, county=county, site=f"{site}村", town=f"{number // 10 + 1} 镇", now=now, is_silent=is_silent,
        seen_s=1_320 if is_silent else chance.uniform(1, 29), offered=offered, condition="READY" if offered else "FAILED",
    )  # fmt: skip
    if is_silent:
        add_alarm(
            connection, kiosk, "kiosk", "kiosk.silent", county=county, remedy="TECHNICIAN", cause="silence",
            raised_at=now - timedelta(minutes=21), hushed_by="incident", incident_id=incident,
        )  # fmt: skip
    elif offered < SERVICES:
        code, remedy = chance.choice(
            (("printer.paper_out", "CLERK"), ("reader.silent", "TECHNICIAN"), ("printer.head_hot", "WAIT"))
        )
        add_alarm(
            connection, kiosk, "receipt-printer", code, county=county, remedy=remedy,
            raised_at=now - timedelta(minutes=chance.uniform(4, 900)),
        )  # fmt: skip
    for week in range(12):
        raised = now - timedelta(weeks=week, hours=chance.uniform(2, 100))
        add_alarm(
            connection, kiosk, "receipt-printer", "printer.paper_out", county=county, raised_at=raised,
            cleared_at=raised + timedelta(minutes=20), cleared_by="clerk",
        )  # fmt: skip


def _village(
    connection: Connection, kiosk: str, village: str, town: str, *, now: datetime, chance: random.Random, incident: int
) -> None:
    is_planned = village in PLANNED
    trouble, is_silent = TROUBLES.get(village), village in SILENT or is_planned
    quiet_min = 41 if is_planned else 31
    seen_s = quiet_min * 60 + chance.uniform(0, 60) if is_silent else chance.uniform(0.5, 29)
    lasting_min = trouble.minutes if trouble else quiet_min if is_silent else chance.uniform(600, 6000)
    page, step = SERVING.get(village, ("attract", 0))
    screen = {"page": page, "service": "social-security-enrolment" if step else "", "step": step, "steps": 6 if step else 0}
    offered = trouble.offered if trouble else SERVICES
    condition = "READY" if not trouble else "FAILED" if not offered else "DEGRADED"
    add_kiosk(
        connection, kiosk, site=f"{village}村", town=town, now=now, seen_s=seen_s, is_silent=is_silent, offered=offered,
        condition=condition, screen=screen,
        condition_since=now - timedelta(minutes=lasting_min),
    )  # fmt: skip
    for device, kind, evidence, model, port in DEVICES:
        is_hurt = trouble is not None and trouble.device == device
        low = village in LOW_PAPER
        left = round(chance.uniform(0.05, 0.12) if low else chance.uniform(0.3, 0.95), 2)
        paper = [{"name": "receipt_paper", "remaining": left, "low": low, "days_left": round(left * 43, 1)}]
        if is_hurt and trouble is not None and trouble.code == "printer.paper_out":
            paper = [{"name": "receipt_paper", "remaining": 0.0, "low": True}]
        add_device(
            connection, kiosk, device, kind,
            condition=trouble.condition if is_hurt and trouble else "READY",
            read_at=now - timedelta(seconds=seen_s + chance.uniform(0.2, 4)),
            supplies=paper if device == "receipt-printer" else (),
            evidence=(trouble.evidence if is_hurt and trouble else evidence),
            model=model, port=port,
        )  # fmt: skip
    if trouble:
        raised = now - timedelta(minutes=trouble.minutes)
        add_alarm(
            connection, kiosk, trouble.device, trouble.code, severity=trouble.severity, remedy=trouble.remedy,
            raised_at=raised, detail=trouble.evidence, flap_score=FLAPPING.get(village, 0.1), flap_at=now,
            needs_person=trouble.remedy in {"TECHNICIAN", "CONFIGURE"} or village == "竹林",
            occurrences=3 if village == "竹林" else 1, **_taken(village, raised),
        )  # fmt: skip
    if village in LOW_PAPER:
        add_alarm(
            connection, kiosk, "receipt-printer", "printer.paper_low", severity="DEGRADED", remedy="CLERK",
            raised_at=now - timedelta(hours=chance.uniform(1, 60)),
        )  # fmt: skip
    if is_silent:
        add_alarm(
            connection, kiosk, "kiosk", "kiosk.silent", remedy="TECHNICIAN", cause="silence",
            raised_at=now - timedelta(seconds=seen_s - 75), hushed_by="maintenance" if is_planned else "incident",
            incident_id=None if is_planned else incident,
        )  # fmt: skip


def _taken(village: str, raised: datetime) -> dict[str, Any]:
    if village not in ACKNOWLEDGED:
        return {}
    by, said = ACKNOWLEDGED[village]
    return {"acknowledged_at": raised + timedelta(minutes=9), "acknowledged_by": by, "acknowledgement": said}


def _past(connection: Connection, written: Seeded, *, now: datetime, chance: random.Random) -> None:
    kiosks = sorted(written.kiosk_of.values())
    focus = written.kiosk_of["竹林"]
    said: list[tuple[datetime, str, str, Mapping[str, Any]]] = []

    def tell(kiosk: str, kind: str, at: datetime, body: Mapping[str, Any]) -> None:
        said.append((at, kiosk, kind, body))

    endings = (
        ("printer.paper_out", "CLERK", 40),
        ("printer.offline", "RESET", 3),
        ("printer.head_hot", "WAIT", 5),
        ("reader.silent", "TECHNICIAN", 900),
        ("platform.offline", "WAIT", 20),
    )
    for day in range(14):
        midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0) - timedelta(days=day)
        for _ in range(chance.randint(3, 6)):
            code, remedy, minutes = chance.choice(endings)
            raised = midnight + timedelta(minutes=chance.uniform(500, 1050) if day else chance.uniform(60, 480))
            device = (
                "platform"
                if code.startswith("platform")
                else "id-card-reader"
                if code.startswith("reader")
                else "receipt-printer"
            )
            add_alarm(
                connection, chance.choice(kiosks), device, code, remedy=remedy, raised_at=raised,
                cleared_at=min(raised + timedelta(minutes=minutes * chance.uniform(0.5, 1.5)), now - timedelta(minutes=13)),
                cleared_by="self",
            )  # fmt: skip
        for _ in range(chance.randint(24, 60) if day else 24):
            at = midnight + timedelta(minutes=chance.uniform(510, 1050) if day else chance.uniform(490, 550))
            _visit(tell, chance.choice(kiosks), at, chance)
        for _ in range(chance.choice((0, 1, 1, 2)) + (2 if day > 8 else 0)):
            tell(
                chance.choice(kiosks),
                "event",
                midnight + timedelta(minutes=chance.uniform(510, 545)),
                {"name": "repair.requested", "fields": {}},
            )
    add_alarm(
        connection, written.kiosk_of["清泉"], "cabinet", "cabinet.door_open", severity="DEGRADED", remedy="TECHNICIAN",
        raised_at=now - timedelta(days=2, hours=5), detail="24 小时 37 次开合", occurrences=37,
        is_flapping=True, flap_score=8.2, flap_at=now,
        hushed_by="shelved", shelved_until=now + timedelta(days=1, hours=9), shelved_by="值班 04",
        acknowledgement="门磁要换，周三带去",
    )  # fmt: skip
    _weeks(connection, kiosks, now=now, chance=chance)
    five = now.astimezone(CHINA).replace(hour=5, minute=30, second=0)
    for kiosk in kiosks:
        if kiosk not in {focus, *(written.kiosk_of[village] for village in (*SILENT, *PLANNED))}:
            subjects = "display" if kiosk == written.kiosk_of["石榴"] else ""
            tell(kiosk, "event", five, {"name": "selftest.done", "fields": {"checked": "4", "subjects": subjects}})
    _focus(connection, focus, tell, now=now, chance=chance)
    for kiosk in kiosks:
        add_health(connection, kiosk, now=now, chance=chance)
    for seq, (at, kiosk, kind, body) in enumerate(sorted(said, key=lambda one: one[0]), start=100):
        add_message(connection, kiosk, seq=seq, kind=kind, at=at, body=body)


def _weeks(connection: Connection, kiosks: list[str], *, now: datetime, chance: random.Random) -> None:
    """Ten weeks before the last two: villagers came first less and less."""
    monday = (now.astimezone(CHINA) - timedelta(days=now.astimezone(CHINA).weekday())).replace(hour=9, minute=0, second=0)
    for week, theirs in enumerate((11, 10, 9, 9, 7, 6, 6, 5, 4, 3, 3, 2)):
        begin = monday - timedelta(weeks=11 - week)
        for _ in range(theirs):
            at = begin + timedelta(minutes=chance.uniform(0, 60 if week == 11 else 6_000))
            add_complaint(connection, chance.choice(kiosks), at=at)
        for _ in range(chance.randint(14, 24) if week < 10 else 0):
            raised = begin + timedelta(minutes=chance.uniform(0, 6_000))
            add_alarm(
                connection, chance.choice(kiosks), "receipt-printer", "printer.paper_out", raised_at=raised,
                cleared_at=raised + timedelta(minutes=chance.uniform(5, 90)), cleared_by="clerk",
            )  # fmt: skip


def _visit(tell: Any, kiosk: str, at: datetime, chance: random.Random) -> None:
    outcome = chance.choices(("done", "not_done", "left"), (12, 1, 1))[0]
    tell(
        kiosk,
        "event",
        at,
        {
            "name": "visit.ended",
            "fields": {"service": "social-security-enrolment", "outcome": outcome, "seconds": chance.randint(70, 260)},
        },
    )


def _focus(connection: Connection, kiosk: str, tell: Any, *, now: datetime, chance: random.Random) -> None:
    """A week at 竹林村: what the kiosk's page is for."""
    today = now.astimezone(CHINA).replace(hour=0, minute=0, second=0)

    def fault(
        device: str,
        code: str,
        days: float,
        hour: float,
        minutes: float,
        *,
        severity: str = "BLOCKING",
        remedy: str = "CLERK",
        by: str = "clerk",
        cause: str = "kiosk",
    ) -> None:
        raised = today - timedelta(days=days) + timedelta(hours=hour)
        cleared = raised + timedelta(minutes=minutes)
        add_alarm(
            connection,
            kiosk,
            device,
            code,
            severity=severity,
            remedy=remedy,
            raised_at=raised,
            cleared_at=cleared,
            cleared_by=by,
            cause=cause,
        )
        state = {"device": device, "code": code, "severity": severity, "remedy": remedy}
        if cause == "kiosk":
            tell(kiosk, "fault", raised, {"fault": state, "cleared_at": None, "cleared_by": ""})
            tell(kiosk, "fault", cleared, {"fault": state, "cleared_at": cleared.isoformat(), "cleared_by": by})

    fault("display", "display.not_drawing", 6, 10.5, 1.2, severity="DEGRADED", remedy="TECHNICIAN", by="reset")
    fault("receipt-printer", "printer.cover_open", 5, 14.3, 45)
    fault("receipt-printer", "printer.paper_low", 4, 8.9, 85, severity="DEGRADED")
    fault("receipt-printer", "printer.cover_open", 3, 10.0, 42)
    fault("kiosk", "kiosk.silent", 2, 13.0, 24, remedy="TECHNICIAN", by="", cause="silence")
    fault("platform", "platform.offline", 1, 9.2, 18, remedy="WAIT", by="self")
    for days, visits in enumerate((2, 4, 1, 1, 2, 2, 3)):
        for place in range(visits):
            _visit(tell, kiosk, today - timedelta(days=days) + timedelta(hours=8.6 + place * (0.2 if not days else 1.7)), chance)
    raised = now - timedelta(minutes=14)
    tell(kiosk, "status", raised, {"device": {"device": "receipt-printer", "kind": "receipt_printer", "condition": "FAILED"}})
    tell(
        kiosk,
        "fault",
        raised,
        {"fault": {"device": "receipt-printer", "code": "printer.cover_open"}, "cleared_at": None, "cleared_by": ""},
    )
    tell(
        kiosk,
        "event",
        now - timedelta(minutes=12),
        {"name": "clerk.gave_up", "fields": {"device": "receipt-printer", "code": "printer.cover_open"}},
    )
    for days in range(7):
        at = today - timedelta(days=days) + timedelta(hours=5.5)
        failed = "receipt-printer" if days == 3 else ""
        fields = {"at": at.isoformat(), "checked": "4", "failed": "1" if failed else "0", "subjects": failed, "codes": ""}
        tell(kiosk, "event", at, {"name": "selftest.done", "fields": fields})
    add_healing(connection, kiosk, "receipt-printer", "printer.offline", now=now, helped=11, failed=2)
    add_healing(connection, kiosk, "display", "display.not_drawing", now=now, helped=3, failed=0, rung="restart")
    add_audit(
        connection, at=now - timedelta(minutes=6), by="wang.fang", act="alarm.acknowledge", kiosk=kiosk, about="alarm 7",
        detail="第三次了，让技术员带送纸轮去",
    )  # fmt: skip
    add_audit(
        connection, at=now - timedelta(minutes=3), by="li.qiang", role="maintainer", act="alarm.shelve", kiosk=kiosk,
        about="alarm 7", result="refused",
    )  # fmt: skip
    connection.execute(
        insert(schema.equipment).values(
            county=COUNTY, kiosk=kiosk, village="竹林村", link="竹园 1 号光节点", feeder="竹园 03 线", area="维护一组",
            vendor="岚溪信息", batch="2025-2",
        )
    )  # fmt: skip
    tell(kiosk, "event", now - timedelta(minutes=9), {"name": "repair.requested", "fields": {}})
