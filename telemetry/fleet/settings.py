"""fleet.toml as frozen types: strict, every number with its bounds, read once at start."""

import re
import tomllib
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from telemetry.fleet.alarms.settings import Alarms, Incidents
from telemetry.fleet.notices.settings import Notices
from telemetry.fleet.section import Section as _Section
from telemetry.fleet.tickets.settings import Tickets
from telemetry.wire.service_hours import OFFICE, OFFICE_HOURS, Calendars, ServiceHours
from telemetry.wire.topics import NAME

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts only this machine reaches."""
HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
MAX_COUNTY_NAME = 32
"""Characters that fit beside the heading of a page."""
MAX_COUNTIES = 200
"""A province has about a hundred counties."""
MAX_CALENDARS = 50
MAX_NAMES = 20
MAX_LINES_OF_HOURS = 16
"""A line for every kind of day, and room."""
MAX_SPECIAL_DAYS = 2_000
"""Holidays of decades."""


class SettingsError(Exception):
    """fleet.toml cannot be used. ``problems`` has one line for each thing wrong: key's path, what is allowed."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path = path
        self.problems = problems


def _is_broker_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or parts.path or parts.username or parts.password:
        raise ValueError("must be mqtts://host:port, or mqtt://host:port on this machine")
    return url


def _is_store_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("must be sqlite:///file or postgresql://user@host/name")
    return url


def _is_web_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError("must be https://host, as browsers say it")
    return url.rstrip("/")


def _is_host(name: str) -> str:
    try:
        is_address = bool(ip_address(name))
    except ValueError:
        is_address = False
    if not is_address and not HOST.fullmatch(name):
        raise ValueError(f"{name!r} is no name or address of a server, e.g. bureau.example or 192.0.2.10")
    return name


def _are_county_names(names: dict[str, str]) -> dict[str, str]:
    for county, name in names.items():
        if not NAME.fullmatch(county):
            raise ValueError(f"{county!r} is not a county as kiosks say it ({NAME.pattern})")
        if not 1 <= len(name) <= MAX_COUNTY_NAME or not name.isprintable() or name.strip() != name:
            raise ValueError(f"the name of {county} must be 1 to {MAX_COUNTY_NAME} printable characters, not {name!r}")
    return names


def _are_calendars(calendars: dict[str, list[str]]) -> dict[str, list[str]]:
    for name, lines in calendars.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name of hours ({NAME.pattern})")
        if len(lines) > MAX_LINES_OF_HOURS:
            raise ValueError(f"{name} has more than {MAX_LINES_OF_HOURS} lines")
        try:
            ServiceHours.parse(lines)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return calendars


Port = Annotated[int, Field(ge=1, le=65_535)]


class Server(_Section):
    """Where people and programs find the service, and where it keeps what it keeps."""

    host: str = "127.0.0.1"
    """Address the dashboard is served on; ``0.0.0.0`` for every one, with a proxy that speaks https before it."""
    port: Port = 8080
    """Its port."""
    state_dir: str = "state"
    """Folder of the database; relative to the file's own folder."""


class Broker(_Section):
    """Which broker: the embedded one, unless ``url`` names another."""

    url: Annotated[str, AfterValidator(_is_broker_url)] | None = None
    """A broker that runs elsewhere, or apart, e.g. ``mqtts://127.0.0.1:8884``; without it ours is started here."""
    host: str = "127.0.0.1"
    """Where the embedded broker listens."""
    port: Port = 1883
    """Its port."""
    requires_certificates: bool = False
    """The embedded broker speaks TLS alone, and lets in who shows a certificate of the fleet's CA (``STATE/authority``)."""

    @property
    def own_host(self) -> str:
        """Where this service itself finds the embedded broker: one that listens everywhere does so on loopback too."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # asked, not listened on

    @model_validator(mode="after")
    def _certificates_are_asked_by_who_listens(self) -> Self:
        if self.url is not None and self.requires_certificates:
            raise ValueError("requires_certificates: is of the embedded broker; the one that url names has settings of its own")
        return self


class KioskDoor(_Section):
    """Where kiosks come by HTTPS: to be let in, for their next certificate, for releases. Open once there is a CA."""

    host: str = "127.0.0.1"
    """Address it listens on; ``0.0.0.0`` for every one."""
    port: Port = 8443
    """Its port."""
    names: list[Annotated[str, AfterValidator(_is_host)]] = Field(
        default=["localhost", "127.0.0.1"], min_length=1, max_length=MAX_NAMES
    )
    """Names and addresses kiosks reach this server by, the door and the broker; the first stands on the slips."""

    @property
    def url(self) -> str:
        """What kiosks are told."""
        return f"https://{self.names[0]}:{self.port}"


class Store(_Section):
    """Which database: SQLite in the state folder, unless ``url`` names another."""

    url: Annotated[str, AfterValidator(_is_store_url)] | None = None
    """``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``; a password belongs into ``PGPASSFILE``."""


class Liveness(_Section):
    """When silence begins to mean something."""

    factor: float = Field(default=2.5, ge=1.5, le=20)
    """Heartbeats that may be missed, as a multiple of the kiosk's own interval."""


