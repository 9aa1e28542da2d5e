"""What somebody has filled in on the page of commands, read as the order it means."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioning.fleet.commands.rows import ORDER
from provisioning.fleet.commands.whom import Whom
from provisioning.wire.command import Order
from telemetry.wire.service_hours import CHINA

MOST_NAMED_CHARS = 8_000
SEPARATORS = re.compile(r"[,，、;；]")

NEEDS: Mapping[str, tuple[str, ...]] = {
    "reopen-device": ("device",),
    "power-cycle-device": ("device",),
    "show-notice": ("text", "until"),
    "enter-maintenance": ("until", "why"),
}
"""What else a form must say, by what is to be done."""


class Chosen(BaseModel):
    """What is filled in, as it was typed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    do: str = Field(default="", max_length=64)
    device: str = Field(default="", max_length=64)
    text: str = Field(default="", max_length=400)
    until: str = Field(default="", max_length=64)
    county: str = Field(default="", max_length=64)
    town: str = Field(default="", max_length=400)
    kiosks: str = Field(default="", max_length=MOST_NAMED_CHARS)
    everybody: bool = False
    why: str = Field(default="", max_length=400)
    lasts_h: int = Field(default=0, ge=0, le=168)

    @property
    def whom(self) -> Whom:
        """Whom it is for."""
        named = tuple(dict.fromkeys(SEPARATORS.sub(" ", self.kiosks).split()))
        return Whom(county=self.county, town=self.town, named=named, everybody=self.everybody and not named)


class Confirmed(Chosen):
    """The same, after somebody has seen whom it means."""

    once: str = Field(pattern="^[0-9a-f]{32}$")
    kiosks_seen: int = Field(ge=0)


def order_of(chosen: Chosen) -> Order:
    """Return the order that was chosen; times of a form are the bureau's clock.

    Raises:
        ValidationError: Something is missing or out of bounds.
    """
    told: dict[str, Any] = {"do": chosen.do}
    needs = NEEDS.get(chosen.do, ())
    if "device" in needs:
        told["device"] = chosen.device.strip()
    if "text" in needs:
        told["text"] = chosen.text.strip()
    if "why" in needs:
        told["why"] = chosen.why.strip()
    if "until" in needs:
        told["until"] = _local(chosen.until)
    return ORDER.validate_python(told)


def wrong_field(error: ValidationError) -> str:
    """Return which field is wrong; the page says it in words."""
    places = [str(step) for step in error.errors()[0]["loc"]]
    return places[-1] if len(places) > 1 else "do"


def _local(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment
