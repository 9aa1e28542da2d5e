"""Synthetic citizens: invented people with ID numbers whose check character is right."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643, clause 6: the weight of each of the first 17 digits."""
CHECK = "10X98765432"
"""GB 11643, clause 6: the check character by the weighted sum modulo 11."""
REGION = "360499"
"""Not an assigned county: whoever is generated here lives nowhere."""
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
GIVEN = (
    "桂兰",
    "建国",
    "秀英",
    "国强",
    "玉珍",
    "志明",
    "春梅",
    "德福",
    "小燕",
    "永贵",
    "月娥",
    "文斌",
    "巧云",
    "长根",
    "素芬",
    "宝田",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """One person in the platform's own registry."""

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    birth: date = field(repr=False)


def check_character(first_17: str) -> str:
    """The eighteenth character of an ID number."""
    return CHECK[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def generated(count: int, *, seed: int = 11643) -> Iterator[Citizen]:
    """Invent ``count`` people, aged 18 to 90; the same seed gives the same people."""
    chance = random.Random(seed)
    for sequence in range(1, count + 1):
        birth = date(1936, 1, 1) + timedelta(days=chance.randrange(72 * 365))
        first_17 = f"{REGION}{birth:%Y%m%d}{sequence:03d}"
        yield Citizen(
            id_number=first_17 + check_character(first_17),
            name=chance.choice(SURNAMES) + chance.choice(GIVEN),
            birth=birth,
        )
