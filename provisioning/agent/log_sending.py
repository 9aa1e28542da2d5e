"""Sending the log: packed in a thread of its own, sent over the line the kiosk has to the bureau, said in one line."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker
from provisioning.agent.executors import FailedError
from provisioning.agent.log_bundle import pack

PACK_WITHIN_S = 300.0

Upload = Callable[[str, bytes], Awaitable[None]]
"""Puts a body under a path of the kiosk door, e.g. ``/bundles/c-7-0badcafe``; raises ``OSError`` where it was not taken."""


class LogSending:
    """What ``send-logs`` needs."""

    def __init__(self, folder: Path, *, clock: Clock, upload: Upload) -> None:
        """Prepare; ``folder`` is where the log is written."""
        self._folder = folder
        self._clock = clock
        self._upload = upload

    async def send(self, id: str, most_bytes: int) -> str:  # noqa: A002  # the word on the wire
        """Pack and send; returns what the desk should read.

        Raises:
            FailedError: It could not be packed, or was not taken.
        """
        worker = Worker("log bundle")
        try:
            bundle = await worker.call(
                lambda: pack(self._folder, most_bytes=most_bytes, now=self._clock.now()), deadline_s=PACK_WITHIN_S
            )
            await self._upload(f"/bundles/{id}", bundle.body)
        except CallDeadlineError as error:
            raise FailedError("the log could not be packed in time") from error
        except OSError as error:
            raise FailedError(f"the log was not sent: {error.strerror or error}") from error
        finally:
            worker.close()
        return f"{bundle.lines} lines, {len(bundle.body)} bytes, {bundle.left_out} lines left out"
