"""The channels of fleet.toml with their addresses: read once at start, told to nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from telemetry.fleet.notices.pace import Quiet
from telemetry.fleet.notices.settings import ChannelSection

ADDRESS_CHARS = 4_000


class ChannelError(Exception):
    """A channel's address cannot be had; the message names the channel and never the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way out.

    Attributes:
        address: As apprise writes it; a secret.
        counties: Empty is all. ``areas`` too.
        quiet: None for a channel that is never quiet.
    """

    name: str
    address: str = field(repr=False)
    counties: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset({"news", "escalation", "incident", "digest"})
    quiet: Quiet | None = None
    most_per_hour: int = 12

    def wants(self, kind: str, *, county: str, area: str = "") -> bool:
        """Say whether it is told of this; what has no area is everybody's."""
        if kind not in self.kinds or (self.counties and county not in self.counties):
            return False
        return not self.areas or not area or area in self.areas


def open_channels(sections: Iterable[ChannelSection], *, environment: Mapping[str, str]) -> tuple[Channel, ...]:
    """Return the channels with their addresses.

    Args:
        sections: Of fleet.toml.
        environment: Where ``url_env`` looks.

    Raises:
        ChannelError: A file cannot be read, a variable is not set, or nothing is in it.
    """
    return tuple(
        Channel(
            name=one.name,
            address=_address(one, environment),
            counties=frozenset(one.counties),
            areas=frozenset(one.areas),
            kinds=frozenset(one.kinds),
            quiet=Quiet.parse(one.quiet) if one.quiet else None,
            most_per_hour=one.most_per_hour,
        )
        for one in sections
    )


def _address(section: ChannelSection, environment: Mapping[str, str]) -> str:
    if section.url_env is not None:
        found = environment.get(section.url_env, "").strip()
        where = f"environment variable {section.url_env}"
    else:
        where = f"file {section.url_file}"
        try:
            lines = Path(section.url_file or "").read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelError(f"notices.channel {section.name}: {where} cannot be read") from error
        found = lines[0].strip() if lines else ""
    if not found or len(found) > ADDRESS_CHARS or "://" not in found:
        raise ChannelError(f"notices.channel {section.name}: {where} holds no address")
    return found
