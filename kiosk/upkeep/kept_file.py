"""Kept file: one small file, mostly JSON, in the state folder that is always whole, the old one or the new one.

Blocking; at start, or from a worker's thread. A file that cannot be understood is put aside and counts as missing.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

READABLE = 0o666
"""Before the umask takes its part, as of any file."""

LARGEST_BYTES = 4_000_000
"""What we write stays far below; a larger file is not ours."""


def read_kept(path: Path) -> Any:  # noqa: ANN401  # JSON is whatever was written; each caller checks its own
    """What was kept, or None when there is nothing to be understood. Raises OSError when the disk does not answer."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError("too large")  # noqa: TRY301  # as unusable as one that is no JSON
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        log.warning("kept.put_aside", file=path.name, why=type(error).__name__)
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.name}.corrupt"))
        return None


def write_kept(path: Path, content: object) -> None:
    """Keep ``content`` in place of what was there; on the disk when this returns. Raises OSError."""
    write_whole(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), mode=READABLE)


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write bytes in place of what was there, on the disk when this returns; ``mode`` as the umask lets. Raises OSError."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)  # of a write that was cut off; its mode may be another
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """See to it that the names in a folder are on the disk, too. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
