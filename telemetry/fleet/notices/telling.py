"""What a notice says: which kiosk, what is wrong, who has to move by when, what to take along. Pure. In the bureau's language.

Nothing a person typed goes out, and nothing personal is known here: places, codes, times and accounts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.fleet.tickets import Deed, Line, Ticket
from telemetry.fleet.tickets.bag import Item, for_codes
from telemetry.fleet.tickets.stops import Stop, packed
from telemetry.wire.service_hours import CHINA

SUBJECT_CHARS = 200
BODY_CHARS = 4_000
TAIL_CHARS = 60
"""Kept free for how many more there are."""
MOST_MERGED = 12
"""Pieces of news one notice spells out; of the others it says how many there are."""
WORTH_TELLING = frozenset({Deed.OPENED, Deed.REOPENED, Deed.JOINED, Deed.COMPLAINED, Deed.CHANGED, Deed.ESCALATED})
TOLD_WITH_THE_INCIDENT = frozenset({Deed.OPENED, Deed.REOPENED, Deed.JOINED})
"""Of a ticket about many kiosks: the notice of their incident has said so already, once."""
REMEDIES = {"CLERK": "村助手", "TECHNICIAN": "技术员", "CONFIGURE": "县局配置", "RESET": "自动复位", "WAIT": "等待"}
NEXT = {"opened": "认领", "acknowledged": "派出", "dispatched": "到场", "arrived": "修好", "fixed": "由终端验证"}
KINDS = {"power": "停电", "network": "断网"}
ENDERS = {"POWER_COMPANY": "供电公司", "CARRIER": "线路运营商", "DISPATCHER": "调度先查原因"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultName:
    """A code in words: at most four characters, and a title."""

    short: str
    title: str


Names = Callable[[str], FaultName]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a kiosk stands."""

    site: str
    town: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of news.

    Attributes:
        is_urgent: It may break the quiet hours: services are stopped, and somebody should long have come.
    """

    kind: str
    county: str
    area: str
    subject: str
    body: str
    is_urgent: bool = False


def of_ticket(ticket: Ticket, lines: Sequence[Line], where: Where, names: Names, *, link: str = "") -> Piece | None:
    """Return what there is to tell of a ticket since it was told of last; None for what is over already, or is no news."""
    deeds = [line.deed for line in lines]
    worth = WORTH_TELLING if ticket.outage is None else WORTH_TELLING - TOLD_WITH_THE_INCIDENT
    if ticket.closed_at is not None or ticket.verified_at is not None or not worth & set(deeds):
        return None
    is_late = Deed.ESCALATED in deeds and ticket.escalation > 0
    if ticket.outage is not None and not is_late and TOLD_WITH_THE_INCIDENT & set(deeds):
        return None  # what it turned out to be before anybody was told stands in the incident's notice
    place = " ".join(one for one in (where.town, where.site, "" if ticket.kiosk is None else ticket.kiosk.kiosk) if one)
    standing = ticket.standing
    what = "、".join(f"{names(cause.code).title}（{names(cause.code).short}）" for cause in standing[:4]) or "村民或村助手报修"
    if len(standing) > 4:
        what += f"等 {len(standing)} 条"
    if ticket.outage is not None:
        what += f"，{ticket.outage.kiosks} 台"
    head = (
        "超时"
        if is_late
        else "转交"
        if ticket.outage is not None
        else "重开"
        if Deed.REOPENED in deeds
        else "报修"
        if not standing
        else "新工单"
    )
    said = [f"T-{ticket.id} {place}：{what}。"]
    said.append("村民有事项办不了。" if ticket.is_blocking else "照常能办，稍差。")
    if is_late:
        said.append(f"第 {ticket.escalation} 次提醒：到现在还没有{NEXT.get(ticket.state.value, '动静')}。")
    elif ticket.due_at is not None:
        said.append(f"请在 {_clock(ticket.due_at)} 前{NEXT.get(ticket.state.value, '处理')}。")
    if ticket.outage is not None:
        said.append(f"找谁：{_who_ends(ticket)}。")
    if ticket.assignee:
        said.append(f"经办：{ticket.assignee}。")
    elif standing and ticket.outage is None:
        said.append(f"要谁：{'、'.join(dict.fromkeys(REMEDIES.get(cause.remedy, '技术员') for cause in standing))}。")
    if Deed.COMPLAINED in deeds or ticket.complaints:
        said.append(f"已有报修 {max(1, ticket.complaints)} 次。")
    if bag := for_codes(cause.code for cause in standing):
        said.append(f"带：{_items(bag)}。")
    if link:
        said.append(f"{link}/tickets/{ticket.id}")
    return Piece(
        kind="escalation" if is_late else "news",
        county=ticket.county,
        area=ticket.area,
        subject=f"{head}：{where.site} {what}"[:SUBJECT_CHARS],
        body="".join(said)[: BODY_CHARS // 2],
        is_urgent=is_late and ticket.is_blocking,
    )


def of_incident(
    *,
    county: str,
    kind: str,
    scope: str,
    kiosks: int,
    began_at: datetime,
    ended_at: datetime | None,
    ticket: Ticket | None = None,
    link: str = "",
) -> Piece:
    """Return what there is to tell of many kiosks that fell silent for one reason, or are back; with the one ticket of it."""
    word = KINDS.get(kind, "成片静默")
    if ended_at is None:
        said = f"{scope}：{kiosks} 台终端从 {_clock(began_at)} 起{word}，按一件事处理，没有逐台开单。"
    else:
        said = f"{scope}：{word}已结束（{_clock(began_at)} 到 {_clock(ended_at)}），涉及 {kiosks} 台。"
    if ticket is not None:
        again = f"（第 {ticket.times_reopened + 1} 次）" if ticket.times_reopened and ended_at is None else ""
        whom = f"，找{_who_ends(ticket)}" if ended_at is None else ""
        said += f"工单 T-{ticket.id}{again}{whom}。" + (f"{link}/tickets/{ticket.id}" if link else "")
    subject = f"{scope} {word}{'已结束' if ended_at is not None else ''}，{kiosks} 台"
    return Piece(kind="incident", county=county, area="", subject=subject[:SUBJECT_CHARS], body=said)


def of_morning(
    stops: Sequence[Stop],
    names: Names,
    *,
    things: int,
    now: datetime,
    low_words: Callable[[str], str],
    outages: Sequence[Ticket] = (),
    link: str = "",
) -> tuple[str, str] | None:
    """Return subject and body of the morning's digest: whom to call, then what to do in this order, with these parts.

    What many kiosks have lost is one call, however many they are. None where there is nothing to do.
    """
    if not stops and not outages:
        return None
    first = list(stops[:things])
    day = now.astimezone(CHINA)
    lines = [f"先打电话：{_call(one, names)}" for one in outages[:things]]
    if len(outages) > things:
        lines.append(f"另有 {len(outages) - things} 处成片停电或断网，见工单页。")
    lines += [f"{day:%m-%d}，今天先做这 {len(first)} 件，按这个顺序："] if first else []
    lines += [f"{number}. {_thing(stop, names, low_words)}" for number, stop in enumerate(first, start=1)]
    if pack := packed(first):
        lines.append("出门前装：" + "、".join(f"{item.zh}{f' × {count}' if count > 1 else ''}" for item, count in pack) + "。")
    if len(stops) > len(first):
        lines.append(f"另有 {len(stops) - len(first)} 处，见巡回页。")
    if link:
        lines.append(f"{link}/round")
    subject = f"今天先做这 {len(first)} 件：{'、'.join(stop.site for stop in first)}" if first else ""
    if outages:
        calls = "、".join(one.outage.scope for one in outages[:things] if one.outage is not None)
        subject = f"先打 {len(outages)} 个电话：{calls}{'；' if subject else ''}{subject}"
    return subject[:SUBJECT_CHARS], "\n".join(lines)[:BODY_CHARS]


def room_for(body: str, more: str, *, pieces: int) -> str:
    """Return a body with one line more, or as it is where it is long enough already: what is left out is counted."""
    fits = pieces < MOST_MERGED and len(body) + len(more) + 1 <= BODY_CHARS - TAIL_CHARS
    return f"{body}\n{more}" if fits else body


def as_sent(subject: str, body: str, *, merged: int) -> tuple[str, str]:
    """Return what goes out for several pieces of news in one notice."""
    if merged <= 1:
        return subject, body
    left = merged - len(body.splitlines())
    tail = f"\n另有 {left} 条，见工单页。" if left > 0 else ""
    return f"{subject[: SUBJECT_CHARS - 20]}（共 {merged} 条）", body + tail


def _who_ends(ticket: Ticket) -> str:
    """Return whom to call: the desk the bureau has named, else what it is."""
    known = ticket.outage.addressee if ticket.outage is not None else ""
    return known or "、".join(dict.fromkeys(ENDERS.get(cause.remedy, "调度") for cause in ticket.causes))


def _call(ticket: Ticket, names: Names) -> str:
    outage = ticket.outage
    where, kiosks = ("", 0) if outage is None else (outage.scope, outage.kiosks)
    what = "、".join(names(cause.code).title for cause in ticket.standing)
    who = f"（{ticket.assignee}）" if ticket.assignee else "（还没人认领）"
    return f"{where} {what} {kiosks} 台，找{_who_ends(ticket)}，T-{ticket.id}{who}"


def _thing(stop: Stop, names: Names, low_words: Callable[[str], str]) -> str:
    parts = []
    if stop.ticket is not None:
        titles = [names(cause.code).title for cause in stop.ticket.standing] or ["有人报修"]
        state = "停办，" if stop.ticket.is_blocking else ""
        who = f"（{stop.ticket.assignee}）" if stop.ticket.assignee else "（还没人认领）"
        parts.append(f"{state}{'、'.join(titles[:3])} T-{stop.ticket.id}{who}")
    for low in stop.low:
        left = f"剩 {low.remaining:.0%}" if low.remaining is not None else ""
        days = f"约 {low.days_left:.0f} 天" if low.days_left is not None else ""
        parts.append(
            f"{low_words(low.supply)}将尽{'，' if left or days else ''}{' '.join(word for word in (left, days) if word)}"
        )
    bag = f"。带：{_items(stop.bag)}" if stop.bag else ""
    return f"{stop.town} {stop.site}：{'；'.join(parts)}{bag}".strip()


def _items(bag: Sequence[Item]) -> str:
    return "、".join(item.zh for item in bag)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%m-%d %H:%M}"
