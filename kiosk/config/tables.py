"""The tables of ``kiosk.toml`` as frozen types: every key, its bounds and its default, nowhere else."""

import re
import zoneinfo
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Generic, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from provisioning.wire.command import NoticeText
from telemetry.wire.service_hours import DAYS, HOLIDAY, ServiceHours

PlatformT = TypeVar("PlatformT", bound=BaseModel)

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
    expected = "expected mqtts://host:port, without user, password or path (secrets come from files)"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        message = f"is no broker's address; {expected}"
        raise ValueError(message) from error
    is_plain = not (parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or port is None or not is_plain:
        message = f"is no broker's address; {expected}"
        raise ValueError(message)
    return address


def _is_a_bureau(address: str) -> str:
    expected = "expected https://host:port of the bureau's door, without user, password or path"
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        message = f"is no bureau's address; {expected}"
        raise ValueError(message) from error
    is_plain = not (parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        message = f"is no bureau's address; {expected}"
        raise ValueError(message)
    return address.rstrip("/")


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


def _in_order(begins: datetime | None, ends: datetime) -> None:
    if begins is not None and ends <= begins:
        message = f"ends at {ends:%Y-%m-%d %H:%M}, which is not after it begins"
        raise ValueError(message)


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


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class KioskTable(_Table):
    """``[kiosk]``: which machine this is, where it stands and whom to call.

    Attributes:
        site: Short name of the village, as it stands on the screen, e.g. ``光明村``.
        clerk_phone: The village clerk.
        help_phone: Whoever helps when the clerk cannot.
        state_dir: Folder of everything this kiosk keeps; one core at a time.
        time_zone: Of the clock on the screen. Everything else is UTC.
        receipt_note: A line at the foot of every receipt, e.g. that a training kiosk's data are synthetic.
    """

    id: Name
    county: Name
    site: Annotated[str, Field(min_length=1, max_length=8)]
    town: Words
    address: Words
    clerk_phone: Phone
    help_phone: Phone
    state_dir: Path
    time_zone: Annotated[str, AfterValidator(_is_a_time_zone)] = "Asia/Shanghai"
    receipt_note: Annotated[str, Field(max_length=40)] = ""


class ElsewhereTable(_Table):
    """``[elsewhere]``: where the same matters can be done when this machine cannot."""

    name: Annotated[str, Field(min_length=1, max_length=12)]
    distance_km: float = Field(ge=0, le=500)
    hours: Annotated[str, Field(max_length=18)] = ""


class DisplayTable(_Table):
    """``[display]``: the panel, and who starts the process that draws on it.

    Attributes:
        external: Something else (systemd) starts the display; the core only watches it.
    """

    external: bool = False
    width_px: int = Field(default=1080, ge=320, le=7680)
    height_px: int = Field(default=1920, ge=320, le=7680)
    px_per_mm: float = Field(default=4.03, ge=1.0, le=20.0)
    fullscreen: bool = True


class FleetTable(_Table):
    """``[fleet]``: where the fleet service listens."""

    broker: Annotated[str, AfterValidator(_is_a_broker)]
    heartbeat_s: float = Field(default=30.0, ge=0.1, le=3600)

    @property
    def host(self) -> str:
        """Host of the broker."""
        return urlsplit(self.broker).hostname or ""

    @property
    def port(self) -> int:
        """Port of the broker."""
        return urlsplit(self.broker).port or 0


class BureauTable(_Table):
    """``[bureau]``: where the bureau lets kiosks in; without it this machine belongs to nobody.

    Attributes:
        serial: The machine's serial number as on its plate, where its firmware does not say it.
    """

    url: Annotated[str, AfterValidator(_is_a_bureau)]
    serial: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{2,47}$")] | None = None


class FaceTable(_Table):
    """``[face]``: models that compare a face on this machine; without both, the platform alone compares.

    Attributes:
        detector: Model file for OpenCV's FaceDetectorYN.
        recogniser: Model file for OpenCV's FaceRecognizerSF.
        same_person_from: Cosine similarity; the default is the makers' for SFace.
    """

    detector: Path | None = None
    recogniser: Path | None = None
    same_person_from: float = Field(default=0.363, ge=0.0, le=1.0)


class LogTable(_Table):
    """``[log]``: how much is kept of what happened. The files take ``file_bytes`` times ``files`` at most."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file_bytes: int = Field(default=5_000_000, ge=10_000, le=1_000_000_000)
    files: int = Field(default=6, ge=2, le=100)


class ServicesTable(_Table):
    """``[services]``: which of the matters this release knows are offered here, by id; all of them when nothing is said."""

    offered: tuple[ServiceId, ...] | None = Field(default=None, min_length=1, max_length=64)


class HoursTable(_Table):
    """``[hours]``: when a matter may be begun here, in China time; day and night when nothing is said. What is begun is finished.

    Attributes:
        open: Lines such as ``Mon-Fri 08:30-12:00 14:00-17:30``; ``Hol`` is a day of ``holidays``.
        of_service: The same for a matter with hours of its own, by its id, in place of ``open``.
        holidays: Dates with the hours of ``Hol``, none unless a line says so.
        working_days: Dates with Monday's hours, whatever day they are.
    """

    open: HoursLines | None = None
    of_service: dict[ServiceId, HoursLines] = Field(default_factory=dict, max_length=64)
    holidays: Dates = ()
    working_days: Dates = ()


class NoticeTable(_Table):
    """One ``[notice.NAME]``: what everybody may read on the first page, from a moment or at once, until a moment."""

    text: NoticeText
    begins: AwareDatetime | None = None
    ends: AwareDatetime

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        _in_order(self.begins, self.ends)
        return self


class MaintenanceTable(_Table):
    """One ``[maintenance.NAME]``: from one moment to another nobody begins anything, and why."""

    begins: AwareDatetime
    ends: AwareDatetime
    why: Words

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        _in_order(self.begins, self.ends)
        return self


class ScreenTable(_Table):
    """``[screen]``: how every visit begins; what a person chooses lasts for her visit.

    Attributes:
        text_size: 0 to 3; from 2 on, everything waits twice as long for an answer.
    """

    text_size: Literal[0, 1, 2, 3] = 0
    voice_is_on: bool = False
    volume: Literal[0, 1, 2, 3] = 2


class SelfTestTable(_Table):
    """``[selftest]``: when the kiosk looks at itself every day, by its own clock, plus up to a quarter of an hour."""

    at: time = time(5, 30)


class DeviceTable(_Table):
    """One ``[[device]]``: its name here, what drives it, where it is, and what its driver is told."""

    name: Name
    driver: Annotated[str, Field(min_length=1, max_length=64)]
    port: Annotated[str, Field(min_length=1, max_length=400)]
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class KioskConfig(_Table, Generic[PlatformT]):
    """All of ``kiosk.toml``. ``platform`` is whatever the platform's client can be told."""

    kiosk: KioskTable
    elsewhere: ElsewhereTable
    display: DisplayTable = DisplayTable()
    platform: PlatformT
    fleet: FleetTable
    bureau: BureauTable | None = None
    face: FaceTable = FaceTable()
    log: LogTable = LogTable()
    services: ServicesTable = ServicesTable()
    screen: ScreenTable = ScreenTable()
    hours: HoursTable = HoursTable()
    notice: dict[Name, NoticeTable] = Field(default_factory=dict, max_length=16)
    maintenance: dict[Name, MaintenanceTable] = Field(default_factory=dict, max_length=16)
    selftest: SelfTestTable = SelfTestTable()
    device: tuple[DeviceTable, ...] = Field(default=(), max_length=64)
