"""Files whose content speaks for the bureau: each has its name only once it lies whole on the disk."""

import contextlib
import os
import threading
from pathlib import Path

PRIVATE = 0o600
"""Of a key: nobody else reads it."""
OPEN = 0o644


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that is not there yet; its folder is made if need be, and nobody else sees into it.

    Raises:
        FileExistsError: It is there, or another process was quicker: then theirs is the one.
        OSError: The disk does not take it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(path)
    draft = _draft(path, content, mode)
    try:
        os.link(draft, path)
        _keep_name(path)
    finally:
        draft.unlink()


def write_over(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file in place of what was there: whoever reads meanwhile reads the old or the new.

    Raises:
        OSError: The disk does not take it; the old one stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path, content, mode)
    try:
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _keep_name(path)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()  # of one that had our number and died
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _keep_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
