"""The shim: a C library preloaded into whoever is to die, which writes down what is done to its files, or kills at one act."""

import ctypes
import os
import shutil
import sqlite3
import subprocess
from enum import IntEnum
from pathlib import Path

LIBRARY = "crash-shim.so"
SOURCE = Path(__file__).with_name("shim.c")


class How(IntEnum):
    """Where in an act on a file the process dies."""

    BEFORE = 0
    HALF_WAY = 1
    AFTER = 2


def cannot_be_built_because() -> str:
    """Why there is no shim here, or empty."""
    if shutil.which("gcc") is None:
        return "no gcc here to build the recorder of system calls"
    loaded = Path("/proc/self/maps").read_text(encoding="utf-8")
    built_in = f"SQLite {sqlite3.sqlite_version} is built into this Python: its system calls cannot be recorded"
    return "" if "libsqlite3" in loaded else built_in


def build(folder: Path) -> Path:
    """Compile the shim; returns the library."""
    library = folder / LIBRARY
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    return library


class Shim:
    """The shim of this process, which was started with it preloaded."""

    def __init__(self, library: str) -> None:
        assert library in os.environ.get("LD_PRELOAD", "")
        self._library = ctypes.CDLL(library)
        self._library.crash_arm.argtypes = (ctypes.c_long, ctypes.c_int)
        self._library.crash_mark.argtypes = (ctypes.c_char_p, ctypes.c_long)
        self._library.crash_record.argtypes = (ctypes.c_char_p, ctypes.c_int)

    def watch(self, folder: Path, *, log: int = -1) -> None:
        """Count what is done to the files of a folder from now on, and write it to ``log``."""
        self._library.crash_record(f"{folder}".encode(), log)

    def die_at(self, act: int, how: How) -> None:
        """Kill this process at the act of that number from now."""
        self._library.crash_arm(act, how.value)

    def mark(self, text: bytes) -> None:
        """Write something down between the acts."""
        self._library.crash_mark(text, len(text))
