"""A serial cable: a pty whose name stands as a link in the rig's folder."""

import asyncio
import contextlib
import errno
import os
import select
import tty
from pathlib import Path

from typing_extensions import override

from drivers.rig.cable import Cable
from drivers.transport.far_end import FarEnd

OPEN_POLL_S = 0.01
"""How often to look whether the kiosk has opened the port: the kernel tells when it is closed, not when it is opened."""


class PtyCable(Cable):
    """Hosts a far end on a pty. A pulled plug is a closed master: whoever had the port open loses it at once."""

    def __init__(self, far_end: FarEnd, *, link: Path) -> None:
        """Prepare; ``plug`` makes the port.

        Args:
            far_end: The simulated device; has a line speed.
            link: Name of the port, the same after every replug though the pty is another.
        """
        super().__init__(far_end)
        self._link = link
        self._master = -1
        self._is_held = False
        self._is_listening = False
        self._watch: asyncio.TimerHandle | None = None

    @property
    @override
    def port(self) -> str:
        return f"serial:{self._link}?baud={self.far_end.baud}"

    @property
    @override
    def is_held(self) -> bool:
        return self._is_held

    @override
    async def _connect(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        # Ours is not kept open: the kernel then tells whether the kiosk's is, and nobody else seems to hold the port.
        os.close(slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_name(f".{self._link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.replace(self._link)
        self._look_whether_open()

    @override
    async def _disconnect(self) -> None:
        self._link.unlink(missing_ok=True)
        self._stop_listening()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        os.close(self._master)
        self._master = -1
        self._is_held = False

    @override
    def _hand_over(self, payload: bytes) -> None:
        # EAGAIN: nobody reads, and the rest is lost as in an overrun UART. EIO: the kiosk has just closed the port.
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._master, payload)

    @override
    def _take_more(self, at_most: int) -> None:
        if at_most <= 0:
            self._stop_listening()
        elif self._is_held and not self._is_listening:
            self._loop.add_reader(self._master, self._on_readable)
            self._is_listening = True

    def _on_readable(self) -> None:
        try:
            payload = os.read(self._master, 256)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._was_closed()
            return
        self._arrived_from_kiosk(payload)
        self.wake()

    def _was_closed(self) -> None:
        self._stop_listening()
        self._is_held = False
        self._look_whether_open()

    def _look_whether_open(self) -> None:
        poll = select.poll()
        poll.register(self._master, 0)
        if any(event & select.POLLHUP for _, event in poll.poll(0)):
            self._watch = self._loop.call_later(OPEN_POLL_S, self._look_whether_open)
        else:
            self._watch = None
            self._is_held = True
            self.wake()

    def _stop_listening(self) -> None:
        if self._is_listening:
            self._loop.remove_reader(self._master)
            self._is_listening = False
