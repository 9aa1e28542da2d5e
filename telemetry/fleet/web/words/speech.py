"""How this reader is spoken to: one language, one time zone; ages, moments and shares as each says them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from types import ModuleType

from telemetry.fleet.web.words import (
    alarms,
    analytics,
    errors,
    frame,
    kiosk,
    lists,
    overview,
    people,
    reports,
    system,
    tickets,
    wall,
)
from telemetry.wire.service_hours import CHINA

WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

WHOLE_DAYS_FROM, WHOLE_YEARS_FROM_DAYS = 30, 730
"""Days from which on hours, and then days, say nothing more to anybody."""

PAGES_OF_WORDS = (frame, overview, kiosk, lists, alarms, errors, people, analytics, reports, tickets, system, wall)


def gathered(pages: Iterable[ModuleType]) -> Mapping[str, tuple[str, str]]:
    """Return the words of pages' modules together.

    Raises:
        ValueError: Two pages say one key.
    """
    words: dict[str, tuple[str, str]] = {}
    for page in pages:
        if twice := words.keys() & page.WORDS.keys():
            raise ValueError(f"said twice: {sorted(twice)}")
        words |= page.WORDS
    return words


class Language(StrEnum):
    """Languages of the dashboard."""

    ZH = "zh"
    EN = "en"


_WORDS = gathered(PAGES_OF_WORDS)
NO_MORE: Mapping[str, tuple[str, str]] = {}


class Words:
    """Speaks one language in one time zone."""

    def __init__(self, language: Language, zone: timezone = CHINA, *, more: Mapping[str, tuple[str, str]] = NO_MORE) -> None:
        """Speak; ``more`` are the words of pages of another room."""
        self.language = language
        self._more = more
        self._at = 0 if language is Language.ZH else 1
        self._zone = zone

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of a key; an unknown key is a bug and raises KeyError."""
        pair = _WORDS.get(key) or self._more[key]
        return pair[self._at].format(**values)

    def pick(self, table: Mapping[str, tuple[str, str]], word: str) -> str:
        """Return our words for a word off the wire, or the word itself: a newer kiosk is still shown."""
        pair = table.get(word)
        return pair[self._at] if pair else word

    def age(self, seconds: float) -> str:
        """Say how long ago: two units at most, and of what is long past only the first."""
        s = int(seconds)
        zh = self._at == 0
        if s < 60:
            return f"{s} 秒" if zh else f"{s} s"
        if s < 3600:
            return f"{s // 60} 分" if zh else f"{s // 60} min"
        if s < 86400:
            hours, minutes = s // 3600, s % 3600 // 60
            return f"{hours} 小时 {minutes} 分" if zh else f"{hours} h {minutes} min"
        days, hours = s // 86400, s % 86400 // 3600
        if days >= WHOLE_YEARS_FROM_DAYS:
            return f"{days // 365} 年" if zh else f"{days // 365} y"
        if days >= WHOLE_DAYS_FROM:
            return f"{days} 天" if zh else f"{days} d"
        return f"{days} 天 {hours} 小时" if zh else f"{days} d {hours} h"

    def span(self, seconds: float) -> str:
        """Say a limit: seconds up to two minutes, so that 75 s is not rounded to one minute."""
        return self.age(seconds) if seconds >= 120 else f"{seconds:g} 秒" if self._at == 0 else f"{seconds:g} s"

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the wall clock."""
        return moment.astimezone(self._zone)

    def when(self, moment: datetime, *, now: datetime) -> str:
        """Say a moment: the time today, 昨 and time yesterday, month and day before."""
        at, today = self.local(moment), self.local(now).date()
        if at.date() == today:
            return f"{at:%H:%M}"
        if at.date() == today - timedelta(days=1):
            return f"昨 {at:%H:%M}" if self._at == 0 else f"yest. {at:%H:%M}"
        return f"{at:%m-%d %H:%M}"

    def in_days(self, days: float, *, now: datetime) -> str:
        """Say the day so many days from now: month and day, the year where it is not this one."""
        today = self.local(now)
        then = today + timedelta(days=min(days, 9_999.0))
        return f"{then:%m-%d}" if then.year == today.year else f"{then:%Y-%m}"

    def day(self, moment: datetime) -> str:
        """Say a day: month, day and weekday."""
        at = self.local(moment)
        return f"{at:%m-%d} {(WEEKDAYS_ZH, WEEKDAYS_EN)[self._at][at.weekday()]}"

    def stamp(self, moment: datetime) -> str:
        """Say date, weekday and time to the second."""
        at = self.local(moment)
        return f"{at:%Y-%m-%d} {(WEEKDAYS_ZH, WEEKDAYS_EN)[self._at][at.weekday()]} {at:%H:%M:%S}"