class Ingest(_Section):
    """Limits of what one kiosk, and all of them together, may send."""

    kiosk_rate: int = Field(default=500, ge=10, le=100_000)
    """Messages a second one kiosk may send for long."""
    kiosk_burst: int = Field(default=2_000, ge=100, le=1_000_000)
    """Messages one kiosk may send at once."""
    queue_size: int = Field(default=20_000, ge=1_000, le=1_000_000)
    """Messages waiting for the database before the broker is made to wait."""


class County(_Section):
    """What people call the counties whose kiosks speak to this service."""

    names: Annotated[dict[str, str], AfterValidator(_are_county_names)] = Field(default={}, max_length=MAX_COUNTIES)
    """By the county as kiosks say it; one without a name here is shown as kiosks say it."""


class Hours(_Section):
    """When villagers may expect service, in China time; a kiosk's own calendar is named in the register of equipment."""

    calendars: Annotated[dict[str, list[str]], AfterValidator(_are_calendars)] = Field(default={}, max_length=MAX_CALENDARS)
    """Lines by name, e.g. ``office = ["Mon-Fri 08:30-12:00 14:00-17:30"]``; days are Mon to Sun and Hol, a holiday."""
    of_county: dict[str, str] = Field(default={}, max_length=MAX_COUNTIES)
    """Which calendar a county keeps; ``office`` (Mon-Fri 08:30-17:30, unless given above) when it is not named here."""
    holidays: list[date] = Field(default=[], max_length=MAX_SPECIAL_DAYS)
    """Days that have the hours of ``Hol``, none unless a calendar says so."""
    working_days: list[date] = Field(default=[], max_length=MAX_SPECIAL_DAYS)
    """Weekend days worked in exchange: they have Monday's hours."""

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for county, name in self.of_county.items():
            if name != OFFICE and name not in self.calendars:
                raise ValueError(f"of_county.{county} names {name!r}, which is not in hours.calendars")
        return self

    def as_calendars(self) -> Calendars:
        """Return them ready to be asked."""
        lines = {OFFICE: list(OFFICE_HOURS), **self.calendars}
        return Calendars(
            named={
                name: ServiceHours.parse(of_name, holidays=self.holidays, working_days=self.working_days)
                for name, of_name in lines.items()
            },
            of_county=self.of_county,
        )


class SignIn(_Section):
    """Who is let in, and for how long."""

    required: bool = True
    """False: whoever reaches the service is the bureau. Only on loopback, for a demonstration."""
    public_url: Annotated[str, AfterValidator(_is_web_url)] | None = None
    """Where browsers find the service, when a proxy stands before it; with https:// cookies are never sent without it."""
    idle_min: int = Field(default=30, ge=5, le=1_440)
    """Minutes after which a session nobody used has ended; a page that refreshes itself is not use."""
    longest_h: int = Field(default=12, ge=1, le=72)
    """Hours after which a session has ended, used or not."""
    kept_h: int = Field(default=8, ge=1, le=720)
    """Hours a session lasts, idle or not, where somebody said that nobody else uses the computer."""
    metrics_token_file: str | None = None
    """File with the bearer token Prometheus shows for /metrics; without it only this machine may read them."""

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https."""
        return self.public_url is not None and self.public_url.startswith("https://")


class Retention(_Section):
    """How many days things are kept after they are over. Tickets, complaints and what is counted by day are kept for ever."""

    messages_days: int = Field(default=60, ge=2, le=3_650)
    """What kiosks said: the log on a kiosk's page. Two months answer every question so far; it is most of the rows."""
    alarms_days: int = Field(default=800, ge=35, le=3_650)
    """Alarms and incidents that ended, planned work: two years and a month, so that a year can be laid beside the one before."""
    spans_days: int = Field(default=400, ge=35, le=3_650)
    """How each kiosk was, to the second; the days counted from it stay."""
    audit_days: int = Field(default=1_100, ge=183, le=3_650)
    """Who did what: three years. Never less than the six months that the Cybersecurity Law (article 21) asks of logs."""
    commands_days: int = Field(default=1_100, ge=35, le=3_650)
    """What kiosks were told to do at once, and what became of it at each: as long as the audit, which says who asked for it."""
    bundles_days: int = Field(default=90, ge=7, le=1_100)
    """Logs that kiosks were told to send: as long as somebody may still be mending what they show."""
    notices_days: int = Field(default=90, ge=7, le=3_650)
    """What was told to people outside."""
    every_h: int = Field(default=6, ge=1, le=168)
    """Hours between two looks at what is old."""


