"""A made-up county: kiosks with the village they stand in, the line that carries their words, the feeder of their power. Pure."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from telemetry.wire.messages import Place

TOWNS = ("石桥镇", "青山镇", "白鹭镇", "柳河镇", "竹园乡", "南坡乡", "云台乡", "河湾镇")
VILLAGES = (
    "新桥", "上塘", "大槐", "老井", "松林", "茶坪", "梨园", "石门", "龙泉", "榆树", "杏花", "芦荡", "菱湖", "渔港", "沙洲",
    "荷塘", "渡口", "水磨", "笋岭", "斑竹", "翠屏", "清泉", "阳坡", "枣园", "半坡", "雾岭", "石阶", "高岭", "茶亭", "码头",
    "苇塘", "鱼塘",
)  # fmt: skip
KIOSKS_A_TOWN = 9
"""71 kiosks in 8 towns: the district the model is fitted to."""
KIOSKS_A_FEEDER = 12
"""A rural 10 kV feeder supplies ten to fifteen villages; it does not end where a town ends."""
TOWNS_AN_AREA = 3
"""Towns on one maintainer's round."""
VENDORS = ("甲", "乙", "丙")
KIOSKS_A_BATCH = 25
"""Bought and delivered together."""
HEADINGS = ("county", "kiosk", "village", "link", "feeder", "area", "vendor", "batch", "hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One kiosk as the bureau's register knows it.

    Attributes:
        name: Of the kiosk.
        link: What carries its words.
        feeder: What carries its power.
        market: Which day of the five-day cycle is its town's market day, 0 to 4.
    """

    county: str
    name: str
    village: str
    town: str
    link: str
    feeder: str
    area: str
    vendor: str
    batch: str
    market: int

    @property
    def place(self) -> Place:
        """Where it stands, as its birth says it."""
        return Place(site=f"{self.village}村", town=self.town, address=f"{self.town}{self.village}村党群服务中心")


def district(county: str, kiosks: int) -> tuple[Site, ...]:
    """Lay out a county: one kiosk a village, an optical node a town."""
    return tuple(_site(county, number) for number in range(kiosks))


def one_village(county: str, kiosks: int) -> tuple[Site, ...]:
    """Lay out kiosks of one village on one feeder, each on a line of its own, so that only the power can take them together."""
    return tuple(
        _site(county, number, village="光明", town=TOWNS[0], link=f"line-{number + 1}", feeder="feeder-1")
        for number in range(kiosks)
    )


def one_backbone(county: str, kiosks: int) -> tuple[Site, ...]:
    """Lay out a county whose every word goes over one cable."""
    return tuple(_site(county, number, link="backbone-1") for number in range(kiosks))


def write_register(sites: Iterable[Site], to: TextIO) -> None:
    """Write the bureau's register as the fleet's import takes it."""
    rows = csv.writer(to, lineterminator="\n")
    rows.writerow(HEADINGS)
    rows.writerows(
        (site.county, site.name, site.village, site.link, site.feeder, site.area, site.vendor, site.batch, "") for site in sites
    )


def _site(
    county: str,
    number: int,
    *,
    village: str | None = None,
    town: str | None = None,
    link: str | None = None,
    feeder: str | None = None,
) -> Site:
    in_town, cycle = number // KIOSKS_A_TOWN, number // KIOSKS_A_TOWN // len(TOWNS)
    again = str(cycle + 1) if cycle else ""
    settled = VILLAGES[number % len(VILLAGES)]
    return Site(
        county=county,
        name=f"SIM-{number + 1:05}",
        village=village or f"{settled}{number // len(VILLAGES) + 1}",
        town=town or TOWNS[in_town % len(TOWNS)] + again,
        link=link or f"node-{in_town + 1}",
        feeder=feeder or f"feeder-{number // KIOSKS_A_FEEDER + 1}",
        area=f"area-{in_town // TOWNS_AN_AREA + 1}",
        vendor=VENDORS[number % 7 % len(VENDORS)],
        batch=f"batch-{number // KIOSKS_A_BATCH + 1}",
        market=in_town % 5,
    )
