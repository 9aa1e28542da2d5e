"""The line: files of the repository over HTTPS with the kiosk's certificate; a bad line costs time, never trust.

Metadata is small and has to come within its time. Wheels are gone on with where they broke off, no faster than others can bear.
Blocking; used from a worker's thread.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import httpx
from tuf.api import exceptions
from tuf.api.metadata import TargetFile
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError, PausedError
from provisioning.agent.releases.trust import url_of
from provisioning.launcher.whole_file import sync_folder

METADATA_WITHIN_S = 60.0
"""For one file of metadata, at most 2 MB and usually 2 kB: whoever drips it slower keeps us busy, not current."""
CHUNK_BYTES = 65_536
"""Read from a file at once. From a line every part is taken as it comes: whoever waits for a full one waits for a slow sender."""
SLOWEST_BYTES_PER_S = 500.0
"""A wheel that comes slower than this over ``SLOW_FOR_S`` is given up for now; the next attempt goes on where it broke off."""
SLOW_FOR_S = 120.0
DEFAULT_BYTES_PER_S = 64_000
"""At night: half of a line of 1 Mbit/s, so that a kiosk's own messages never wait."""

PLAIN = {"Accept-Encoding": "identity"}
"""Bytes as they are signed: nothing is unpacked before it is verified."""

Download = Callable[[TargetFile, Path], None]
"""Brings one file, verified, to a place: raises NotTrustedError, OutOfReachError, PausedError, OSError."""


class LineFetcher(FetcherInterface):
    """Brings metadata and manifests for python-tuf; names are relative to the client's base."""

    def __init__(self, client: httpx.Client, *, within_s: float = METADATA_WITHIN_S) -> None:
        self._client = client
        self._within_s = within_s

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        until_s = time.monotonic() + self._within_s
        try:
            with self._client.stream("GET", url, headers=PLAIN) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise exceptions.DownloadHTTPError(f"{url}: status {answer.status_code}", answer.status_code)
                for chunk in answer.iter_raw():
                    if time.monotonic() > until_s:
                        raise exceptions.SlowRetrievalError(f"{url}: not there within {self._within_s:.0f} s")
                    yield chunk
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise exceptions.DownloadError(f"{url}: {type(error).__name__}") from error


class WheelLine:
    """Brings wheels, from a mirror near by where there is one, and otherwise from the service."""

    def __init__(
        self,
        clients: Sequence[httpx.Client],
        *,
        bytes_per_s: Callable[[], int],
        may_go_on: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            clients: Whom to ask, the nearest first.
            bytes_per_s: How fast it may be now; 0 for as fast as it goes.
            may_go_on: Asked before every part; with False the download pauses.
            pause: Waits so many seconds.
            monotonic_s: Seconds that only grow.
        """
        self._clients = clients
        self._bytes_per_s = bytes_per_s
        self._may_go_on = may_go_on
        self._pause = pause
        self._monotonic_s = monotonic_s

    def download(self, target: TargetFile, place: Path) -> None:
        """Bring a wheel to its place, where it is only ever whole and verified.

        Raises:
            NotTrustedError: Nobody has the wheel that was signed.
            OutOfReachError: Nobody has it now; what came is kept, and gone on with.
            PausedError: It may not go on now.
            OSError: The disk does not take it.
        """
        part = place.with_name(f"{place.name}.part")
        trouble: Exception = OutOfReachError("nobody to ask")
        for client in self._clients:
            try:
                self._bring(client, target, part)
                check(target, part)
            except (NotTrustedError, OutOfReachError) as error:
                trouble = error
            except (httpx.HTTPError, httpx.StreamError) as error:
                trouble = OutOfReachError(f"{target.path}: {type(error).__name__}")
            else:
                part.replace(place)
                sync_folder(place.parent)
                return
        raise trouble

    def _bring(self, client: httpx.Client, target: TargetFile, part: Path) -> None:
        there = part.stat().st_size if part.exists() else 0
        if there >= target.length:
            return
        headers = PLAIN | ({"Range": f"bytes={there}-"} if there else {})
        with client.stream("GET", url_of(target), headers=headers) as answer:
            if answer.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
                raise OutOfReachError(f"{target.path}: status {answer.status_code}")
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
            if goes_on and not answer.headers.get("Content-Range", "").startswith(f"bytes {there}-"):
                raise OutOfReachError(f"{target.path}: another part than was asked for")
            with _opened(part, goes_on=goes_on) as file:
                self._take(answer, target, file, there if goes_on else 0)

    def _take(self, answer: httpx.Response, target: TargetFile, file: BinaryIO, there: int) -> None:
        began_s, came, slow_from_s, slow_from = self._monotonic_s(), 0, self._monotonic_s(), 0
        for chunk in answer.iter_raw():
            if not self._may_go_on():
                raise PausedError
            came += len(chunk)
            if there + came > target.length:
                file.truncate(0)
                raise NotTrustedError("endless data", f"{target.path}: more than the {target.length} bytes that were signed")
            file.write(chunk)
            now_s = self._monotonic_s()
            if now_s - slow_from_s >= SLOW_FOR_S:
                if (came - slow_from) / (now_s - slow_from_s) < SLOWEST_BYTES_PER_S:
                    raise OutOfReachError(
                        f"slow retrieval: {target.path}: {came - slow_from} bytes in {now_s - slow_from_s:.0f} s"
                    )
                slow_from_s, slow_from = now_s, came
            if (rate := self._bytes_per_s()) and (ahead_s := came / rate - (now_s - began_s)) > 0:
                self._pause(ahead_s)


def check(target: TargetFile, part: Path) -> None:
    """Compare what came with what was signed; what is wrong is thrown away.

    Raises:
        NotTrustedError: It is something else.
        OutOfReachError: It is not all there yet.
    """
    if part.stat().st_size < target.length:
        raise OutOfReachError(f"{target.path}: broke off after {part.stat().st_size} of {target.length} bytes")
    with part.open("rb") as file:
        try:
            target.verify_length_and_hashes(file)
        except exceptions.LengthOrHashMismatchError as error:
            part.unlink()
            raise NotTrustedError("arbitrary package", f"{target.path}: is not what was signed") from error


@contextlib.contextmanager
def _opened(part: Path, *, goes_on: bool) -> Iterator[BinaryIO]:
    """Open the part for more of it; what came is on the disk afterwards, however it ended."""
    with part.open("ab" if goes_on else "wb") as file:
        try:
            yield file
        finally:
            file.flush()
            os.fsync(file.fileno())
