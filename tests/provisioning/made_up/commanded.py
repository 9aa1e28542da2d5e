"""What was commanded: one done everywhere, one with every outcome, one that waits for its second person, one nobody here sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from provisioning.fleet.commands import rows
from provisioning.fleet.commands.delivery import Delivery
from provisioning.fleet.commands.outcome_book import OutcomeBook
from provisioning.fleet.commands.rows import Wish
from provisioning.fleet.commands.rules import Terms
from provisioning.fleet.signing import SigningKey
from provisioning.wire.command import (
    REPORT,
    Order,
    PowerCycleDevice,
    RestartDisplay,
    RestartMachine,
    SelfTest,
    SendLogs,
    ShowNotice,
)
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import command_kiosk
from tests.provisioning.made_up.people import FIRST, SECOND, of, says
from tests.telemetry.web.county import COUNTY, TOWNS

MINUTE = timedelta(minutes=1)
TERMS = Terms(alone=10, lasts=timedelta(hours=24))
STONE_BRIDGE = tuple(TOWNS["石桥镇"])


def seed(engine: Engine, authority: Path, kiosk_of: Mapping[str, str], *, now: datetime) -> int:
    """Write it; returns the number of the command with every outcome."""
    key, book = SigningKey.open(authority), OutcomeBook(engine)

    def ask(order: Order, villages: Sequence[str], scope: str, why: str, *, by: Person, ago: float) -> int:
        at = now - ago * MINUTE
        wish = Wish(order=order, kiosks=[of(kiosk_of[one]) for one in villages], scope=scope, why=why, once=f"{ago}")
        with engine.begin() as connection:
            return rows.ask(connection, wish, by, TERMS, now=at).id

    def agree(number: int, ago: float) -> None:
        with engine.begin() as connection:
            rows.approve(connection, number, SECOND, now=now - ago * MINUTE)

    def deliver(ago: float) -> None:
        Delivery(engine, key=lambda: key, tell=lambda *_: True, now=lambda: now - ago * MINUTE).due()

    def answer(number: int, village: str, outcome: str, ago: float, **more: str) -> None:
        kiosk = kiosk_of[village]
        with engine.begin() as connection:
            mine = (command_kiosk.c.command_id == number, command_kiosk.c.kiosk == kiosk)
            name = connection.execute(select(command_kiosk.c.name).where(*mine)).scalar_one()
            told: dict[str, str | int] = {"id": name, "outcome": outcome, **more}
            says(connection, kiosk, REPORT, told, (book,), at=now - ago * MINUTE)

    notice = ShowNotice(text="周五停电检修，请改天来", until=now + timedelta(days=3))
    first = ask(notice, TOWNS["竹园乡"], f"{COUNTY} 竹园乡", "供电所通知", by=FIRST, ago=1_500)
    deliver(1_499)
    for village in TOWNS["竹园乡"]:
        answer(first, village, "done", 1_498)
    logs = ask(SendLogs(), ("石榴",), kiosk_of["石榴"], "画面不动，看日志", by=SECOND, ago=190)
    deliver(189)
    answer(logs, "石榴", "done", 186, detail="214 KB")
    power = ask(PowerCycleDevice(device="id-card-reader"), ("东桥",), kiosk_of["东桥"], "读卡器没回应", by=FIRST, ago=22)
    deliver(21.8)
    answer(power, "东桥", "failed", 21, detail="hub port 3 does not switch")
    everywhere = ask(RestartDisplay(), STONE_BRIDGE, f"{COUNTY} 石桥镇", "换了新的首页图", by=FIRST, ago=16)
    agree(everywhere, 12)
    deliver(11.9)
    for village in STONE_BRIDGE[:8]:
        answer(everywhere, village, "done", 11)
    answer(everywhere, "桥头", "refused", 11, reason="not_yet", detail="clock 9 min behind")
    mixed = ask(
        SelfTest(),
        ("青山", "竹林", "松林", "柳河", "高岭", "茶坪"),
        "LX-013, LX-047, LX-014, LX-034 … +2",
        "换版前看一遍",
        by=FIRST,
        ago=9,
    )
    deliver(8.8)
    answer(mixed, "青山", "waiting", 8.5, reason="villager")
    answer(mixed, "竹林", "waiting", 8.4, reason="villager")
    answer(mixed, "松林", "done", 7.9)
    answer(mixed, "高岭", "failed", 7.5, detail="id-card-reader: SAM not authorised")
    ask(RestartMachine(), ("石榴",), kiosk_of["石榴"], "画面重启三次不好", by=FIRST, ago=5)
    stranger: dict[str, str | int] = {"outcome": "refused", "reason": "bad_signature", "detail": "", "times": 3}
    with engine.begin() as connection:
        says(connection, kiosk_of["老井"], REPORT, stranger, (book,), at=now - 44 * MINUTE)
    return mixed
