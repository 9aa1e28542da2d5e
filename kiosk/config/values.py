"""What one value of ``kiosk.toml`` may be, and in which words it is refused."""

import re
import zoneinfo
from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from telemetry.wire.service_hours import DAYS, HOLIDAY, ServiceHours

NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$"
"""As in the topics of the wire: what a county, a kiosk or a device may be called."""

NAME_WORDS = "letters, digits and hyphens, 1 to 32, beginning with a letter or digit"


def _is_a_time_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"is no time zone this machine knows: {name!r}; expected a name such as Asia/Shanghai"
        raise ValueError(message) from error
    return name


def _is_a_broker(address: str) -> str:
    expected = "is no broker's address; expected mqtts://host:port, without user, password or path (secrets come from files)"
    if _plain(address, expected, schemes={"mqtt", "mqtts"}).port is None:
        raise ValueError(expected)
    return address


def _is_a_bureau(address: str) -> str:
    expected = "is no bureau's address; expected https://host:port of the bureau's door, without user, password or path"
    _plain(address, expected, schemes={"https"})
    return address.rstrip("/")


def _plain(address: str, expected: str, *, schemes: Collection[str]) -> SplitResult:
    """Take an address apart that is scheme, host and perhaps a port, and nothing else."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    is_plain = not (parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in schemes or not parts.hostname or not is_plain:
        raise ValueError(expected)
    return parts


def _is_a_phone(number: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 -]{1,18}[0-9]", number):
        message = "is no telephone number; expected 3 to 20 digits, spaces or hyphens between them allowed"
        raise ValueError(message)
    return number


def _open_at_some_time(lines: tuple[str, ...]) -> tuple[str, ...]:
    week = ServiceHours.parse(lines).week
    if not any(week[:-1]):
        message = f"open on no day but {HOLIDAY}; a kiosk that serves nobody is taken out of service, not closed"
        raise ValueError(message)
    return lines


def must_follow(ends: datetime, begins: datetime | None) -> None:
    """Refuse a time that ends before it begins."""
    if begins is not None and ends <= begins:
        message = f"ends at {ends:%Y-%m-%d %H:%M}, which is not after it begins"
        raise ValueError(message)


TimeZone = Annotated[str, AfterValidator(_is_a_time_zone)]
Broker = Annotated[str, AfterValidator(_is_a_broker)]
Bureau = Annotated[str, AfterValidator(_is_a_bureau)]
Name = Annotated[str, Field(pattern=NAME, description=NAME_WORDS)]
Words = Annotated[str, Field(min_length=1, max_length=40)]
Phone = Annotated[str, AfterValidator(_is_a_phone)]
ServiceId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
_DAY = rf"({'|'.join(DAYS)})"
_CLOCK = r"([01][0-9]|2[0-4]):[0-5][0-9]"
HoursLine = Annotated[
    str,
    # For the bureau's schema alone: on the kiosk the parser refuses, and says what it wants.
    Field(max_length=120, json_schema_extra={"pattern": rf"^{_DAY}([-,]{_DAY})*( +{_CLOCK}-{_CLOCK})+$"}),
]
HoursLines = Annotated[tuple[HoursLine, ...], Field(min_length=1, max_length=16), AfterValidator(_open_at_some_time)]
Dates = Annotated[tuple[date, ...], Field(max_length=64)]
