"""A USB stick: a folder somebody mounted, in which exactly the files of a courier are looked for, and nothing else is opened.

Every name is walked from the folder down without following a link; only plain files of the stick's own file system are read, as
far as they may be long. What is pulled out in between is an error like any other. Blocking; used from a worker's thread.
"""

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from tuf.api import exceptions
from tuf.api.metadata import TargetFile
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from provisioning.agent.releases.line import CHUNK_BYTES, check
from provisioning.agent.releases.refusal import OutOfReachError, PausedError
from provisioning.agent.releases.trust import url_of
from provisioning.launcher.whole_file import sync_folder

STICK = "zhizhu-courier"
"""The one folder looked into."""
BASE = "courier/"
EXPECTED = re.compile(
    r"courier/(timestamp|[1-9][0-9]{0,9}\.(root|snapshot|targets))\.json"
    r"|targets/(releases|wheels)/[0-9a-f]{64}\.[A-Za-z0-9][A-Za-z0-9._+!-]{0,200}"
)


class StickFetcher(FetcherInterface):
    """Brings metadata and manifests from a stick for python-tuf."""

    def __init__(self, mounted: Path) -> None:
        self._mounted = mounted

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            with open_expected(self._mounted, url) as file:
                while chunk := os.read(file, CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError as error:
            raise exceptions.DownloadHTTPError(f"{url}: is not on the stick", 404) from error
        except OSError as error:
            raise exceptions.DownloadError(f"{url}: {error.strerror}") from error


class StickWheels:
    """Brings wheels from a stick."""

    def __init__(self, mounted: Path, *, may_go_on: Callable[[], bool]) -> None:
        """Prepare; ``may_go_on`` is asked before every part."""
        self._mounted = mounted
        self._may_go_on = may_go_on

    def download(self, target: TargetFile, place: Path) -> None:
        """Copy a wheel to its place, where it is only ever whole and verified.

        Raises:
            NotTrustedError: It is not what was signed.
            OutOfReachError: It is not there, or the stick was pulled out.
            PausedError: It may not go on now.
            OSError: The kiosk's own disk does not take it.
        """
        part = place.with_name(f"{place.name}.part")
        with part.open("wb") as file:
            for chunk in self._read(target):
                if not self._may_go_on():
                    raise PausedError
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        check(target, part)
        part.replace(place)
        sync_folder(place.parent)

    def _read(self, target: TargetFile) -> Iterator[bytes]:
        left = target.length
        try:
            with open_expected(self._mounted, url_of(target)) as file:
                if os.fstat(file).st_size != target.length:
                    raise OutOfReachError(f"{target.path}: {os.fstat(file).st_size} bytes on the stick, {target.length} signed")
                while left and (chunk := os.read(file, min(CHUNK_BYTES, left))):
                    left -= len(chunk)
                    yield chunk
        except OSError as error:
            raise OutOfReachError(f"stick: {target.path}: {error.strerror}") from error


@contextlib.contextmanager
def open_expected(mounted: Path, name: str) -> Iterator[int]:
    """Open one of the files a courier brings; yields its descriptor.

    Raises:
        FileNotFoundError: It is none of those names, or not there.
        OSError: A part of its path is a link or another file system, it is no plain file, or the stick is gone.
    """
    if EXPECTED.fullmatch(name) is None:
        raise FileNotFoundError(2, "is no name a courier uses", name)
    *folders, last = (STICK, *name.split("/"))
    here = os.open(mounted, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        device = os.fstat(here).st_dev
        for folder in folders:
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        # O_NONBLOCK: a pipe or a device that waits for somebody else is not waited for, and is refused just below.
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
    finally:
        os.close(here)
    try:
        told = os.fstat(file)
        if not stat.S_ISREG(told.st_mode) or told.st_dev != device:
            raise OSError(22, "is no plain file of the stick", name)
        yield file
    finally:
        os.close(file)
