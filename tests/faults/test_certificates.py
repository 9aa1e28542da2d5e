"""Rows of certificates: a kiosk that is let in nowhere, or trusts nobody who answers, serves on, tells nothing and heals."""

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telemetry.fleet.eviction import evict
from telemetry.mqtt import Address, Credentials
from telemetry.wire.topics import KioskId
from tests.fakes.authority import EXPIRED, Authority
from tests.faults.row import Row
from tests.faults.traces import assert_clean_log
from tests.provisioning.secured import running
from tests.telemetry.together import MOSQUITTO, free_port, until
from tests.whole.kiosk import FleetLine, whole_kiosk

pytestmark = [pytest.mark.system, pytest.mark.fault("F45"), pytest.mark.timeout(120)]

KIOSK = KioskId(county="demo", kiosk="DEMO-001")
NAME = "demo/DEMO-001"
"""What the certificate of the kiosk of the tests calls it."""
HEALS_WITHIN_S = 40.0
"""Backoff grows to 30 s at most while nobody answers."""
SETTINGS = """
per_listener_settings true
persistence false
user root
listener {plain} 127.0.0.1
allow_anonymous true
listener {service} 127.0.0.1
cafile {folder}/ca.pem
certfile {server.certificate}
keyfile {server.key}
require_certificate true
use_identity_as_username true
listener {secure} 127.0.0.1
cafile {folder}/ca.pem
certfile {server.certificate}
keyfile {server.key}
crlfile {folder}/crl.pem
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
use_username_as_clientid true
acl_file {acl}
"""
RIGHTS = Path(__file__).resolve().parents[2] / "deploy/mosquitto/rights.acl"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """A mosquitto that asks kiosks for certificates; the ear of the tests listens at a door of its own."""

    authority: Authority
    plain: int
    secure: int
    service: int
    pid: int

    def revoke(self, *revoked: Credentials) -> None:
        self.authority.revoke(*revoked)
        os.kill(self.pid, signal.SIGHUP)

    def pardon(self, *revoked: Credentials) -> None:
        self.authority.pardon(*revoked)
        os.kill(self.pid, signal.SIGHUP)


@contextmanager
def _fleet(folder: Path, *, server: Credentials | None = None) -> Iterator[Fleet]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    authority = Authority(folder / "ours")
    plain, secure, service = free_port(), free_port(), free_port()
    ports = {"plain": plain, "secure": secure, "service": service}
    said = SETTINGS.format(folder=authority.folder, server=server or authority.server(), acl=RIGHTS, **ports)
    (folder / "mosquitto.conf").write_text(said, encoding="utf-8")
    with running(MOSQUITTO, "-c", str(folder / "mosquitto.conf"), port=plain) as pid:
        yield Fleet(authority=authority, pid=pid, **ports)


def _lay(folder: Path, shown: Credentials | None, *, ca: Path) -> None:
    """Lay an identity into the kiosk's state folder, as enrolment would; None takes it away."""
    state, number = folder / "kiosk", 1
    (state / "identity").unlink(missing_ok=True)
    while (into := state / f"identity-{number}").exists():
        number += 1
    if shown is None:
        return
    into.mkdir(parents=True)
    for path, name in ((shown.certificate, "certificate.pem"), (shown.key, "key.pem"), (ca, "ca.pem")):
        shutil.copy(path, into / name)
    (state / "identity").symlink_to(into.name)


def _why(entries: Sequence[Mapping[str, object]]) -> str:
    """Why the fleet was not reached or lost, as the kiosk's log has it: what a technician reads."""
    told = [entry for entry in entries if entry["event"] in {"fleet not reachable", "fleet lost"}]
    return "; ".join(str(entry.get("error") or entry.get("why")) for entry in told)


Hold = Callable[[Authority, Authority], tuple[Credentials | None, Path]]
"""What the kiosk holds of our authority and a stranger's: an identity, and the authority it believes."""

WRONG: Mapping[str, tuple[Hold, str]] = {
    "missing": (lambda ours, _: (None, ours.ca), "no certificate of ours"),
    "of another authority": (lambda ours, theirs: (theirs.kiosk(NAME), ours.ca), "does not know the authority|refuse our certif"),
    "expired": (lambda ours, _: (ours.kiosk(NAME, span=EXPIRED), ours.ca), "has expired|refuse our certificate"),
    "right, but the broker is of another authority": (lambda ours, theirs: (ours.kiosk(NAME), theirs.ca), "not of our authority"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_kiosk_that_finds_no_fleet_it_may_speak_to_serves_on_and_heals(row: Row, folder: Path, wrong: str) -> None:
    with _fleet(folder) as fleet, capture_logs() as entries:
        hold, words = WRONG[wrong]
        shown, ca = hold(fleet.authority, Authority(folder / "theirs"))
        _lay(folder, shown, ca=ca)
        row.injected(f"a kiosk starts, its certificate is {wrong}")
        async with whole_kiosk(folder, broker_port=fleet.plain, fleet=FleetLine(port=fleet.secure)) as kiosk:
            await until(lambda: re.search(words, _why(entries)) is not None, "why it is not let in")
            row.seen()
            await kiosk.walk_to("confirm")
            row.page(f"{kiosk.glass.view.kind}: everything else as ever")
            assert kiosk.ear.bodies == [], "nothing is told to nobody"
            row.mended()
            _lay(folder, fleet.authority.kiosk(NAME), ca=fleet.authority.ca)
            await kiosk.ear.body("birth", lambda _: True, what="it speaks", within_s=HEALS_WITHIN_S)
            row.healed()
            row.note(f"a technician reads: {_why(entries)[:120]}")
    assert_clean_log(entries)


async def test_a_kiosk_that_is_revoked_while_it_speaks_serves_on_and_comes_back_when_pardoned(row: Row, folder: Path) -> None:
    with _fleet(folder) as fleet, capture_logs() as entries:
        mine = fleet.authority.kiosk(NAME)
        _lay(folder, mine, ca=fleet.authority.ca)
        async with whole_kiosk(folder, broker_port=fleet.plain, fleet=FleetLine(port=fleet.secure)) as kiosk:
            await kiosk.ear.body("birth", lambda _: True, what="it speaks", within_s=HEALS_WITHIN_S)
            row.injected("its certificate is put on the list of revoked ones, and its connection ended")
            fleet.revoke(mine)
            address = Address(host="127.0.0.1", port=fleet.service, is_secure=True)
            await evict(KIOSK, address=address, credentials=fleet.authority.service())
            await kiosk.ear.body("death", lambda body: body["reason"] == "lost", what="its will")
            await until(lambda: re.search("revoked|refuse our certificate", _why(entries)) is not None, "why")
            row.seen()
            said = len(kiosk.ear.bodies)
            await kiosk.walk_to("confirm")
            row.page(f"{kiosk.glass.view.kind}: everything else as ever")
            assert kiosk.ear.bodies[said:] == [], "what is revoked tells nobody anything"
            row.mended()
            fleet.pardon(mine)
            await kiosk.ear.body("birth", lambda _: True, what="it speaks again", since=said, within_s=HEALS_WITHIN_S)
            row.healed()
    assert_clean_log(entries)
