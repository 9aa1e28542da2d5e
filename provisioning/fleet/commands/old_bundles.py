"""Bundles of logs go once nobody has asked for them for long: what is in them is of use to whoever mends, and then to nobody."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from provisioning.fleet.commands.bundles import FOLDER

log = structlog.get_logger()


class OldBundles:
    """Lets them go every few hours."""

    def __init__(self, folder: Path, *, kept_for: timedelta, every: timedelta, now: Callable[[], datetime]) -> None:
        """Prepare.

        Args:
            folder: The state folder.
            kept_for: Since they came.
            every: Between two looks.
            now: Server's clock.
        """
        self._folder = folder / FOLDER
        self._kept_for = kept_for
        self._every = every
        self._now = now

    async def run(self) -> None:
        """Look again and again; a disk that does not obey is no reason to end."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except OSError as error:
                log.warning("bundles not pruned", error=str(error))
            await asyncio.sleep(self._every.total_seconds())

    def once(self) -> int:
        """Delete every bundle that is old by now, and return how many. Blocking.

        Raises:
            OSError: One cannot be deleted; the next look tries again.
        """
        gone = 0
        for bundle in sorted(self._folder.glob("*/*/*.zip")):
            if self._now() - datetime.fromtimestamp(bundle.stat().st_mtime, UTC) > self._kept_for:
                bundle.unlink()
                gone += 1
        if gone:
            log.info("bundles pruned", bundles=gone)
        return gone
