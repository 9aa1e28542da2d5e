"""Made-up rollouts for the tests of this room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioning.fleet.rollouts.gate import Health, Verdict
from provisioning.fleet.rollouts.rollout import Member, Ring, Rollout, Stage
from telemetry.wire.topics import KioskId

T0 = datetime(2026, 11, 20, 22, tzinfo=UTC)
GO_ON = Health(verdict=Verdict.GO_ON)
WAIT = Health(verdict=Verdict.WAIT)
STOP = Health(verdict=Verdict.STOP)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEW, OLD = "2026.11.3", "2026.11.1"


def kiosk(number: int) -> KioskId:
    """Return the id of a kiosk."""
    return KioskId(county="lx", kiosk=f"LX-{number:03}")


def rollout(*, rings: tuple[str, ...] = ("canary", "5%", "all"), soak: timedelta = DAY) -> Rollout:
    """Return a rollout that has just begun and that a second person has agreed to."""
    return Rollout(
        id=1,
        county="lx",
        version=NEW,
        rings=tuple(Ring(name=name, soak=soak) for name in rings),
        started_by="wang",
        started_at=T0,
        ring_began_at=T0,
        health_since=T0,
        state_since=T0,
        approved_by="li",
        approved_at=T0,
    )


def members(*sizes: int) -> tuple[Member, ...]:
    """Return waiting kiosks: so many in each ring."""
    rings = [ring for ring, size in enumerate(sizes) for _ in range(size)]
    return tuple(Member(kiosk=kiosk(number), ring=ring, before=OLD, since=T0) for number, ring in enumerate(rings))


def at(member: Member, stage: Stage, *, since: datetime = T0) -> Member:
    """Return a kiosk at a stage, told at the beginning unless it waits."""
    told_at = None if stage is Stage.WAITING else member.told_at or T0
    done_at = since if stage is Stage.DONE else member.done_at
    return replace(member, stage=stage, since=since, told_at=told_at, done_at=done_at)
