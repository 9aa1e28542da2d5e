"""Turning keys at the kiosk: whose signatures count moves on by a document that a key signed which counts now."""

import asyncio
from pathlib import Path

import structlog

from drivers.transport.worker import CallDeadlineError, Worker
from kiosk.upkeep.kept_file import write_kept
from provisioning.agent.machine import Machine
from provisioning.agent.trusted_keys import FILE, trusted_keys
from provisioning.wire.key_document import REPORT, KeyDocumentError, is_key_document, pem_of, read

log = structlog.get_logger(__name__)

MOST_WAITING = 8
KEEP_WITHIN_S = 8.0


class KeyTurning:
    """Keeps ``trusted.json`` up with the service; ``run`` is its life."""

    def __init__(self, state: Path, *, machine: Machine) -> None:
        """Prepare; ``state`` is the state folder, as for ``trusted_keys``."""
        self._state = state
        self._machine = machine
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)

    def take(self, payload: bytes) -> bool:
        """Take an envelope if it says it is of keys; returns whether it does, at once."""
        if not is_key_document(payload):
            return False
        try:
            self._arrived.put_nowait(payload)
        except asyncio.QueueFull:
            log.warning("keys.dropped", waiting=MOST_WAITING)
        return True

    async def run(self) -> None:
        """Say whose signatures count, and move on until cancelled."""
        worker = Worker("trusted keys")
        try:
            self._tell(await worker.call(self._ids, deadline_s=KEEP_WITHIN_S))
            while True:
                payload = await self._arrived.get()
                try:
                    self._tell(await worker.call(self._move, payload, deadline_s=KEEP_WITHIN_S))
                except KeyDocumentError as error:
                    log.warning("keys.refused", reason=error.reason)
                    self._tell(await worker.call(self._ids, deadline_s=KEEP_WITHIN_S), refused=error.reason)
                except (OSError, CallDeadlineError) as error:
                    log.warning("keys.not_kept", why=str(error))
        finally:
            worker.close()

    def _ids(self) -> str:
        return " ".join(sorted(trusted_keys(self._state).keys))

    def _move(self, payload: bytes) -> str:
        keys = read(payload, trusted_keys(self._state))
        write_kept(self._state / FILE, {name: pem_of(key) for name, key in keys.items()})
        log.info("keys.moved", ids=[name[:8] for name in keys])
        return " ".join(sorted(keys))

    def _tell(self, ids: str, *, refused: str = "") -> None:
        self._machine.report(REPORT, {"ids": ids, "refused": refused})
