"""Shedding: old log files go when the disk is short of room, the oldest first; the one being written stays."""

import contextlib
from pathlib import Path

from kiosk.log.writing import FILE


def shed_oldest(folder: Path) -> int:
    """Delete the oldest log file that was set aside. Returns how many bytes it had; 0 when none is left. Blocking.

    Args:
        folder: As given to ``start_logging``.
    """
    for file in sorted(folder.glob(f"{FILE}.*"), key=_age, reverse=True):
        with contextlib.suppress(OSError):
            size = file.stat().st_size
            file.unlink()
            return max(size, 1)
    return 0


def _age(file: Path) -> int:
    number = file.suffix.removeprefix(".")
    return int(number) if number.isdigit() else 0
