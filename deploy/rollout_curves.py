"""Draws how rollouts of good, harmless and bad releases go, into the manual: ``python -m deploy.rollout_curves``.

Vector, with words for whoever does not see it; the curves are those of ``benchmarks.rollout_proof``, seed by seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.rollout_proof import BAD_BEFORE_SHARE, BEGIN, KIOSKS, Character, Course, Moment, play

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "manual" / "rollouts"
SEEDS = 10
INK, QUIET, LINE, DONE, ACTION, STOP, STOP_BG = "#1B2733", "#4B5563", "#D8D4CC", "#0F5132", "#0A4F8F", "#9B1C1C", "#FDEDEB"
WIDTH, HEIGHT = 1120, 380
TOP, FLOOR = 84, 320
DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """How one kind of release is drawn: ``most`` is the share at the top, ``dash`` how its lines are broken."""

    character: Character
    zh: str
    en: str
    colour: str
    dash: str = "none"
    most: float = 1.0


PANELS = (
    Panel(character=Character.GOOD, zh="好版本：全部装上", en="a good release reaches everybody", colour=DONE),
    Panel(
        character=Character.HARMLESS,
        zh="无害版本：不被噪声叫停",
        en="a harmless one is not stopped by noise",
        colour=ACTION,
        dash="6 3",
    ),
    Panel(
        character=Character.BAD,
        zh="坏版本：不到 6% 就停",
        en="a bad one is stopped before 6 % have it",
        colour=STOP,
        most=0.10,
    ),
)


def main() -> None:
    """Play, and draw."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    courses = {character: [play(character, seed) for seed in range(SEEDS)] for character in Character}
    (FOLDER / "curves.svg").write_text(_curves(courses), encoding="utf-8")
    (FOLDER / "gate.svg").write_text(_gate(courses[Character.HARMLESS][0], courses[Character.BAD][0]), encoding="utf-8")


def _curves(courses: dict[Character, list[Course]]) -> str:
    parts: list[str] = []
    wide = (WIDTH - 56) / len(PANELS)
    for number, panel in enumerate(PANELS):
        left, right = 56 + number * wide, 56 + (number + 1) * wide - 44
        parts += _frame(left, right, panel.zh, panel.en)
        for share in (0.01, 0.05, 0.25, 1.0) if panel.most == 1.0 else (0.01, 0.05, 0.10):
            parts += _rule(left, right, _y(share, panel.most), f"{share:.0%}")
        if panel.most < 1.0:
            y = _y(BAD_BEFORE_SHARE, panel.most)
            parts.append(f'<rect x="{left}" y="{TOP}" width="{right - left:.1f}" height="{y - TOP:.1f}" fill="{STOP_BG}"/>')
            parts.append(f'<line x1="{left}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{STOP}" stroke-dasharray="4 3"/>')
            parts.append(_text(right, y - 6, "6%", STOP, anchor="end"))
        for course in courses[panel.character]:
            parts += _stairs(course, left, right, panel)
    said = (
        f"已换新终端的份额，每线一次发布，各 {SEEDS} 次，{KIOSKS} 台。"
        f"Share of {KIOSKS} kiosks that have the release, one line a rollout, {SEEDS} of each kind, by days."
    )
    return _svg("分批发布的三种结局 · How three kinds of release end", said, parts)


def _gate(harmless: Course, bad: Course) -> str:
    parts: list[str] = []
    wide = (WIDTH - 56) / 2
    for number, (course, zh, en, colour) in enumerate(
        (
            (
                harmless,
                "无害版本：上界落到容许线下，放行",
                "harmless: the upper bound falls below the line, a ring begins",
                ACTION,
            ),
            (bad, "坏版本：下界升过零，叫停", "bad: the lower bound rises above nought, it stops", STOP),
        )
    ):
        left, right = 56 + number * wide, 56 + (number + 1) * wide - 44
        parts += _frame(left, right, zh, en)
        for value in (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3):
            parts += _rule(left, right, _points(value), f"{100 * value:+.0f}" if value else "0", is_strong=value == 0)
        parts += _band(course.moments, left, right, colour)
    said = (
        "画面重启：新版比对照每百台·日多几次，任何时候看都成立的区间。"
        "Restarts: excess over control, a hundred kiosk-days; intervals that hold at every look."
    )
    return _svg("健康门怎样看一个版本 · How the gate sees a release", said, parts)


