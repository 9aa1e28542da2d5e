"""A made-up county in a real database, for rollouts of the tests: what its kiosks run and say, and a clock to turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.people import RolloutActs, Start
from provisioning.fleet.rollouts.rollout import Member, Rollout, Terms
from provisioning.fleet.rollouts.runner import RolloutRunner
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.schema import (
    condition_span,
    kiosk,
    kiosk_release,
    message,
    occurrence,
    release,
    rollout,
    visit_day,
    wanted_release,
)
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId
from tests.provisioning.rollouts.made import NEW, OLD, T0
from tests.provisioning.rollouts.made import kiosk as named

WANG = Person(name="wang", full_name="王测试", role=Role.BUREAU)
LI = Person(name="li", full_name="李测试", role=Role.BUREAU)
TOWNS = ("石桥镇", "青山镇", "白鹭镇", "柳河镇")
VILLAGES = "桥塘槐井湾坪林园门树花寨湖港"
QUICK = Terms(first=100, every=timedelta(seconds=1))
"""A ring is told at once."""


class County:
    """Kiosks ``LX-000`` ... of one county, all on the old release."""

    def __init__(self, engine: Engine, count: int) -> None:
        self.engine = engine
        self.now = T0
        self.acts = RolloutActs(engine)
        self.runner = RolloutRunner(engine, now=lambda: self.now)
        self.kiosks = [named(number) for number in range(count)]
        self._seq = 0
        with engine.begin() as connection:
            connection.execute(insert(kiosk), [self._row(number) for number in range(count)])
        for version in (OLD, NEW):
            self.add_release(version)

    def add_release(self, version: str, *, state: str = "published", note: str = "") -> None:
        """Write a release."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(release).values(
                    version=version, state=state, python="3.11", wheels=60, bytes=90_000_000, unpacked_bytes=300_000_000,
                    data_version=1, launcher=1, note=note, built_at=T0 - timedelta(days=3), added_at=T0 - timedelta(days=2),
                    added_by="wang", published_at=T0 - timedelta(days=1),
                )
            )  # fmt: skip

    def start(self, *, terms: Terms = QUICK) -> Rollout:
        """Begin a rollout of the new release by the usual rings."""
        return self.acts.start(WANG, Start(county="lx", version=NEW, terms=terms), now=self.now)

    def look(self, **later: float) -> None:
        """Let time pass and the runner look."""
        self.now += timedelta(**later)
        self.runner.look()

    def found(self, number: int = 1) -> Rollout:
        """Return a rollout as it is now."""
        with self.engine.connect() as connection:
            one = rows.find(connection, number)
        assert one is not None
        return one

    def members(self, number: int = 1) -> tuple[Member, ...]:
        """Return its kiosks."""
        with self.engine.connect() as connection:
            return rows.members(connection, number)

    def wanted(self) -> dict[KioskId, str]:
        """Return which release who is to have."""
        columns = (wanted_release.c.county, wanted_release.c.kiosk, wanted_release.c.version)
        with self.engine.connect() as connection:
            return {KioskId(county=row.county, kiosk=row.kiosk): row.version for row in connection.execute(select(*columns))}

    def says(self, whom: KioskId, state: str, *, version: str = NEW, reason: str = "") -> None:
        """Let a kiosk say where it is with a release."""
        self._seq += 1
        running = version if state in {"running", "on_trial"} else OLD
        of_whom = (kiosk_release.c.county == whom.county) & (kiosk_release.c.kiosk == whom.kiosk)
        with self.engine.begin() as connection:
            connection.execute(delete(kiosk_release).where(of_whom))
            connection.execute(
                insert(kiosk_release).values(
                    county=whom.county, kiosk=whom.kiosk, running=running, version=version, state=state, reason=reason,
                    said_at=self.now, received_at=self.now, seq=self._seq,
                )
            )  # fmt: skip
            self._now_so(connection, whom, release=running)

    def told_install(self) -> list[KioskId]:
        """Let everybody who is to have the new release, and has not, put it in."""
        members = {one.kiosk: one for one in self.members()}
        fresh = [whom for whom, version in self.wanted().items() if version == NEW and members[whom].done_at is None]
        for whom in fresh:
            self.says(whom, "running")
        return fresh

    def falls_silent(self, whom: KioskId) -> None:
        """Let a kiosk say nothing more."""
        with self.engine.begin() as connection:
            self._now_so(connection, whom, is_silent=True, condition="UNKNOWN", condition_since=self.now, last_seen_at=self.now)

    def is_back(self, whom: KioskId) -> None:
        """Let it speak again."""
        with self.engine.begin() as connection:
            self._now_so(connection, whom, is_silent=False, condition="READY", condition_since=self.now, last_seen_at=self.now)

    def occurs(self, whom: KioskId, code: str, *, at: datetime) -> None:
        """Write a fault, or a silence, of a kiosk."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(occurrence).values(
                    county=whom.county, kiosk=whom.kiosk, device="d", code=code, severity="BLOCKING", remedy="WAIT",
                    raised_at=at, received_at=at,
                )
            )  # fmt: skip

    def visits(self, whom: KioskId, outcome: str, count: int, *, at: datetime) -> None:
        """Write visits that ended in an hour."""
        there = at.astimezone(CHINA)
        with self.engine.begin() as connection:
            connection.execute(
                insert(visit_day).values(
                    county=whom.county, kiosk=whom.kiosk, day=there.date(), hour=there.hour, service="query", outcome=outcome,
                    visits=count, seconds=60 * count,
                )
            )  # fmt: skip

    def everybody_visits(self) -> None:
        """Write a visit at every kiosk that went well, in the hour that is now."""
        there = self.now.astimezone(CHINA)
        values = {"county": "lx", "day": there.date(), "hour": there.hour, "service": "query", "outcome": "done"}
        with self.engine.begin() as connection:
            connection.execute(
                insert(visit_day), [{**values, "kiosk": one.kiosk, "visits": 1, "seconds": 60} for one in self.kiosks]
            )

    def display_restarts(self, whom: KioskId, *, at: datetime) -> None:
        """Write the event of a display that was started again."""
        self._seq += 1
        with self.engine.begin() as connection:
            connection.execute(
                insert(message).values(
                    county=whom.county, kiosk=whom.kiosk, seq=self._seq, life=1, kind="event", at=at, received_at=at, hist=False,
                    body={"name": "display.restarted", "fields": {"reason": "frozen"}},
                )
            )  # fmt: skip

    def was_silent(self, whom: KioskId, begins_at: datetime, ends_at: datetime | None) -> None:
        """Write a span of silence."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(condition_span).values(
                    county=whom.county, kiosk=whom.kiosk, begins_at=begins_at, ends_at=ends_at, condition="UNKNOWN", offered=0,
                    total=4,
                )
            )  # fmt: skip

    def agreed(self, *, by: str = "li") -> None:
        """Let a second person have agreed already."""
        with self.engine.begin() as connection:
            connection.execute(update(rollout).values(approved_by=by, approved_at=self.now))

    def ring(self, number: int) -> Sequence[KioskId]:
        """Return the kiosks of one ring."""
        return [one.kiosk for one in self.members() if one.ring == number]

    @staticmethod
    def _now_so(connection: Connection, whom: KioskId, **values: object) -> None:
        of_whom = (kiosk.c.county == whom.county) & (kiosk.c.kiosk == whom.kiosk)
        connection.execute(update(kiosk).where(of_whom).values(**values))

    def _row(self, number: int) -> dict[str, object]:
        town = TOWNS[number % len(TOWNS)]
        name = VILLAGES[number % len(VILLAGES)] + VILLAGES[number // len(VILLAGES) % len(VILLAGES)]
        return {
            "county": "lx", "kiosk": named(number).kiosk, "site": f"{name}村", "town": town, "address": "",
            "model": f"R5{number % 2}", "release": OLD, "life": 1, "birth_seq": 0, "stored_seq": 0, "heartbeat_s": 30.0,
            "born_at": T0, "first_seen_at": T0, "last_seen_at": T0, "is_silent": False, "condition": "READY",
            "condition_since": T0, "services_offered": 4, "services_total": 4, "catalogue": [],
            "screen": {"page": "attract", "service": "", "step": 0, "steps": 0}, "screen_at": T0, "clock_trusted": True,
            "clock_skew_s": 0.0, "queued": 0, "shed": 0,
        }  # fmt: skip
