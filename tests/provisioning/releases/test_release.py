"""A manifest says what a release is, or nothing of it is used."""

import json
from typing import Any

import pytest

from provisioning.wire.release import (
    MAX_MANIFEST_BYTES,
    DataVersions,
    Host,
    ReleaseError,
    is_newer,
    read_release,
    why_not,
    write_release,
)

GOOD: dict[str, Any] = {
    "v": 1,
    "version": "2026.11.3",
    "python": "3.11",
    "wheels": [
        {"name": "zhizhu-2026.11.3-py3-none-any.whl", "sha256": "a" * 64, "bytes": 1000, "unpacked_bytes": 3000, "files": 12},
        {"name": "httpx-0.28.1-py3-none-any.whl", "sha256": "b" * 64, "bytes": 500, "unpacked_bytes": 900, "files": 5},
    ],
    "data": {"reads_from": 3, "reads_to": 5, "leaves": 4},
    "launcher": 1,
    "built_at": "2026-11-20T08:00:00Z",
}
HERE = Host(python="3.11", launcher=1, data=DataVersions(reads_from=3, reads_to=5, leaves=4))


def _with(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def test_a_manifest_is_read_as_it_was_written() -> None:
    release = read_release(_with())
    assert read_release(write_release(release)) == release
    assert (release.bytes, release.unpacked_bytes) == (1500, 3900)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"extra": 1}, "extra"),
        ({"v": 2}, "v"),
        ({"version": "2026.11.3; rm"}, "version"),
        ({"version": "../2026"}, "version"),
        ({"version": "2026.11.3\n"}, "version"),
        ({"wheels": []}, "wheels"),
        ({"wheels": [GOOD["wheels"][0]] * 2}, "twice"),
        ({"wheels": [GOOD["wheels"][0], GOOD["wheels"][0] | {"name": "Zhizhu-1.0-py3-none-any.whl"}]}, "project twice"),
        ({"wheels": [GOOD["wheels"][0] | {"name": "../../etc/x-1-py3-none-any.whl"}]}, "name"),
        ({"wheels": [GOOD["wheels"][0] | {"bytes": 10**12}]}, "bytes"),
        ({"wheels": [GOOD["wheels"][0] | {"bytes": 1.0}]}, "bytes"),
        ({"wheels": [GOOD["wheels"][0] | {"sha256": "A" * 64}]}, "sha256"),
        ({"data": {"reads_from": 5, "reads_to": 6, "leaves": 4}}, "leaves"),
        ({"built_at": "2026-11-20T08:00:00"}, "built_at"),
        ({"launcher": 0}, "launcher"),
    ],
)
def test_a_silly_manifest_is_refused_and_says_where(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ReleaseError, match=why):
        read_release(_with(**changes))


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b" " * (MAX_MANIFEST_BYTES + 1)])
def test_what_is_no_manifest_is_refused(payload: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_release(payload)


def test_a_release_for_this_machine_may_follow() -> None:
    assert why_not(read_release(_with()), HERE) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"python": "3.12"}, "Python"),
        ({"launcher": 2}, "launcher"),
        ({"data": {"reads_from": 5, "reads_to": 6, "leaves": 6}}, "cannot read"),
        ({"data": {"reads_from": 3, "reads_to": 6, "leaves": 6}}, "could not read again"),
    ],
)
def test_a_release_that_could_not_go_back_is_never_started(changes: dict[str, Any], why: str) -> None:
    assert why in why_not(read_release(_with(**changes)), HERE)


def test_versions_are_compared_as_numbers() -> None:
    assert is_newer("2026.11.10", "2026.11.9")
    assert not is_newer("2026.11", "2026.11.0")
    assert not is_newer("2025.12.31", "2026.1.1")