def _band(moments: Sequence[Moment], left: float, right: float, colour: str) -> list[str]:
    known = [moment for moment in moments if moment.restarts.kiosk_days]
    upper = [f"{_x(moment, left, right):.1f},{_points(moment.restarts.high):.1f}" for moment in known]
    lower = [f"{_x(moment, left, right):.1f},{_points(moment.restarts.low):.1f}" for moment in known]
    middle = [f"{_x(moment, left, right):.1f},{_points(moment.restarts.excess):.1f}" for moment in known]
    line = [f"{_x(moment, left, right):.1f},{_points(moment.restarts.line):.1f}" for moment in known]
    last = known[-1]
    return [
        f'<polygon points="{" ".join([*upper, *reversed(lower)])}" fill="{colour}" fill-opacity="0.14" stroke="{colour}"/>',
        f'<polyline points="{" ".join(middle)}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
        f'<polyline points="{" ".join(line)}" fill="none" stroke="{STOP}" stroke-dasharray="4 3" stroke-width="1.5"/>',
        _text(left + 6, _points(known[0].restarts.line) - 6, "容许 · line", STOP),
        _text(_x(last, left, right) + 6, _points(last.restarts.excess) + 4, f"{100 * last.restarts.excess:+.1f}", colour),
    ]


def _stairs(course: Course, left: float, right: float, panel: Panel) -> list[str]:
    before = _y(0, panel.most)
    points: list[str] = [f"{left:.1f},{before:.1f}"]
    for moment in course.moments:
        x, y = _x(moment, left, right), _y(moment.reached / KIOSKS, panel.most)
        points += [f"{x:.1f},{before:.1f}", f"{x:.1f},{y:.1f}"]
        before = y
    end = _x(course.moments[-1], left, right)
    look = f'stroke="{panel.colour}" stroke-dasharray="{panel.dash}" stroke-opacity="0.7" stroke-width="1.6"'
    return [
        f'<polyline points="{" ".join(points)}" fill="none" {look}/>',
        f'<circle cx="{end:.1f}" cy="{before:.1f}" r="3.5" fill="{panel.colour}"/>',
    ]


def _frame(left: float, right: float, zh: str, en: str) -> list[str]:
    days = [
        _text(left + (right - left) * day / DAYS, FLOOR + 20, f"{day} 天" if day else "0", QUIET, anchor="middle")
        for day in range(0, DAYS + 1, 10)
    ]
    return [_text(left, 52, zh, INK, size=15, is_bold=True), _text(left, 70, en, QUIET), *days]


def _rule(left: float, right: float, y: float, label: str, *, is_strong: bool = False) -> list[str]:
    colour = QUIET if is_strong else LINE
    return [
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>',
        _text(left - 6, y + 4, label, QUIET, anchor="end"),
    ]


def _x(moment: Moment, left: float, right: float) -> float:
    return left + (right - left) * min(1.0, (moment.at - BEGIN) / timedelta(days=DAYS))


def _y(share: float, most: float) -> float:
    return FLOOR - (FLOOR - TOP) * min(1.0, share / most)


def _points(value: float) -> float:
    return TOP + (FLOOR - TOP) * (0.3 - min(0.3, max(-0.2, value))) / 0.5


def _text(x: float, y: float, words: str, colour: str, *, anchor: str = "start", size: int = 12, is_bold: bool = False) -> str:
    weight = ' font-weight="700"' if is_bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
    )


def _svg(title: str, said: str, parts: Sequence[str]) -> str:
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d"'
            ' font-family="Noto Sans CJK SC, sans-serif">',
            f'<title id="t">{escape(title)}</title><desc id="d">{escape(said)}</desc>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>',
            _text(56, 24, title, INK, size=16, is_bold=True),
            *parts,
            _text(56, HEIGHT - 14, said, QUIET),
            "</svg>",
            "",
        )
    )


if __name__ == "__main__":
    main()
