"""How notices are composed, whoever they go to."""

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How notices are composed.

    Attributes:
        window: What happens to one kiosk within it is one notice.
        digest_at: The morning's time, China's.
        digest_things: How many things a digest names.
        link: Where people find the service, without a slash at its end; empty when nobody said.
    """

    window: timedelta = timedelta(seconds=60)
    digest_at: time = time(7, 30)
    digest_things: int = 3
    link: str = ""
