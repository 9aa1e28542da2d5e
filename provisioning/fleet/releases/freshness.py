"""The job that says again what is newest before the last saying expires: without it every kiosk would stop believing."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from provisioning.fleet.releases.keys import ReleaseKeyError
from provisioning.fleet.releases.metadata import Chain, MetadataError
from provisioning.fleet.releases.repository import Repository

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3600.0


class Freshness:
    """Belongs to one event loop; signs in a worker thread."""

    def __init__(self, repository: Repository, *, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def run(self) -> None:
        """Look every hour, for ever; what cannot be signed now is tried again."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_EVERY_S)

    async def once(self) -> None:
        """Renew what is about to expire."""
        for chain in Chain:
            try:
                if await asyncio.to_thread(self._repository.refresh, chain, now=self._now()):
                    log.info("releases.renewed", chain=chain.name.lower())
            except (OSError, MetadataError, ReleaseKeyError) as error:
                log.error("releases.not_renewed", chain=chain.name.lower(), why=str(error))  # noqa: TRY400  # why says it all
