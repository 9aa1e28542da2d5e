"""What the configuration may say about the platform; ``kiosk.config`` embeds it as ``[platform]``."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, model_validator


def _plain_address(url: HttpUrl) -> HttpUrl:
    if url.username or url.password or url.query or url.fragment:
        message = "must be scheme, host, port and path only: no user, query or fragment (secrets go into token_file)"
        raise ValueError(message)
    return url


class PlatformSettings(BaseModel):
    """Where the platform is, how to be let in, and how long to wait for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: Annotated[HttpUrl, AfterValidator(_plain_address)]
    """Where the platform's API begins, e.g. ``https://platform.example.gov.cn/kiosk``."""
    token_file: Path
    """File holding this kiosk's bearer token; one line, readable by the kiosk's user alone."""
    connect_s: float = Field(default=3.0, ge=0.1, le=30)
    """Seconds to reach the platform; nothing has been sent until then."""
    answer_s: float = Field(default=12.0, ge=0.1, le=120)
    """Seconds one request may stay without an answer. A social-security platform at its worst hour needs about eight."""
    overall_s: float = Field(default=30.0, ge=0.1, le=300)
    """Seconds the person waits at most, retries included."""
    face_s: float = Field(default=5.0, ge=0.1, le=5)
    """Seconds comparing a face may take; after that the person is offered another way."""
    retries: int = Field(default=3, ge=0, le=10)
    """How often a failed attempt is made again, always under the same key."""

    @model_validator(mode="after")
    def _one_answer_fits_into_the_whole(self) -> Self:
        if self.answer_s > self.overall_s:
            message = f"answer_s ({self.answer_s:g}) must not exceed overall_s ({self.overall_s:g})"
            raise ValueError(message)
        return self

    def read_token(self) -> str:
        """Return the bearer token.

        Raises:
            ValueError: The file is missing, unreadable, empty, or holds more than one word; the message names the file.
        """
        try:
            token = self.token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"platform.token_file: cannot read {self.token_file}: {type(error).__name__}"
            raise ValueError(message) from error
        if not token or len(token.split()) != 1:
            message = f"platform.token_file: {self.token_file} must hold exactly one token"
            raise ValueError(message)
        return token
