"""The one door to the library that carries notices: WeCom, DingTalk, e-mail, webhooks and a hundred others."""

import re

import apprise

from telemetry.fleet.notices.channels import Channel, ChannelError

CONNECT_WITHIN_S = 5
READ_WITHIN_S = 10
WARNING = 30
"""logging's."""
SHORT = 5
"""Pieces of an address no longer than this are words of its scheme, not secrets."""

_BETWEEN = re.compile(r"[/?@:&=]+")


class Carrier:
    """Carries to one channel. Blocking; one call at a time, from a worker thread."""

    def __init__(self, channel: Channel) -> None:
        """Prepare.

        Raises:
            ChannelError: The library does not know such an address; the message does not hold it.
        """
        self._secrets = tuple(part for part in _BETWEEN.split(channel.address) if len(part) > SHORT)
        asset = apprise.AppriseAsset(secure_logging=True, app_id="Zhizhu", app_desc="Zhizhu fleet", async_mode=False)
        self._library = apprise.Apprise(asset=asset)
        glue = "&" if "?" in channel.address else "?"
        if not self._library.add(f"{channel.address}{glue}cto={CONNECT_WITHIN_S}&rto={READ_WITHIN_S}"):
            raise ChannelError(f"notices.channel {channel.name}: its address is of no kind apprise knows")

    def tell(self, subject: str, body: str) -> str:
        """Carry one notice; returns why it did not arrive, empty when it did."""
        with apprise.LogCapture(level=WARNING, fmt="%(message)s") as said:
            has_arrived = bool(self._library.notify(body=body, title=subject, body_format=apprise.NotifyFormat.TEXT))
            why = said.getvalue()
        return "" if has_arrived else self._plain(why) or "not taken"

    def _plain(self, why: str) -> str:
        for secret in self._secrets:
            why = why.replace(secret, "***")
        return " ".join(why.split())[:400]
