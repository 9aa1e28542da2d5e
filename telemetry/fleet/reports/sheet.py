"""One A4 sheet of a week: what stands on it, and the document it is on. The page of the web shows the very same sheet."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from telemetry.fleet.analytics.weekly import TARGET, WeekFacts
from telemetry.fleet.reports.sentences import all_decisions, lasting, paragraph, percent
from telemetry.fleet.web import words as tables
from telemetry.fleet.web.drawing import bars, floor_of, shares
from telemetry.fleet.web.words import WEEKDAYS_EN, WEEKDAYS_ZH, Language, Words

ROOM = Path(__file__).resolve().parent.parent / "web"
MOST_TOWNS = 10
"""Lines of towns that fit one page beside everything else."""
MOST_OUTCOMES = 4
ENDERS = ("CLERK", "RESET", "TECHNICIAN", "WAIT", "CONFIGURE")
PAINT = {"CLERK": "#0A4F8F", "RESET": "#9DC0E2", "TECHNICIAN": "#4B5563", "WAIT": "#B9B6AE", "CONFIGURE": "#1B2733"}
DARK = frozenset({"CLERK", "TECHNICIAN", "CONFIGURE"})
"""Pieces with white numbers on them."""


def on_sheet(facts: WeekFacts, say: Words, county_names: Mapping[str, str]) -> dict[str, object]:
    """Return everything the template of the sheet asks for."""
    places = [county_names.get(county, county) for county in facts.counties]
    ended = [who for who in ENDERS if facts.endings.by.get(who)]
    other = sum(times for who, times in facts.endings.by.items() if who not in ENDERS)
    counts = [facts.endings.by[who] for who in ended]
    counts[:1] = [count + other for count in counts[:1]]
    monday = facts.week.monday
    return {
        "w": say,
        "tables": tables,
        "facts": facts,
        "place": (" · ".join(places[:3]) + (" …" if len(places) > 3 else "")) or "–",
        "paragraph": paragraph(facts, say),
        "decisions": list(all_decisions(facts, say)),
        "percent": percent,
        "lasting": lambda seconds: lasting(seconds, say),
        "target": TARGET,
        "shown_towns": facts.towns[:MOST_TOWNS],
        "floor": floor_of([line.served.share for line in facts.towns]),
        "day_names": WEEKDAYS_ZH if say.language is Language.ZH else WEEKDAYS_EN,
        "dates": [monday + timedelta(days=day) for day in range(7)],
        "day_bars": bars([(0.0, float(done)) for done in facts.done_days], left=0, right=510, top=34, floor=166, share=0.72),
        "knew_bars": bars([(one.ours, one.theirs) for one in facts.knew], left=30, right=508, top=24, floor=164),
        "enders": list(zip(ended, shares(counts, width=1072, least=40), strict=True)),
        "paint": PAINT,
        "dark": DARK,
        "not_done": facts.not_done[:MOST_OUTCOMES],
    }


def document(facts: WeekFacts, say: Words, county_names: Mapping[str, str]) -> str:
    """Return the sheet as a whole document with its styles inside: what becomes paper."""
    environment = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = Markup((ROOM / "static" / "sheet.css").read_text(encoding="utf-8"))  # noqa: S704  our own file
    return environment.get_template("paper.html").render(styles=styles, **on_sheet(facts, say, county_names))
