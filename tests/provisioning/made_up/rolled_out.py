"""What is rolled out: one release that is everywhere, one the gate stopped and two persons took back, one on its third ring."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, update

from provisioning.fleet.releases.report_book import ReleaseBook
from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.course import Line, What
from provisioning.fleet.rollouts.gate import Evidence, Measure
from provisioning.fleet.rollouts.matching import Contrast
from provisioning.fleet.rollouts.people import RolloutActs, Start
from provisioning.fleet.rollouts.plan import USUAL
from provisioning.fleet.rollouts.rollout import Member, Ring, Rollout, Stage, State
from provisioning.fleet.rollouts.rows import Counted
from provisioning.wire.release import REPORT
from telemetry.fleet.store.schema import kiosk, release
from telemetry.wire.service_hours import CHINA
from tests.provisioning.made_up.people import FIRST, SECOND, of, says
from tests.telemetry.web.county import COUNTY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD, BAD, NEW = "2026.11.1", "2026.11.2", "2026.11.3"
RELEASES = (
    (OLD, 24, "读卡器掉线后自己重开；夜里自检不亮屏"),
    (BAD, 13, "触摸应答更快"),
    (NEW, 5, "卡纸后先退纸再重试；摄像头冻结 1 秒内发现；触摸应答更快"),
)
RINGS: tuple[tuple[str, ...], ...] = (
    ("石桥", "白鹭"),
    ("松林", "南坡"),
    ("新桥", "磨盘", "菱湖", "河西", "笋岭", "雾岭", "龙泉", "莲坪", "山口", "湾尾", "码头", "云顶", "青山", "上柳"),
)
INSTALLING, ON_TRIAL, AT_THE_SCREEN, SKIPPED = ("山口", "码头"), ("湾尾",), ("青山", "云顶"), ("上柳",)
"""Villages of the third ring that do not have it yet; those at the screen wait for whoever is there."""
EVEN, WORSE, BETTER = Contrast(treated=0, control=0), Contrast(treated=1, control=0), Contrast(treated=0, control=1)


def seed(engine: Engine, kiosk_of: Mapping[str, str], *, now: datetime, is_stopped: bool) -> int:
    """Write it; returns the number of the rollout under way, or of the one the gate has just stopped."""
    acts = RolloutActs(engine)
    with engine.begin() as connection:
        for version, days, note in RELEASES:
            _add_release(connection, version, note, at=now - days * DAY)
    began = now - (47 * HOUR if is_stopped else 11 * DAY)
    stopped = _start(acts, kiosk_of, BAD, now=began)
    acts.take(SECOND, stopped.id, Doing.APPROVE, seen_row=_row(engine, stopped.id), now=began + 3 * HOUR)
    with engine.begin() as connection:
        ended = _had(connection, stopped, kiosk_of, rings=2, now=began)
        _counts(connection, stopped.id, until=ended, restarts=22, rest=150)
        fresh = _there(connection, stopped.id)
        worse = replace(fresh, state=State.STOPPED, state_since=ended, why="health restarts")
        kept = rows.put(connection, fresh, worse)
        rows.note(connection, stopped.id, Line(at=ended, by="", what=What.STOPPED, ring=1, detail="health restarts"))
    if is_stopped:
        return stopped.id
    acts.take(FIRST, stopped.id, Doing.ROLL_BACK, seen_row=kept.row if kept else 0, now=ended + 2 * HOUR)
    acts.take(SECOND, stopped.id, Doing.APPROVE, seen_row=_row(engine, stopped.id), now=ended + 2.4 * HOUR)
    with engine.begin() as connection:
        group = rows.members(connection, stopped.id)
        back = [replace(one, stage=Stage.WENT_BACK) for one in group if one.stage is Stage.DONE]
        rows.put_members(connection, stopped.id, back)
        seen = _there(connection, stopped.id)
        over = replace(seen, state=State.ROLLED_BACK, state_since=ended + 3 * HOUR)
        rows.put(connection, seen, over)
        rows.note(connection, stopped.id, Line(at=ended + 3 * HOUR, by="", what=What.ROLLED_BACK, ring=1))
    running = _start(acts, kiosk_of, NEW, now=_at_six(now, days=4))
    acts.take(SECOND, running.id, Doing.APPROVE, seen_row=_row(engine, running.id), now=_at_six(now, days=4) + 3 * HOUR)
    with engine.begin() as connection:
        _half_way(connection, engine, running, kiosk_of, now=now)
    return running.id


def _half_way(connection: Connection, engine: Engine, running: Rollout, kiosk_of: Mapping[str, str], *, now: datetime) -> None:
    """Let two rings have it, and the third be on its way since six."""
    books = (ReleaseBook(engine),)
    _had(connection, running, kiosk_of, rings=2, now=_at_six(now, days=4))
    began = _at_six(now, days=0)
    seen = _there(connection, running.id)
    rows.put(connection, seen, replace(seen, ring=2, ring_began_at=began))
    rows.note(connection, running.id, Line(at=began, by="", what=What.RING_BEGAN, ring=2))
    changed: list[Member] = []
    for village, member in _members(connection, running.id, kiosk_of, ring=2):
        told = replace(member, told_at=began)
        match village:
            case _ if village in INSTALLING:
                changed.append(replace(told, stage=Stage.INSTALLING, since=now - 3 * HOUR / 60))
                fields = {"state": "installing"}
            case _ if village in ON_TRIAL:
                changed.append(replace(told, stage=Stage.ON_TRIAL, since=now - HOUR / 90))
                fields = {"state": "on_trial"}
            case _ if village in AT_THE_SCREEN:
                changed.append(
                    replace(told, stage=Stage.WAITING_FOR_VILLAGER, since=now - (4 if village == "青山" else 2) * HOUR / 60)
                )
                fields = {"state": "waiting_for_villager"}
            case _ if village in SKIPPED:
                changed.append(replace(told, stage=Stage.SKIPPED, since=now - 30 * HOUR / 60))
                continue
            case _:
                done = began + HOUR
                changed.append(replace(told, stage=Stage.DONE, since=done, done_at=done))
                fields = {"state": "running"}
        runs = NEW if fields["state"] in {"running", "on_trial"} else OLD
        told_fields: dict[str, str | int] = {"version": NEW, "running": runs, **fields}
        says(connection, member.kiosk.kiosk, REPORT, told_fields, books, at=changed[-1].since)
        connection.execute(update(kiosk).where(kiosk.c.kiosk == member.kiosk.kiosk).values(release=runs))
    rows.put_members(connection, running.id, changed)
    _counts(connection, running.id, until=began, restarts=0, rest=58)
    wanted = {member.kiosk: NEW for member in rows.members(connection, running.id) if member.told_at is not None}
    rows.want(connection, running.id, wanted, now=began)


def _start(acts: RolloutActs, kiosk_of: Mapping[str, str], version: str, *, now: datetime) -> Rollout:
    named = [village for ring in RINGS for village in ring]
    everybody = (*RINGS, tuple(village for village in kiosk_of if village not in named))
    picked = [
        (Ring(name=share.name, soak=share.soak), [of(kiosk_of[village]) for village in ring])
        for share, ring in zip(USUAL, everybody, strict=True)
    ]
    return acts.start(FIRST, Start(county=COUNTY, version=version, picked=picked), now=now)


def _had(connection: Connection, one: Rollout, kiosk_of: Mapping[str, str], *, rings: int, now: datetime) -> datetime:
    """Let so many rings have it, each after the one before had its time; returns a moment well into the last."""
    at = now
    for ring in range(rings):
        if ring:
            at += one.rings[ring - 1].soak + HOUR
            seen = _there(connection, one.id)
            rows.put(connection, seen, replace(seen, ring=ring, ring_began_at=at))
            rows.note(connection, one.id, Line(at=at, by="", what=What.RING_BEGAN, ring=ring))
        done = at + HOUR
        group = [member for _, member in _members(connection, one.id, kiosk_of, ring=ring)]
        rows.put_members(
            connection, one.id, [replace(each, stage=Stage.DONE, since=done, told_at=at, done_at=done) for each in group]
        )
        if one.version == NEW:
            names = [each.kiosk.kiosk for each in group]
            connection.execute(update(kiosk).where(kiosk.c.kiosk.in_(names)).values(release=NEW))
    return at + 19 * HOUR


def _counts(connection: Connection, number: int, *, until: datetime, restarts: int, rest: int) -> None:
    """Write what the gate has seen: mostly nothing, now and then something on one side."""
    usual = [EVEN] * rest + [BETTER] * (rest // 20) + [WORSE] * (rest // 25)
    evidence = {measure: Evidence().plus(usual) for measure in Measure}
    evidence[Measure.SILENCES] = Evidence().plus([EVEN] * rest + [BETTER])
    evidence[Measure.UNFINISHED] = Evidence().plus([Contrast(treated=0.04, control=0.05)] * rest)
    evidence[Measure.RESTARTS] = Evidence().plus([WORSE] * restarts + [EVEN] * rest)
    rows.put_counted(connection, number, Counted(evidence=evidence, until=until))


def _members(
    connection: Connection, number: int, kiosk_of: Mapping[str, str], *, ring: int
) -> Iterator[tuple[str, Member]]:  # fmt: skip
    village_of = {name: village for village, name in kiosk_of.items()}
    for member in rows.members(connection, number):
        if member.ring == ring:
            yield village_of[member.kiosk.kiosk], member


def _there(connection: Connection, number: int) -> Rollout:
    found = rows.find(connection, number)
    assert found is not None
    return found


def _row(engine: Engine, number: int) -> int:
    with engine.connect() as connection:
        return _there(connection, number).row


def _at_six(now: datetime, *, days: int) -> datetime:
    """Return six in the morning there, so many days ago."""
    return (now.astimezone(CHINA) - days * DAY).replace(hour=6, minute=0, second=0, microsecond=0)


def _add_release(connection: Connection, version: str, note: str, *, at: datetime) -> None:
    connection.execute(
        insert(release).values(
            version=version, state="published", python="3.11", wheels=61, bytes=93_400_000, unpacked_bytes=305_000_000,
            data_version=1, launcher=1, note=note, built_at=at - DAY, added_at=at, added_by=FIRST.name, published_at=at + HOUR,
        )
    )  # fmt: skip
