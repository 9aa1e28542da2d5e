"""The settings of a reader that speaks the SAM serial protocol."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from drivers.id_card_reader.dialects import DialectChoice


class SamSettings(BaseModel):
    """How to talk to one reader. The defaults fit the readers whose manuals we have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: DialectChoice = Field(default=DialectChoice.STANDARD, description="auto tries them all when opening.")
    poll_interval_s: float = Field(default=0.25, ge=0.2, le=0.3, description="From one search for a card to the next.")
    reply_deadline_s: float = Field(default=0.9, ge=0.2, le=5, description="Until a short answer must have begun.")
    read_deadline_s: float = Field(default=3.0, ge=0.5, le=10, description="Until a card's data must have begun.")
    extra_deadline_s: float = Field(default=0.4, ge=0.1, le=2, description="Until an answer we can do without must have begun.")
    probe_deadline_s: float = Field(default=0.3, ge=0.1, le=1, description="Until a reader we search for must have answered.")
    gap_s: float = Field(default=0.3, ge=0.1, le=2, description="Silence inside an answer that ends it.")
    retries: int = Field(default=3, ge=0, le=3, description="Further tries after one that failed.")
    failing_after: int = Field(default=3, ge=2, le=50, description="Unreadable cards in a row that point at the antenna.")
    read_newest_address: bool = Field(default=True, description="Ask for an address that was added to the card later.")
    read_body_number: bool = Field(default=False, description="Ask for the number of the piece of plastic.")
    read_fingerprint: bool = Field(default=False, description="Read the fingerprints too. Only where a law asks for them.")
    line_baud: Literal[115200, 57600, 38400, 19200, 9600] | None = Field(
        default=None, description="With baud=auto: the speed to which a reader that was found is switched."
    )
    rf_frame_size: Literal[0x50, 0x58] | None = Field(default=None, description="Sent when opening; None leaves it alone.")
    photo_decoder: Path | None = Field(default=None, description="Shared library that turns the card's photo into pixels.")
    photo_decoder_symbol: str = Field(default="unpack", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$", description="Its function.")
    photo_deadline_s: float = Field(default=1.0, ge=0.1, le=10, description="Until a photo must have been decoded.")
