"""What a printer says about paper, toner and waste: marker-* of PWG 5100.13, printer-supply and printer-input-tray."""

from dataclasses import dataclass

from drivers.contract.status import Supply
from drivers.document_printer.message_codec import Group

MOST_SUPPLIES = 16

NAMES = {
    "toner": "toner",
    "toner-cartridge": "toner",
    "tonercartridge": "toner",
    "ink": "ink",
    "ink-cartridge": "ink",
    "inkcartridge": "ink",
    "opc": "drum",
    "drum": "drum",
    "developer": "developer",
    "fuser": "fuser",
    "waste-toner": "waste_toner",
    "wastetoner": "waste_toner",
    "waste-ink": "waste_ink",
    "wasteink": "waste_ink",
}
"""Type as the printer says it, lower case -> our word. Both spellings of RFC 3805 PrtMarkerSuppliesTypeTC are in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marker:
    type: str
    color: str
    remaining: float | None
    is_low: bool


def supplies_of(group: Group, *, paper_is_low: bool, toner_is_low: bool) -> tuple[Supply, ...]:
    """Read what the printer uses up.

    Args:
        group: The printer's attributes.
        paper_is_low: Its reasons say that paper is low or out.
        toner_is_low: Its reasons say that toner is low or empty.
    """
    markers = (_markers(group) or _supplies(group))[:MOST_SUPPLIES]
    names = [NAMES.get(marker.type.lower(), "") for marker in markers]
    found = [Supply(name="a4_paper", remaining=_paper(group), is_low=paper_is_low)]
    for marker, name in zip(markers, names, strict=True):
        if name:
            is_named_low = toner_is_low and name in {"toner", "ink"} and names.count(name) == 1
            own = f"{name}_{marker.color}" if names.count(name) > 1 and marker.color else name
            if all(own != other.name for other in found):
                found.append(Supply(name=own, remaining=marker.remaining, is_low=marker.is_low or is_named_low))
    return tuple(found)


def _markers(group: Group) -> tuple[_Marker, ...]:
    types, levels = group.words("marker-types"), group.integers("marker-levels")
    colors, lows = group.words("marker-colors"), group.integers("marker-low-levels")
    return tuple(
        _Marker(
            type=kind,
            color=_color(colors[at] if at < len(colors) else ""),
            remaining=_share(level, 100),
            is_low=0 <= level <= (lows[at] if at < len(lows) else -1),
        )
        for at, (kind, level) in enumerate(zip(types, levels, strict=False))
    )


def _supplies(group: Group) -> tuple[_Marker, ...]:
    found = []
    for octets in group.octets("printer-supply"):
        fields = _fields(octets)
        remaining = _share(_number(fields.get("level", "")), _number(fields.get("maxcapacity", "")))
        found.append(
            _Marker(type=fields.get("type", ""), color=_color(fields.get("colorantname", "")), remaining=remaining, is_low=False)
        )
    return tuple(found)


def _paper(group: Group) -> float | None:
    """All trays that know how much is in them, together."""
    held = whole = 0
    for octets in group.octets("printer-input-tray"):
        fields = _fields(octets)
        level, most = _number(fields.get("level", "")), _number(fields.get("maxcapacity", ""))
        if level >= 0 and most > 0:
            held, whole = held + min(level, most), whole + most
    return held / whole if whole else None


def _fields(octets: bytes) -> dict[str, str]:
    """Take ``type=toner;level=75;`` apart."""
    parts = (part.partition("=") for part in octets[:1024].decode("ascii", "replace").split(";"))
    return {key.strip().lower(): value.strip() for key, sign, value in parts if sign}


def _number(text: str) -> int:
    # RFC 3805: -1 other, -2 unknown, -3 some is left. None of them is a share of anything.
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else -2


def _share(level: int, most: int) -> float | None:
    return min(level / most, 1.0) if level >= 0 and most > 0 else None


def _color(text: str) -> str:
    word = text.lower().removeprefix("#")
    return word if word.isascii() and word.isalnum() and len(word) <= 16 else ""
