"""What the page of releases shows: every release with how many kiosks run it, every rollout with how far it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, and_, func, select

from provisioning.fleet.releases import rows as release_rows
from provisioning.fleet.releases.rows import Known
from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.people import PUBLISHED
from provisioning.fleet.rollouts.rollout import Rollout, Stage
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import kiosk, kiosk_release, rollout_kiosk
from telemetry.fleet.store.scope import within
from telemetry.fleet.web import census
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.filters import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """One rollout in the list."""

    rollout: Rollout
    done: int
    failed: int
    in_use: int
    """Where it waits for a villager."""
    kiosks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLine:
    """One release in the list; ``running`` of the reader's kiosks say they run it."""

    release: Known
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasesPage:
    """Everything the page shows.

    Attributes:
        unknown: Releases kiosks run and nobody has brought into the list, with how many run them.
        counties: Where the reader may begin a rollout.
        busy: Where they could, were there not one under way, with its number.
    """

    releases: tuple[ReleaseLine, ...]
    rollouts: tuple[RolloutLine, ...]
    unknown: tuple[tuple[str, int], ...]
    kiosks: int
    startable: tuple[str, ...]
    counties: tuple[str, ...]
    busy: tuple[tuple[str, int], ...]
    freshness: Freshness


def read(engine: Engine, person: Person, *, now: datetime) -> ReleasesPage:
    """Return the page."""
    mine = within(kiosk.c.county, person.counties)
    said = and_(kiosk_release.c.county == kiosk.c.county, kiosk_release.c.kiosk == kiosk.c.kiosk)
    runs = func.coalesce(kiosk_release.c.running, kiosk.c.release)
    with engine.connect() as connection:
        known = release_rows.every(connection)
        running = {
            row.release: int(row.kiosks)
            for row in connection.execute(
                select(runs.label("release"), func.count().label("kiosks"))
                .select_from(kiosk.outerjoin(kiosk_release, said))
                .where(mine)
                .group_by(runs)
            )
        }
        counties = connection.execute(select(kiosk.c.county).where(mine).distinct().order_by(kiosk.c.county)).scalars().all()
        stages = {
            (row.rollout_id, row.stage): int(row.kiosks)
            for row in connection.execute(
                select(rollout_kiosk.c.rollout_id, rollout_kiosk.c.stage, func.count().label("kiosks"))
                .where(within(rollout_kiosk.c.county, person.counties))
                .group_by(rollout_kiosk.c.rollout_id, rollout_kiosk.c.stage)
            )
        }
        rollouts = rows.every(connection, counties=person.counties)
        everybody = census.take(connection, wanted=Filter(counties=person.counties), now=now)
    named = {one.version for one in known}
    mine_to_begin = tuple(county for county in counties if person.may(Act.ROLL_OUT, county=county))
    under_way = {one.county: one.id for one in rollouts if not one.state.is_over}
    return ReleasesPage(
        releases=tuple(ReleaseLine(release=one, running=running.get(one.version, 0)) for one in known),
        rollouts=tuple(_line(one, stages) for one in rollouts),
        unknown=tuple(sorted((version, count) for version, count in running.items() if version and version not in named)),
        kiosks=sum(running.values()),
        startable=tuple(one.version for one in known if one.state == PUBLISHED),
        counties=tuple(county for county in mine_to_begin if county not in under_way),
        busy=tuple((county, under_way[county]) for county in mine_to_begin if county in under_way),
        freshness=everybody.freshness,
    )


def _line(of: Rollout, stages: dict[tuple[int, str], int]) -> RolloutLine:
    return RolloutLine(
        rollout=of,
        done=stages.get((of.id, Stage.DONE.value), 0),
        failed=stages.get((of.id, Stage.WENT_BACK.value), 0) + stages.get((of.id, Stage.SILENT.value), 0),
        in_use=stages.get((of.id, Stage.WAITING_FOR_VILLAGER.value), 0),
        kiosks=sum(count for (number, _), count in stages.items() if number == of.id),
    )
