"""The bureau's half of the made-up county: who was let in, what is configured, what is rolled out, what was commanded.

Everything is a sample; nobody and nothing in it exists. Written over ``tests.telemetry.web.county.seed``, by the acts people use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from provisioning.fleet.web.desk import build_desk
from telemetry.fleet.web.desk import Desk
from tests.provisioning.made_up import commanded, configured, enrolled, keyed, rolled_out
from tests.telemetry.web.county import NOW

DOOR = "https://fleet.lanxi.example:8443"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpDesk:
    """What was written, so that pages and tests can name it. Numbers of rollouts, commands and changes."""

    desk: Desk
    rollout: int
    command: int
    change: int
    waits_for_villager: str
    """A kiosk whose document and whose release wait for somebody who stands in front of it."""


def seed_desk(
    engine: Engine, folder: Path, kiosk_of: Mapping[str, str], *, now: datetime = NOW, is_stopped: bool = False
) -> MadeUpDesk:
    """Write it all, and build the desk over it.

    Args:
        engine: A seeded county.
        folder: The state folder, still empty.
        kiosk_of: Kiosk of each village, as ``county.seed`` returns it.
        now: The morning it is looked at.
        is_stopped: The rollout under way was stopped by its gate instead of going on.
    """
    registry = enrolled.seed(engine, folder / "authority", kiosk_of, now=now)
    change = configured.seed(engine, kiosk_of, now=now)
    rollout = rolled_out.seed(engine, kiosk_of, now=now, is_stopped=is_stopped)
    keyed.seed(engine, folder, now=now)
    command = commanded.seed(engine, folder / "authority", kiosk_of, now=now)
    return MadeUpDesk(
        desk=build_desk(engine, now=lambda: now, folder=folder, registry=registry, door_url=DOOR),
        rollout=rollout,
        command=command,
        change=change,
        waits_for_villager=kiosk_of[rolled_out.AT_THE_SCREEN[0]],
    )
