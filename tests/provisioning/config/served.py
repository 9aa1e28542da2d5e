"""The desk over a county of the tests: layers, changes, kiosks on their way, one that went back. All synthetic."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from provisioning.fleet.config import acts
from provisioning.fleet.config.layers import Kind, LayerKey
from provisioning.fleet.config.ramp import Ramp
from provisioning.wire.layering import Tree
from telemetry.fleet.store.schema import desired, kiosk
from tests.provisioning.config.county import LI, NOW, WANG, fill, says
from tests.telemetry.web.county import open_store

AT_ONCE = Ramp(first=1_000)
NAMES = ("光明村", "上坡村", "下塘村", "东山村", "石桥村", "南坡村", "清泉村", "大岭村", "白沙村", "新田村", "柳河村", "枫树村")


def seeded(folder: Path) -> Engine:
    """A store with some history of configuration."""
    engine = fill(open_store(folder / "fleet.sqlite3"), kiosks=24)
    with engine.begin() as connection:
        for number in range(24):
            named = kiosk.c.kiosk == f"K{number + 1}"
            connection.execute(update(kiosk).where(named).values(site=NAMES[number % len(NAMES)], is_silent=number == 7))
        province = LayerKey(kind=Kind.PROVINCE)
        county = LayerKey(kind=Kind.COUNTY, name="demo")
        layers: tuple[tuple[LayerKey, Tree, tuple[str, ...], str, int], ...] = (
            (
                province,
                {"screen": {"text_size": 1, "volume": 2}, "log": {"level": "info"}, "platform": {"retries": 3}},
                ("platform.retries",),
                "全省默认",
                240,
            ),
            (
                county,
                {"kiosk": {"help_phone": "12345"}, "screen": {"text_size": 2}, "selftest": {"at": "05:10"}},
                (),
                "老人多，字大一号",
                90,
            ),
        )
        for key, settings, locked, note, hours in layers:
            at = NOW - timedelta(hours=hours)
            change = acts.draft(connection, LI, key, settings, locked, note=note, now=at)
            acts.submit(connection, LI, change.id, now=at, ramp=AT_ONCE)
            acts.approve(connection, WANG, change.id, now=at + timedelta(minutes=8), ramp=AT_ONCE)
        mine = LayerKey(kind=Kind.KIOSK, name="demo/K2")
        printer: Tree = {
            "driver": "receipt_printer/escpos",
            "port": "serial:/dev/ttyUSB1?baud=115200",
            "settings": {"model": "generic-58"},
        }
        change = acts.draft(
            connection,
            LI,
            mine,
            {"device": {"receipt-printer": dict(printer)}, "screen": {"volume": 3}},
            note="换了打印机",
            now=NOW - timedelta(hours=20),
        )
        acts.submit(connection, LI, change.id, now=NOW - timedelta(hours=20), ramp=AT_ONCE)
        connection.execute(update(desired).values(told=1))
        for number in range(1, 25):
            version = 3 if number == 2 else 2
            match number:
                case 2:
                    says(connection, "K2", 3, "went_back", in_force=2, reason="not proven within 60 s: receipt-printer")
                case 5:
                    says(connection, "K5", version, "waiting", in_force=1)
                case 8:
                    pass
                case _:
                    says(connection, f"K{number}", version, "in_force", in_force=version)
        acts.draft(connection, WANG, mine, {"screen": {"volume": 3}}, note="先不换打印机", now=NOW - timedelta(hours=1))
        town = LayerKey(kind=Kind.TOWN, name="demo/南三镇")
        wide = acts.draft(
            connection,
            LI,
            town,
            {
                "screen": {"text_size": 3, "voice_is_on": True},
                "services": {"offered": ["pension_arrival", "pension_qualification"]},
            },
            ("screen.voice_is_on",),
            note="集日老人多，先开语音",
            now=NOW - timedelta(minutes=40),
        )
        acts.submit(connection, LI, wide.id, now=NOW - timedelta(minutes=38))
    return engine
