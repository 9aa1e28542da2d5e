"""Whatever is done at the desk is found in the audit, with who did it. A form nobody has thought of here fails."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.people import RolloutActs
from provisioning.fleet.web import config_pages
from provisioning.fleet.web.enrolment_forms import Deed
from telemetry.fleet.store.schema import audit, enrolment, rollout
from telemetry.fleet.web.render import Pages
from tests.provisioning.made_up import MadeUpDesk, seed_desk
from tests.provisioning.made_up.enrolled import NOT_YET
from tests.provisioning.made_up.people import FIRST
from tests.telemetry.web import county, served
from tests.telemetry.web.county import COUNTY, NOW
from tests.telemetry.web.test_roles import _routes
from tests.telemetry.web.visitor import Visitor

LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
CHOICES: dict[str, Sequence[str]] = {
    "/enrolment/kiosks/{county}/{kiosk}/{deed}": tuple(Deed),
    "/config/changes/{number}/{doing}": tuple(config_pages.DOINGS),
    "/rollouts/{number}/{doing}": tuple(Doing),
}
"""Where one route is several acts, by the last word of its address."""


@dataclass(kw_only=True)
class AtTheDesk:
    """Somebody of the bureau at the desk over the made-up county, of whose acts each must be found in the audit."""

    engine: Engine
    visitor: Visitor
    desk: MadeUpDesk
    kiosk_of: dict[str, str]
    csrf: str
    noted: set[str]

    def act(self, route: str, fields: dict[str, str] | None = None, **named: str | int) -> str:
        """Send a form; returns what the answer says."""
        before = self._last()
        path = route.format(**named)
        answer = self.visitor.post(path, fields, csrf=self.csrf)
        assert answer.status_code in {201, 303}, (path, answer.status_code, answer.text[-2_000:])
        with self.engine.connect() as connection:
            fresh = connection.execute(select(audit.c.by, audit.c.result).where(audit.c.id > before)).all()
        assert {tuple(row) for row in fresh} == {("local", "done")}, path
        last = str(named.get("deed", named.get("doing", "")))
        self.noted.add(route.replace("{deed}", last).replace("{doing}", last))
        return answer.text

    def row(self, number: int) -> str:
        """Return which version of a rollout a page would show now."""
        with self.engine.connect() as connection:
            return str(connection.execute(select(rollout.c.row_version).where(rollout.c.id == number)).scalar_one())

    def waiting(self) -> tuple[int, int]:
        """Return the requests of the machine that waits with a code, and of the one that came back."""
        question = select(enrolment.c.id).where(enrolment.c.state == "pending").order_by(enrolment.c.shown)
        with self.engine.connect() as connection:
            with_a_code, back = connection.execute(question).scalars()
        return int(with_a_code), int(back)

    def _last(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.max(audit.c.id))).scalar_one())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AtTheDesk]:
    engine = county.open_store(tmp_path / "fleet.sqlite3")
    kiosk_of = county.seed(engine).kiosk_of
    made_up = seed_desk(engine, tmp_path, kiosk_of)
    visitor = Visitor(served.build(engine, now=lambda: NOW, desk=made_up.desk))
    csrf = visitor.csrf("/keys")
    yield AtTheDesk(engine=engine, visitor=visitor, desk=made_up, kiosk_of=kiosk_of, csrf=csrf, noted=set())
    engine.dispose()


def acts(of: MadeUpDesk) -> set[str]:
    """Return every form of the desk, as its address stands in the routes."""
    found = set()
    for router in of.desk.routers(Pages({}), lambda: 0):
        for path, methods in _routes(router.routes):
            if methods - LOOKING:
                found |= {path.replace("{deed}", one).replace("{doing}", one) for one in CHOICES.get(path, ("",))}
    return found


@pytest.mark.timeout(180)
def test_whatever_is_done_at_the_desk_is_in_the_audit(desk: AtTheDesk) -> None:
    _lets_machines_in(desk)
    _configures(desk)
    _rolls_out(desk)
    _commands(desk)
    desk.act("/keys/turn", {"sure": "yes"})
    assert desk.noted == acts(desk.desk)


def _lets_machines_in(desk: AtTheDesk) -> None:
    with_a_code, back = desk.waiting()
    desk.act("/enrolment/requests/{number}/approve", {"kiosk": "LX-101"}, number=with_a_code)
    desk.act("/enrolment/requests/{number}/refuse", number=back)
    serial = f"ZZ-SYN-{[*desk.kiosk_of].index(NOT_YET[0]) + 1:04}"
    desk.act("/enrolment/codes", {"serial": serial})
    desk.act("/enrolment/codes/withdraw", {"serial": serial})
    of_kiosk = "/enrolment/kiosks/{county}/{kiosk}/{deed}"
    for deed in (Deed.QUARANTINE, Deed.READMIT, Deed.RETIRE):
        desk.act(of_kiosk, {"reason": "looked at"}, county=COUNTY, kiosk=desk.kiosk_of["石桥"], deed=deed.value)


def _configures(desk: AtTheDesk) -> None:
    of_change = "/config/changes/{number}/{doing}"
    desk.act("/config/drafts", {"layer": f"kiosk:{COUNTY}/{desk.kiosk_of['石桥']}", "text": "[screen]\nvolume = 1\n"})
    desk.act(of_change, number=desk.desk.change + 1, doing="submit")
    desk.act(of_change, number=desk.desk.change + 1, doing="roll-back")
    desk.act(of_change, {"why": "not now"}, number=desk.desk.change + 2, doing="reject")
    desk.act(of_change, number=desk.desk.change, doing="approve")


def _rolls_out(desk: AtTheDesk) -> None:
    of_rollout, number = "/rollouts/{number}/{doing}", desk.desk.rollout
    for doing in (Doing.PAUSE, Doing.RESUME, Doing.ROLL_BACK, Doing.DECLINE, Doing.CANCEL):
        desk.act(of_rollout, {"version": desk.row(number)}, number=number, doing=doing.value)
    desk.act("/rollouts", {"version": "2026.11.3", "county": COUNTY})
    number += 1
    RolloutActs(desk.engine).take(FIRST, number, Doing.ROLL_BACK, seen_row=int(desk.row(number)), now=NOW)
    desk.act(of_rollout, {"version": desk.row(number)}, number=number, doing=Doing.APPROVE.value)


def _commands(desk: AtTheDesk) -> None:
    page = desk.visitor.get("/commands?do=self-test&kiosks=LX-001").text
    form = page[page.index('id="means"') :]
    desk.act("/commands", dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)))
    desk.act("/commands/{number}/approve", number=6)
    desk.act("/commands/{number}/cancel", number=7)
