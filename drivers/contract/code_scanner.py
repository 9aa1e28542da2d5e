"""What a code scanner can do for a visit: read the code on a phone. Whatever it reads is hostile input."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.contract.device import Device

LONGEST_CODE = 512
"""Characters of the longest code that is handed on: payment codes have 18 to 24, identity codes up to about 300."""


class CodeRefusal(StrEnum):
    """Why a code that was shown is not handed on; the ``reason`` of a RefusedError."""

    NOT_ACCEPTABLE = "not_acceptable"
    """Too long, empty, or with characters that are no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedCode:
    """One code as text: 1 to ``LONGEST_CODE`` printable characters. Personal; lives in the visit alone."""

    content: str = field(repr=False)


class CodeScanner(Device, Protocol):
    """Reads bar and QR codes from phones and paper."""

    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        """Wait for the next code held before the reader.

        The light is on only while waiting. A code seen before the call is discarded.

        Args:
            deadline_s: Seconds to wait, 0.1 to 300.

        Raises:
            DeadlineError: Nobody showed a code, or the scanner fell silent.
            RefusedError: ``reason`` is a CodeRefusal.
            UnreachableError: The scanner went away; its Keeper will reopen it.
            ProtocolError: The scanner talks nonsense, again and again.
        """
