"""Where a kiosk belongs: the tree of site, village, town and county, and what carries its power and its words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_SCOPE = 160
"""Characters a scope's name is kept with; two of 64 and what joins them fit easily."""
JOINT = "/"
"""Between town and village: two towns may each have an East Village."""


class Level(StrEnum):
    """What many kiosks may have in common, the smallest first; ``kiosk`` is one alone."""

    KIOSK = "kiosk"
    SITE = "site"
    VILLAGE = "village"
    FEEDER = "feeder"
    LINK = "link"
    TOWN = "town"
    COUNTY = "county"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one kiosk belongs; empty texts where nobody has said.

    Attributes:
        site: From the kiosk's own birth, as is ``town``.
        village: From the bureau's register, as are ``link`` and ``feeder``.
        link: What carries its words: an optical node, a backbone.
        feeder: What carries its power.
    """

    county: str
    kiosk: str
    site: str = ""
    town: str = ""
    village: str = ""
    link: str = ""
    feeder: str = ""

    def scopes(self) -> Mapping[Level, str]:
        """Return the scope this kiosk belongs to, at every level it is known at."""
        found = {
            Level.KIOSK: self.kiosk,
            Level.SITE: self._in_town(self.site),
            Level.VILLAGE: self._in_town(self.village),
            Level.FEEDER: self.feeder,
            Level.LINK: self.link,
            Level.TOWN: self.town,
            Level.COUNTY: self.county,
        }
        return {level: scope[:MAX_SCOPE] for level, scope in found.items() if scope}

    def _in_town(self, name: str) -> str:
        return f"{self.town[:64]}{JOINT}{name}" if name and self.town else name
