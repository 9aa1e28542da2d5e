"""What the core alone can know of a device: that it is another one than before, and that it keeps dropping off."""

from collections.abc import Callable

import structlog

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from kiosk.upkeep.accepted import DEVICE_SWAPPED, AcceptedDevices
from kiosk.upkeep.fault_book import FaultBook
from kiosk.upkeep.flapping import PORT_FLAPPING, Flapping
from kiosk.upkeep.keeper import Keeper

log = structlog.get_logger(__name__)


class DeviceNotes:
    """Looks at every keeper after each of its readings and writes into the book what it finds.

    Args:
        on_accepted: Called with everything that is to be kept whenever a device was seen or accepted for the first time.
    """

    def __init__(
        self, *, book: FaultBook, clock: Clock, on_accepted: Callable[[AcceptedDevices], None] = lambda _accepted: None
    ) -> None:
        self._book = book
        self._clock = clock
        self._on_accepted = on_accepted
        self._accepted = AcceptedDevices()
        self._losses: dict[str, int] = {}
        self._of_device: dict[str, Flapping] = {}
        self._of_place: dict[str, Flapping] = {}

    def recall(self, accepted: AcceptedDevices) -> None:
        """Begin with what an earlier life has accepted."""
        self._accepted = accepted

    def read(self, keeper: Keeper) -> None:
        """Look at one device."""
        self._look_at_identity(keeper)
        self._look_at_losses(keeper)

    def accept(self, device: str) -> bool:
        """A technician says that the device that is there is the right one. False when it never said who it is."""
        if self._accepted.accept(device) is None:
            return False
        log.info("device.accepted", device=device)
        self._book.note_over(device=device, code=DEVICE_SWAPPED)
        self._on_accepted(self._accepted)
        return True

    def _look_at_identity(self, keeper: Keeper) -> None:
        if keeper.kind is DeviceKind.CABINET:  # a part of the machine itself: exchanged with it
            return
        before = self._accepted.find(keeper.name)
        pinned = self._accepted.see(keeper.name, keeper.identity)
        if pinned is None:
            return
        if pinned.is_swapped:
            self._book.note(device=keeper.name, code=DEVICE_SWAPPED, detail=pinned.detail)
        else:
            self._book.note_over(device=keeper.name, code=DEVICE_SWAPPED)
        if pinned != before:
            self._on_accepted(self._accepted)

    def _look_at_losses(self, keeper: Keeper) -> None:
        now_s = self._clock.monotonic_s()
        name, where = keeper.name, keeper.where
        before, self._losses[name] = self._losses.get(name, 0), keeper.losses
        is_lost = keeper.losses > before
        scores = [self._score(self._of_device, name, now_s, is_lost=is_lost)]
        if where:
            scores.append(self._score(self._of_place, where, now_s, is_lost=is_lost))
        if any(score.is_flapping for score in scores):
            self._book.note(device=name, code=PORT_FLAPPING, detail=f"{name} keeps dropping off at {where or 'its port'}")
        else:
            self._book.note_over(device=name, code=PORT_FLAPPING)

    def _score(self, scores: dict[str, Flapping], name: str, now_s: float, *, is_lost: bool) -> Flapping:
        before = scores.get(name, Flapping())
        scores[name] = before.lost(now_s) if is_lost else before.later(now_s)
        return scores[name]
