"""Commands as the bureau would send them, made up for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.wire.command import Command, SelfTest

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def command(counter: int = 1, *, issued_at: datetime = NOW, lasts: timedelta = timedelta(hours=1), **other: Any) -> Command:
    """Return one for K1 of the county demo; ``other`` are fields of a command."""
    told = {
        "id": f"c-{counter}",
        "county": "demo",
        "kiosk": "K1",
        "counter": counter,
        "nonce": f"{counter:032x}",
        "issued_at": issued_at,
        "expires_at": issued_at + lasts,
        "order": SelfTest(),
    }
    return Command(**{**told, **other})
