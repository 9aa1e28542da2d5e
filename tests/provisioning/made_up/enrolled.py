"""Who was let in: the county's machines, some that wait, one of them back after months, one refused, two with one identity."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from provisioning.fleet.authority import Authority, keep_own
from provisioning.fleet.clone_book import IDENTITY_REPORTED, CloneBook
from provisioning.fleet.registry import identities, requests, serials
from provisioning.fleet.registry.acts import RegistryActs, Who
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.returning import Returning
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials_file import Listed
from provisioning.fleet.signing import SigningKey
from provisioning.wire.enrolment import EnrolmentAsked, EnrolmentTold
from provisioning.wire.identity import read_pem
from tests.provisioning.identity.bureau import Box, proven
from tests.provisioning.made_up.people import FIRST, SECOND, of, says
from tests.telemetry.web.county import COUNTY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLONED, GIVEN_UP, LATE = "芦荡", "沙洲", ("码头", "龙泉")
"""Villages: of the pair, of the one that is no more, of those whose certificate was not renewed in time."""
NOT_YET = ("松坪", "茶亭")
"""Villages whose machine still lies in its crate."""
SPARE = "ZZ-SYN-0101"
"""Waits for a person, who is to say which kiosk it becomes; and somebody else has shown its code since."""
TURNED_DOWN = "ZZ-SYN-0102"
BACK = ("ZZ-SYN-0103", "杨梅坳", "LX-090")
"""Serial, village and kiosk of one that stood switched off while the village hall was rebuilt; its certificate has ended."""


def seed(engine: Engine, folder: Path, kiosk_of: Mapping[str, str], *, now: datetime) -> RegistryActs:
    """Let the county in; returns who acts on it. ``folder`` is the authority's, not there yet."""
    authority = Authority.create(folder, name="Lanxi county (made up)", now=now - 200 * DAY)
    keep_own(authority, folder, ("fleet.lanxi.example",), now=now - 131 * DAY)
    key = SigningKey.open(folder)
    revocations = Revocations(engine, authority, folder)
    acts = RegistryActs(engine, authority, revocations)
    enrolling = Enrolling(engine, authority, revocations, keys=lambda: (key.public,))
    serial_of = {village: f"ZZ-SYN-{number:04}" for number, village in enumerate(kiosk_of, start=1)}
    listed = [
        Listed(serial=serial_of[village], county=COUNTY, kiosk=kiosk, village=f"{village}村", model="ZK-2")
        for village, kiosk in kiosk_of.items()
    ]
    listed += [Listed(serial=serial, county=COUNTY, model="ZK-2") for serial in (SPARE, TURNED_DOWN)]
    serial, village, kiosk = BACK
    listed += [Listed(serial=serial, county=COUNTY, kiosk=kiosk, village=f"{village}村", model="ZK-2")]
    with engine.begin() as connection:
        serials.put(connection, list(enumerate(listed, start=2)), FIRST, now=now - 130 * DAY)

    def ask(box: Box, code: str, at: datetime) -> EnrolmentTold:
        asked = EnrolmentAsked(serial=box.serial, code=code, csr=box.csr, hardware=box.hardware, release="2026.11.1")
        return enrolling.ask(asked, address="10.27.4.31", now=at)

    for number, village in enumerate(kiosk_of):
        if village in NOT_YET:
            continue
        days = 76 if village in LATE else (number * 7) % 59 + 0.2
        at = now - timedelta(days=days)
        box = Box(serial=serial_of[village], hardware=f"{number:064x}"[::-1])
        told = ask(box, acts.make_code(Who(person=FIRST), box.serial, now=at - HOUR), at)
        bearer = read_pem(told.certificate.encode())
        with engine.begin() as connection:
            identities.hear(connection, of(kiosk_of[village]), bearer.number, now=now - timedelta(minutes=number % 50 + 1))

    spare = acts.make_code(Who(person=FIRST), SPARE, now=now - 2 * HOUR)
    ask(Box(serial=SPARE, hardware="7c" * 32), spare, now - 34 * HOUR / 60)
    down = acts.make_code(Who(person=FIRST), TURNED_DOWN, now=now - 20 * HOUR)
    ask(Box(serial=TURNED_DOWN, hardware="51" * 32), down, now - 19 * HOUR)
    acts.turn_down(Who(person=SECOND), _waiting_number(engine, TURNED_DOWN), now=now - 18 * HOUR)
    for village in NOT_YET:
        acts.make_code(Who(person=FIRST), serial_of[village], now=now - 3 * HOUR)
    ask(Box(serial=SPARE, hardware="13" * 32), spare, now - HOUR / 4)
    _come_back(Returning(engine, authority, revocations, keys=lambda: (key.public,)), acts, ask, now=now)
    acts.retire(Who(person=SECOND), of(kiosk_of[GIVEN_UP]), "村部搬迁", now=now - 5 * DAY)
    other_board = {"hardware": "ee" * 32, "certificate": "aa" * 8}
    with engine.begin() as connection:
        says(connection, kiosk_of[CLONED], IDENTITY_REPORTED, {**other_board}, (CloneBook(),), at=now - 26 * HOUR / 60)
    revocations.publish(now=now)
    return acts


def _come_back(
    returning: Returning, acts: RegistryActs, ask: Callable[[Box, str, datetime], EnrolmentTold], *, now: datetime
) -> None:
    """Let one in long ago, and have it come back this morning."""
    serial, *_ = BACK
    box = Box(serial=serial, hardware="b0" * 32)
    at = now - 127 * DAY
    told = ask(box, acts.make_code(Who(person=FIRST), serial, now=at - HOUR), at)
    last_key = box.key
    box.turn_key()
    back = now - 2 * HOUR
    number = returning.tell_number(now=back).number
    returning.ask(proven(box, told.certificate, last_key, number), address="10.27.4.90", now=back)


def _waiting_number(engine: Engine, serial: str) -> int:
    with engine.connect() as connection:
        return next(request.id for request in requests.pending(connection) if request.serial == serial)
