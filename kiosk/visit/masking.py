"""Masking: what may be shown of a person so that she knows herself and nobody behind her does."""

import re

HIDDEN = "*"
SHOWN_AT_HEAD = 4
SHOWN_AT_TAIL = 4

_PROVINCE = re.compile(r"^(?:[^省]{2,8}省|[^自]{2,6}自治区|(?:北京|上海|天津|重庆)市)")
_PREFECTURE = re.compile(r"^[^市县区]{2,7}(?:市|自治州|地区|盟)(?=[^市县区旗镇乡]{1,10}(?:县|区|市|旗))")
_COUNTY_AND_TOWN = re.compile(
    r"^([^市县区旗镇乡]{1,10}?(?:自治县|县|区|市|旗))([^镇乡街道路巷号村0-9０-９]{1,8}?(?:镇|乡|街道|苏木))?"
)
"""Anything that could name a street, a village or a house ends the match: too little is shown rather than too much."""


def masked_name(name: str) -> str:
    """Return 李*珍, 王*, 欧**珍: the first character, and the last where there are three or more."""
    if len(name) <= 1:
        return HIDDEN
    if len(name) == 2:
        return name[0] + HIDDEN
    return name[0] + HIDDEN * (len(name) - 2) + name[-1]


def masked_number(number: str) -> str:
    """Return 4408**********1234; at least half of a shorter number stays hidden."""
    shown = SHOWN_AT_HEAD + SHOWN_AT_TAIL
    if len(number) < 2 * shown:
        tail = len(number) // 4
        return HIDDEN * (len(number) - tail) + number[len(number) - tail :]
    return number[:SHOWN_AT_HEAD] + HIDDEN * (len(number) - shown) + number[-SHOWN_AT_TAIL:]


def area_of(address: str) -> str:
    """Return county and town of an address, e.g. 坡头区南三镇: never a village, a street or a house. Empty when in doubt."""
    found = _COUNTY_AND_TOWN.match(_PREFECTURE.sub("", _PROVINCE.sub("", address.strip())))
    return "".join(part for part in found.groups() if part) if found else ""
