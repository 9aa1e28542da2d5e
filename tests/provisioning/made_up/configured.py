"""What is configured: layers of the county, a change that waits for a second person, kiosks on their way, one that went back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update

from provisioning.fleet.config import acts
from provisioning.fleet.config.book import REPORTED, DesiredBook
from provisioning.fleet.config.layers import Kind, LayerKey
from provisioning.fleet.config.ramp import Ramp
from provisioning.wire.layering import Tree
from telemetry.fleet.store.schema import desired, equipment
from tests.provisioning.made_up.people import FIRST, SECOND, says
from tests.telemetry.web.county import COUNTY, SILENT, TOWNS

AT_ONCE = Ramp(first=1_000)
HOUR = timedelta(hours=1)
WENT_BACK, ON_TRIAL, AT_THE_SCREEN = "斑竹", "茶坪", "青山"
"""Villages: of a document that did not prove itself, of one on trial, and of one that waits for a villager."""
PRINTER: Tree = {
    "driver": "receipt_printer/escpos", "port": "serial:/dev/ttyUSB1?baud=115200", "settings": {"model": "generic-58"},
}  # fmt: skip


def seed(engine: Engine, kiosk_of: Mapping[str, str], *, now: datetime) -> int:
    """Write it; returns the number of the change that waits for a second person."""
    village_of = {kiosk: village for village, kiosk in kiosk_of.items()}
    with engine.begin() as connection:
        for row in connection.execute(select(equipment.c.kiosk)).all():
            where = equipment.c.kiosk == row.kiosk
            connection.execute(update(equipment).where(where).values(village=f"{village_of[row.kiosk]}村"))
        province = LayerKey(kind=Kind.PROVINCE)
        county = LayerKey(kind=Kind.COUNTY, name=COUNTY)
        hills = LayerKey(kind=Kind.TOWN, name=f"{COUNTY}/青山镇")
        layers: tuple[tuple[LayerKey, Tree, tuple[str, ...], str, int], ...] = (
            (
                province,
                {"screen": {"text_size": 1, "volume": 2}, "log": {"level": "info"}, "platform": {"retries": 3}},
                ("platform.retries",),
                "全省默认",
                900,
            ),
            (
                county,
                {"kiosk": {"help_phone": "12345"}, "screen": {"text_size": 2}, "selftest": {"at": "05:10"}},
                (),
                "老人多，字大一号",
                90,
            ),
            (hills, {"screen": {"volume": 3}, "selftest": {"at": "05:40"}}, (), "山里风大，声音大一点", 2),
        )
        for key, settings, locked, note, hours in layers:
            at = now - hours * HOUR
            change = acts.draft(connection, FIRST, key, settings, locked, note=note, now=at)
            submitted = acts.submit(connection, FIRST, change.id, now=at, ramp=AT_ONCE)
            if submitted.state.value == "waiting":
                acts.approve(connection, SECOND, change.id, now=at + timedelta(minutes=8), ramp=AT_ONCE)
        mine = LayerKey(kind=Kind.KIOSK, name=f"{COUNTY}/{kiosk_of[WENT_BACK]}")
        at = now - 20 * HOUR
        change = acts.draft(connection, FIRST, mine, {"device": {"receipt-printer": dict(PRINTER)}}, note="换了打印机", now=at)
        acts.submit(connection, FIRST, change.id, now=at, ramp=AT_ONCE)
        connection.execute(update(desired).values(told=1, tell_at=None))
        books = (DesiredBook(),)
        for row in connection.execute(select(desired.c.kiosk, desired.c.version)).all():
            village = village_of[row.kiosk]
            before = {"version": row.version - 1, "state": "in_force", "in_force": row.version - 1}
            if village in SILENT:
                says(connection, row.kiosk, REPORTED, before, books, at=now - 60 * HOUR)
                continue
            told = {"version": row.version, "state": "in_force", "in_force": row.version}
            at = now - 89 * HOUR
            match village:
                case "斑竹":
                    reason = "not proven within 60 s: receipt-printer"
                    told |= {"state": "went_back", "in_force": row.version - 1, "reason": reason}
                    at = now - 19.8 * HOUR
                case "茶坪":
                    told |= {"state": "on_trial", "in_force": row.version - 1}
                    at = now - timedelta(seconds=41)
                case "青山":
                    told |= {"state": "waiting", "in_force": row.version - 1}
                    at = now - timedelta(minutes=7)
                case _ if village in TOWNS["青山镇"]:
                    at = now - 1.9 * HOUR
                case _:
                    pass  # it has had its document for days
            says(connection, row.kiosk, REPORTED, told, books, at=at)
        acts.draft(connection, SECOND, mine, {"screen": {"volume": 2}}, note="先不换打印机", now=now - HOUR)
        town = LayerKey(kind=Kind.TOWN, name=f"{COUNTY}/石桥镇")
        wide = acts.draft(
            connection,
            FIRST,
            town,
            {
                "screen": {"text_size": 3, "voice_is_on": True},
                "services": {"offered": ["pension_arrival", "pension_qualification", "contribution_statement"]},
            },
            ("screen.voice_is_on",),
            note="集日老人多，先开语音",
            now=now - timedelta(minutes=70),
        )
        acts.submit(connection, FIRST, wide.id, now=now - timedelta(minutes=68))
        return wide.id
