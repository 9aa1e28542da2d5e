"""What a document scanner (a camera over a table) can do for a visit: turn sheets of paper into one small PDF."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from drivers.contract.camera import Capture, PreviewFrame
from drivers.contract.device import Device


class ScanRefusal(StrEnum):
    """Why a sheet cannot be used, and so what the person is to do; the ``reason`` of a RefusedError."""

    NO_PAGE = "no_page"
    CUT_OFF = "cut_off"
    """An edge of the sheet is outside the picture."""
    BLANK = "blank"
    BLURRED = "blurred"
    GLARE = "glare"
    FINGER = "finger"
    """Something lies over the sheet's edge or text."""


class DocumentScanner(Device, Protocol):
    """Sees a sheet of paper from above."""

    async def scan_page(self, *, deadline_s: float, preview: Callable[[PreviewFrame], None]) -> Capture:
        """Wait until the sheet lies still, take it, straighten it and judge it.

        Returns:
            The sheet alone as a JPEG, upright as it lay, 200 dpi or what the camera gives. Wipe it after use.

        Args:
            deadline_s: Seconds to wait for a sheet that lies still, 1 to 120.
            preview: Called on the loop with pictures while they come.

        Raises:
            DeadlineError: No picture came in time.
            RefusedError: ``reason`` is a ScanRefusal; NO_PAGE when there was none within the deadline.
            UnreachableError: The camera went away; its Keeper will reopen it.
            ProtocolError: What comes is no picture, again and again.
        """

    async def bind(self, pages: Sequence[Capture], *, at_most_bytes: int) -> Capture:
        """Make one PDF of the sheets, A4, in order; coarser when it would be larger than ``at_most_bytes``.

        The result is a PDF file in a buffer to be wiped.

        Raises:
            ValueError: No page, more than 20, or they cannot be made small enough to be read.
        """
