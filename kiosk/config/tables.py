"""The tables of ``kiosk.toml`` as frozen types: every key, its bounds and its default, nowhere else."""

from datetime import time
from pathlib import Path
from typing import Annotated, Generic, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from kiosk.config.values import Broker, Bureau, Dates, HoursLines, Name, Phone, ServiceId, TimeZone, Words, must_follow
from provisioning.wire.command import NoticeText

PlatformT = TypeVar("PlatformT", bound=BaseModel)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class KioskTable(_Table):
    """``[kiosk]``: which machine this is, where it stands and whom to call.

    Attributes:
        id: Name of this kiosk in its county, as the bureau lists it.
        county: Name of the county.
        site: Short name of the village, as it stands on the screen, e.g. ``光明村``.
        town: The town the village belongs to.
        address: Where the kiosk stands, for people.
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
    time_zone: TimeZone = "Asia/Shanghai"
    receipt_note: Annotated[str, Field(max_length=40)] = ""


class ElsewhereTable(_Table):
    """``[elsewhere]``: where the same matters can be done when this machine cannot.

    Attributes:
        name: Of that place, e.g. ``镇便民中心``.
        distance_km: How far it is.
        hours: When it is open, as it shall stand on the screen.
    """

    name: Annotated[str, Field(min_length=1, max_length=12)]
    distance_km: float = Field(ge=0, le=500)
    hours: Annotated[str, Field(max_length=18)] = ""


class DisplayTable(_Table):
    """``[display]``: the panel, and who starts the process that draws on it.

    Attributes:
        external: Something else (systemd) starts the display; the core only watches it.
        width_px: Of the panel, upright.
        height_px: Of the panel, upright.
        px_per_mm: Of the panel: letters and buttons have sizes in millimetres.
        fullscreen: Without a window's frame.
    """

    external: bool = False
    width_px: int = Field(default=1080, ge=320, le=7680)
    height_px: int = Field(default=1920, ge=320, le=7680)
    px_per_mm: float = Field(default=4.03, ge=1.0, le=20.0)
    fullscreen: bool = True


class FleetTable(_Table):
    """``[fleet]``: where the fleet service listens.

    Attributes:
        broker: ``mqtts://host:port``; ``mqtt`` for a trial on one machine.
        heartbeat_s: Seconds from one sign of life to the next.
    """

    broker: Broker
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
        url: ``https://host:port`` of the fleet's door for kiosks.
        serial: The machine's serial number as on its plate, where its firmware does not say it.
    """

    url: Bureau
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
    """``[log]``: how much is kept of what happened. The files take ``file_bytes`` times ``files`` at most.

    Attributes:
        level: Least level that is kept.
        file_bytes: Size at which a new file is begun.
        files: How many are kept.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    file_bytes: int = Field(default=5_000_000, ge=10_000, le=1_000_000_000)
    files: int = Field(default=6, ge=2, le=100)


class ServicesTable(_Table):
    """``[services]``: which of the matters this release knows are offered here.

    Attributes:
        offered: Their ids; all of them when nothing is said.
    """

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
    """One ``[notice.NAME]``: what everybody may read on the first page; of several, the one that began last.

    Attributes:
        text: One line.
        begins: A moment with its zone, e.g. ``2026-11-25T08:00:00+08:00``; at once when nothing is said.
        ends: A moment with its zone.
    """

    text: NoticeText
    begins: AwareDatetime | None = None
    ends: AwareDatetime

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        must_follow(self.ends, self.begins)
        return self


class MaintenanceTable(_Table):
    """One ``[maintenance.NAME]``: a time without service that was planned; whoever is being served is served first.

    Attributes:
        begins: A moment with its zone.
        ends: A moment with its zone.
        why: For the log and the dashboard.
    """

    begins: AwareDatetime
    ends: AwareDatetime
    why: Words

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        must_follow(self.ends, self.begins)
        return self


class ScreenTable(_Table):
    """``[screen]``: how every visit begins; what a person chooses lasts for her visit.

    Attributes:
        text_size: 0 to 3; from 2 on, everything waits twice as long for an answer.
        voice_is_on: Whether pages are read out before anybody touched 语音.
        volume: Of the voice.
    """

    text_size: Literal[0, 1, 2, 3] = 0
    voice_is_on: bool = False
    volume: Literal[0, 1, 2, 3] = 2


class SelfTestTable(_Table):
    """``[selftest]``: when the kiosk looks at itself every day.

    Attributes:
        at: By its own clock, plus up to a quarter of an hour.
    """

    at: time = time(5, 30)


class DeviceTable(_Table):
    """One ``[[device]]``: its name here, what drives it, where it is, and what its driver is told.

    Attributes:
        name: In logs, alarms and the clerk's card, for ever.
        driver: One of those below.
        port: Where it is plugged in, as ``zhizhu-kiosk discover`` prints it.
        settings: A table of its own, ``[device.settings]``, one for each driver below.
    """

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