class Commands(_Section):
    """What the bureau may have kiosks do at once."""

    alone: int = Field(default=10, ge=1, le=10_000)
    """Kiosks one person may command; for more a second person must agree, as for every restart of a machine."""
    lasts_h: int = Field(default=24, ge=1, le=168)
    """Hours a command is meant, unless whoever asks says otherwise; a kiosk that was off for longer does nothing."""


class Desired(_Section):
    """How kiosks are told what they should be."""

    told_a_second: int = Field(default=200, ge=1, le=10_000)
    """Kiosks told in a second at most, however many are due; a change's own ramp is slower, and may stop it sooner."""


class Audit(_Section):
    """The audit is a chain: each row seals the one before it."""

    anchor_every_h: int = Field(default=24, ge=1, le=744)
    """Hours between two signed anchors, appended to ``anchors.jsonl`` in the state folder: give copies of it away."""


class FleetSettings(_Section):
    """All of fleet.toml."""

    server: Server = Server()
    broker: Broker = Broker()
    kiosk_door: KioskDoor = KioskDoor()
    store: Store = Store()
    liveness: Liveness = Liveness()
    ingest: Ingest = Ingest()
    county: County = County()
    hours: Hours = Hours()
    alarms: Alarms = Alarms()
    incidents: Incidents = Incidents()
    tickets: Tickets = Tickets()
    notices: Notices = Notices()
    sign_in: SignIn = SignIn()
    retention: Retention = Retention()
    desired: Desired = Desired()
    commands: Commands = Commands()
    audit: Audit = Audit()

    @model_validator(mode="after")
    def _only_this_machine_is_let_in_unasked(self) -> Self:
        if not self.sign_in.required and self.server.host not in LOOPBACK:
            raise ValueError(
                f"sign_in.required: may be false only where server.host is one of {', '.join(LOOPBACK)}, not {self.server.host!r}"
            )
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check the file.

        Raises:
            SettingsError: It is not there, not TOML, or says something that is not allowed.
        """
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(path, (f"cannot be read: {error.strerror}",)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(path, (f"is not TOML: {error}",)) from error
        try:
            settings = cls.model_validate(raw)
        except ValidationError as error:
            raise SettingsError(path, tuple(_say(problem) for problem in error.errors(include_url=False))) from error
        folder = (path.parent / settings.server.state_dir).resolve()
        changed: dict[str, _Section] = {"server": settings.server.model_copy(update={"state_dir": str(folder)})}
        changed["notices"] = settings.notices.beside(path.parent)
        if settings.sign_in.metrics_token_file is not None:
            token = (path.parent / settings.sign_in.metrics_token_file).resolve()
            changed["sign_in"] = settings.sign_in.model_copy(update={"metrics_token_file": str(token)})
        return settings.model_copy(update=changed)


def _say(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "extra_forbidden":
            return f"{where}: unknown key"
        case "value_error":
            said = problem["msg"].removeprefix("Value error, ")  # not what was written: it may hold a password
            return f"{where}: {said}" if where else said
        case _:
            return f"{where}: {_allowed(where) or problem['msg']}, not {problem['input']!r}"


def _allowed(where: str) -> str:
    """Return the bounds of a number in words, read from the models themselves."""
    section_name, _, key = where.partition(".")
    section = FleetSettings.model_fields.get(section_name)
    if section is None or not isinstance(section.default, _Section):
        return ""
    field = type(section.default).model_fields.get(key)
    bounds = {type(mark).__name__: mark for mark in field.metadata} if field else {}
    if "Ge" in bounds and "Le" in bounds:
        kind = "a whole number" if field is not None and field.annotation is int else "a number"
        return f"must be {kind} from {bounds['Ge'].ge} to {bounds['Le'].le}"
    return ""
