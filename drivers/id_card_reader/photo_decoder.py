"""The photo's decoder as a port: a closed library in a process of its own, or nothing at all."""

import sys
from pathlib import Path
from typing import Protocol

import structlog
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.status import Symptom
from drivers.id_card_reader import photo_decoder_process
from drivers.id_card_reader.photo_codec import PIXELS_LENGTH, is_photo, png_of
from drivers.id_card_reader.sam_settings import SamSettings
from drivers.transport.helper_process import HelperFailedError, HelperProcess

CODE = "reader.photo_decoder_failed"

START_DEADLINE_S = 3.0
"""Seconds a process and its library may take to start: 0.1 on an idle machine."""

REFUSALS_TO_BELIEVE = 3
"""Photos in a row that the library refuses before it, and not the cards, is suspected."""

FAILURES_TO_REST = 3
"""Failures in a row after which nobody waits for the library for a while."""

REST_S = 600.0
"""Seconds of that rest."""

_ENDINGS = {2: "the library could not be loaded", 3: "the library has no such function", 4: "the library wrote too much"}
"""Exit codes of ``photo_decoder_process``."""

_log = structlog.get_logger()


class PhotoDecoder(Protocol):
    """Turns a card's photo into a picture. Nothing here raises: a card without a picture is still a card."""

    async def start(self) -> None:
        """Get ready, so that the first photo need not wait."""

    async def stop(self) -> None:
        """Let go. Twice is fine."""

    async def decode(self, photo: bytes) -> bytes:
        """Return a PNG file, or nothing."""

    def begin_anew(self) -> None:
        """Forget what went wrong, and try again."""

    def symptoms(self) -> tuple[Symptom, ...]:
        """What is wrong with it."""


class NoDecoder(PhotoDecoder):
    """No library is configured: the normal case."""

    @override
    async def start(self) -> None:
        """There is nothing to start."""

    @override
    async def stop(self) -> None:
        """There is nothing to stop."""

    @override
    async def decode(self, photo: bytes) -> bytes:
        return b""

    @override
    def begin_anew(self) -> None:
        """There is nothing to forget."""

    @override
    def symptoms(self) -> tuple[Symptom, ...]:
        return ()


class LibraryDecoder(PhotoDecoder):
    """Decodes with a shared library in a helper process, and knows how that has been going."""

    def __init__(self, library: Path, *, symbol: str, device: str, deadline_s: float, clock: Clock) -> None:
        """Describe it; ``start`` loads the library.

        Args:
            library: The shared library.
            symbol: Its function.
            device: The reader's name, for the log.
            deadline_s: Seconds one photo may take.
            clock: Measures the rest of a library that keeps failing.
        """
        self._device = device
        self._deadline_s = deadline_s
        self._clock = clock
        # By its file and without site packages: no environment is needed to find it, and it starts in an instant.
        self._helper = HelperProcess(
            sys.executable, "-I", "-S", photo_decoder_process.__file__, str(library), symbol, longest_answer=PIXELS_LENGTH
        )
        self._trouble = ""
        self._failures = 0
        self._refusals = 0
        self._rests_until_s = float("-inf")

    @override
    async def start(self) -> None:
        if not self._helper.is_running and not self._is_resting():
            try:
                await self._started()
            except HelperFailedError as error:
                self._failed(str(error))

    @override
    async def stop(self) -> None:
        await self._helper.stop()

    @override
    async def decode(self, photo: bytes) -> bytes:
        if not is_photo(photo) or self._is_resting():
            return b""
        try:
            if not self._helper.is_running:
                await self._started()
            pixels = await self._helper.ask(photo, deadline_s=self._deadline_s)
        except HelperFailedError as error:
            self._failed(str(error))
            return b""
        if not pixels:
            self._refusals += 1
            if self._refusals >= REFUSALS_TO_BELIEVE:
                self._trouble = f"{self._refusals} photos in a row were refused"
            return b""
        try:
            picture = png_of(pixels)
        except ValueError as error:
            self._failed(str(error))
            return b""
        self._worked()
        return picture

    @override
    def begin_anew(self) -> None:
        self._trouble, self._failures, self._refusals, self._rests_until_s = "", 0, 0, float("-inf")

    @override
    def symptoms(self) -> tuple[Symptom, ...]:
        return (Symptom(code=CODE, detail=self._trouble),) if self._trouble else ()

    async def _started(self) -> None:
        greeting = await self._helper.start(deadline_s=START_DEADLINE_S)
        if greeting != photo_decoder_process.GREETING:
            await self._helper.stop()
            raise HelperFailedError("answered nonsense instead of its greeting")

    def _is_resting(self) -> bool:
        return self._clock.monotonic_s() < self._rests_until_s

    def _failed(self, what: str) -> None:
        said = next((words for code, words in _ENDINGS.items() if what.endswith(f"with code {code}")), what)
        if not self._trouble:
            _log.warning("photo_decoder_failed", device=self._device, reason=said)
        self._trouble = said
        self._failures += 1
        if self._failures >= FAILURES_TO_REST:
            self._failures = 0
            self._rests_until_s = self._clock.monotonic_s() + REST_S

    def _worked(self) -> None:
        if self._trouble:
            _log.info("photo_decoder_works_again", device=self._device)
        self.begin_anew()


def decoder_for(settings: SamSettings, *, device: str, clock: Clock) -> PhotoDecoder:
    """The decoder that the settings name, or none."""
    if settings.photo_decoder is None:
        return NoDecoder()
    return LibraryDecoder(
        settings.photo_decoder,
        symbol=settings.photo_decoder_symbol,
        device=device,
        deadline_s=settings.photo_deadline_s,
        clock=clock,
    )
