"""``[notices]`` of fleet.toml, and ``[[notices.channel]]``, one for each way out."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from telemetry.fleet.notices.pace import Quiet
from telemetry.fleet.notices.terms import Terms
from telemetry.fleet.section import Section
from telemetry.wire.topics import NAME

Kind = Literal["news", "escalation", "incident", "digest"]
MAX_CHANNELS = 200
"""A province has about a hundred counties."""


def _is_quiet(text: str) -> str:
    if text:
        Quiet.parse(text)
    return text


def _is_time(text: str) -> str:
    Quiet.parse(f"{text}-{text}")
    return text


def _is_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"must be a name of {NAME.pattern}")
    return text


class ChannelSection(Section):
    """One way out: a WeCom or DingTalk group, a mailbox, a webhook."""

    name: Annotated[str, AfterValidator(_is_name)]
    """What it is called on pages and in the log."""
    url_file: str | None = None
    """File whose first line is the address as apprise writes it, e.g. ``wecombot://key``; relative to the file's own folder."""
    url_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")] | None = None
    """Or the variable of the environment that holds it."""
    counties: list[str] = Field(default=[], max_length=200)
    """Only of these; empty is all."""
    areas: list[str] = Field(default=[], max_length=200)
    """Only of these rounds; empty is all."""
    kinds: list[Kind] = Field(default=["news", "escalation", "incident", "digest"], max_length=4)
    """What goes out there."""
    quiet: Annotated[str, AfterValidator(_is_quiet)] = "21:00-07:00"
    """Hours in China time in which only what blocks and is overdue goes out; empty for none."""
    most_per_hour: int = Field(default=12, ge=1, le=600)
    """Notices in an hour; what comes beyond is put together and counted."""

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url_file is None) == (self.url_env is None):
            raise ValueError(f"channel {self.name}: name exactly one of url_file and url_env")
        return self


class Notices(Section):
    """Who outside is told."""

    channel: list[ChannelSection] = Field(default=[], max_length=MAX_CHANNELS)
    """The ways out; without one nobody outside is told."""
    window_s: int = Field(default=60, ge=0, le=3_600)
    """What happens to one kiosk, or in one incident, within so many seconds is one notice."""
    digest_at: Annotated[str, AfterValidator(_is_time)] = "07:30"
    """When the morning's three things go out, China time, on days with service."""
    digest_things: int = Field(default=3, ge=1, le=10)
    """How many they are."""
    deadline_s: float = Field(default=20, ge=1, le=120)
    """How long one try may take."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [one.name for one in self.channel]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"channel: two are called {', '.join(twice)}")
        return self

    def as_terms(self, *, link: str) -> Terms:
        """Return how notices are composed; ``link`` is where people find the service, or empty."""
        return Terms(
            window=timedelta(seconds=self.window_s),
            digest_at=Quiet.parse(f"{self.digest_at}-{self.digest_at}").begins,
            digest_things=self.digest_things,
            link=link.rstrip("/"),
        )

    def beside(self, folder: Path) -> Self:
        """Return them with every file named from the root."""
        channels = [
            one if one.url_file is None else one.model_copy(update={"url_file": str((folder / one.url_file).resolve())})
            for one in self.channel
        ]
        return self.model_copy(update={"channel": channels})
