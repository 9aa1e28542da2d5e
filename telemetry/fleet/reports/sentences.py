"""The one paragraph and the decisions of a week in words: every sentence stands on a fact, and says so where there is none."""

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup, escape

from telemetry.fleet.analytics.decisions import Decision
from telemetry.fleet.analytics.weekly import TARGET, WeekFacts
from telemetry.fleet.web.words import KINDS, Words

A_LARGE_PART = 0.3
"""From this share of the lost hours on, a town or silence is named as what they were mostly."""
NOT_KNOWN = "–"


def paragraph(facts: WeekFacts, say: Words) -> Markup:
    """Return the paragraph a bureau chief reads; numbers are marked, everything else is text."""
    if not facts.has_data:
        return Markup("") + say("wk_no_data", n=facts.week.number)
    return Markup("").join(
        (_state(facts, say), _done(facts, say), _available(facts, say), _faults(facts, say), _outages(facts, say))
    )


def decision(one: Decision, facts: WeekFacts, say: Words) -> str:
    """Return one decision in words."""
    values = dict(one.values)
    if "kind" in values:
        values["kind"] = say.pick(KINDS, str(values["kind"]))
    if "device" in values:
        values["device"] = say.pick(KINDS, str(values["device"]).replace("-", "_"))
    if "share" in values:
        values["share"] = percent(float(values["share"]))
    if "lost_h" in values:
        values["lost"] = f"{float(values['lost_h']):,.1f}"
    if one.kiosk is not None:
        values |= {"site": facts.sites.get(one.kiosk, ""), "kiosk": one.kiosk.kiosk}
    return say(f"wk_d_{one.kind}", **values)


def percent(share: float | None) -> str:
    """Say a share with one decimal; an unknown one as a dash."""
    return NOT_KNOWN if share is None else f"{100 * share:.1f}%"


def lasting(seconds: float | None, say: Words) -> str:
    """Say how long, in minutes or hours; an unknown one as a dash."""
    if seconds is None:
        return NOT_KNOWN
    if seconds < 3600:
        return say("an_minutes", n=f"{seconds / 60:.0f}")
    return say("an_hours", n=f"{seconds / 3600:.1f}")


def _state(facts: WeekFacts, say: Words) -> Markup:
    if facts.is_over:
        return Markup("")
    if facts.counted_until is None:
        return _marked(say, "wk_not_over_at_all") + _space(say)
    return _marked(say, "wk_not_over", day=f"{facts.counted_until:%m-%d}") + _space(say)


def _done(facts: WeekFacts, say: Words) -> Markup:
    done = _marked(say, "wk_done", done=f"{facts.done:,}")
    if not facts.is_over or not facts.done_before:
        return done
    more = facts.done - facts.done_before
    key = "wk_more" if more > 0 else "wk_fewer" if more < 0 else "wk_same"
    return done + _marked(say, key, n=f"{abs(more):,}")


def _available(facts: WeekFacts, say: Words) -> Markup:
    share = facts.served.share
    if share is None:
        return _marked(say, "wk_share_unknown") + _space(say)
    if round(100 * share, 1) >= round(100 * TARGET, 1):
        return _marked(say, "wk_share_met", share=percent(share)) + _space(say)
    missed = _marked(say, "wk_share_missed", share=percent(share), gap=f"{100 * (TARGET - share):.1f}")
    return missed + _mostly(facts, say) + _space(say)


def _mostly(facts: WeekFacts, say: Words) -> Markup:
    lost = facts.served.lost_s
    worst = max(facts.towns, key=lambda line: line.served.lost_s, default=None)
    if lost > 0 and worst is not None and worst.town and len(facts.towns) > 1 and worst.served.lost_s >= A_LARGE_PART * lost:
        return _marked(say, "wk_mostly_town", part=f"{100 * worst.served.lost_s / lost:.0f}%", town=worst.town)
    if lost > 0 and facts.served.unknown_s >= 2 * A_LARGE_PART * lost:
        return _marked(say, "wk_mostly_silent", part=f"{100 * facts.served.unknown_s / lost:.0f}%")
    return _marked(say, "wk_stop")


def _faults(facts: WeekFacts, say: Words) -> Markup:
    week = facts.this_week
    if not week.all:
        return _marked(say, "wk_no_faults")
    told = _marked(say, "wk_faults", all=week.all, ours=week.ours, theirs=week.theirs)
    before = [one.theirs for one in facts.knew[:-1]]
    if facts.is_over and any(before) and week.theirs < min(before):
        return told + _marked(say, "wk_lowest")
    if facts.is_over and week.theirs > max(before):
        return told + _marked(say, "wk_highest")
    return told + _marked(say, "wk_stop")


def _outages(facts: WeekFacts, say: Words) -> Markup:
    """Say how often many kiosks lost power or network at once; each is one matter and one ticket, however many they were."""
    if not facts.outages:
        return Markup("")
    by_kind = Counter(one.kind if one.kind in {"power", "network"} else "unknown" for one in facts.outages)
    between = _marked(say, "wk_out_and")
    parts = between.join(
        _marked(say, f"wk_out_{kind}", n=by_kind[kind]) for kind in ("power", "network", "unknown") if by_kind[kind]
    )
    longest = max(facts.outages, key=lambda one: (one.ended_at or facts.now) - one.began_at)
    took_s = ((longest.ended_at or facts.now) - longest.began_at).total_seconds()
    told = _marked(say, "wk_out", longest=lasting(took_s, say), kiosks=longest.kiosks)
    return escape(_space(say)) + parts + told


def _marked(say: Words, key: str, **values: object) -> Markup:
    """Return a sentence of ours, whose marks are ours, around values that are escaped."""
    return Markup(say(key, **{name: escape(value) for name, value in values.items()}))  # noqa: S704


def _space(say: Words) -> str:
    return "" if say.language.value == "zh" else " "


def all_decisions(facts: WeekFacts, say: Words) -> Iterable[str]:
    """Yield every decision in words."""
    return (decision(one, facts, say) for one in facts.decisions)
