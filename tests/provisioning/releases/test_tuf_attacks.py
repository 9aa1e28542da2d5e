"""The attacks python-tuf's own tests name, against our client's path: each refused, the old release serving on."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from provisioning.agent.releases.line import LineFetcher, WheelLine
from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError
from provisioning.wire.release import manifest_path
from tests.fakes.clock import FakeClock
from tests.provisioning.releases.simulator import Parts, Simulator, new_signer
from tests.provisioning.releases.village import OLD, Village
from tests.provisioning.releases.wheels import wheel_bytes

NEW = "2026.11.2"
LIBRARY = "wheels/library-1.0-py3-none-any.whl"
PRODUCT = f"wheels/zhizhu-{NEW}-py3-none-any.whl"


@pytest.fixture
def sim(tmp_path: Path) -> Simulator:
    return Simulator(tmp_path / "bureau")


@pytest.fixture
def village(tmp_path: Path, sim: Simulator) -> Village:
    return Village(tmp_path, sim)


def _has_looked(village: Village) -> None:
    """The kiosk has followed this repository before: it knows what is newest."""
    village.sim.publish()
    with pytest.raises(NotTrustedError, match="no target"):
        village.bring(NEW)


def _is_refused(village: Village, *attacks: str, error: type[Exception] = NotTrustedError) -> None:
    with pytest.raises(error) as refused:
        village.bring(NEW)
    assert not attacks or any(attack in str(refused.value) for attack in attacks), refused.value
    assert village.serves() == OLD
    assert village.store.version_of("b") == ""


def test_an_honest_repository_is_believed(village: Village) -> None:
    village.sim.release(NEW)
    assert village.bring(NEW) == NEW
    assert village.store.version_of("b") == NEW
    assert village.serves() == OLD  # nothing is switched by bringing alone


# --- attacks on what is served ---


def test_arbitrary_package_attack(village: Village) -> None:
    village.sim.release(NEW)
    evil = wheel_bytes("zhizhu", NEW, {"kiosk/__main__.py": "evil = 1"})
    village.sim.files[village.sim.place(PRODUCT)] = evil.ljust(village.sim.targets.targets[PRODUCT].length, b"\0")[
        : village.sim.targets.targets[PRODUCT].length
    ]
    _is_refused(village, "arbitrary package")
    assert not list((village.slots.folder / "wheels").glob("*zhizhu*"))


def test_arbitrary_package_in_the_manifest(village: Village) -> None:
    village.sim.release(NEW)
    place = village.sim.place(manifest_path(NEW))
    village.sim.files[place] = village.sim.files[place].replace(b"3.11", b"3.12")
    _is_refused(village, "mix-and-match")


def test_endless_data_attack_on_metadata(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.faults["timestamp.json"] = lambda _request, content: httpx.Response(
        200, stream=Parts([content, *[b" " * 65536] * 900])
    )
    _is_refused(village, "endless data")


def test_endless_data_attack_on_a_wheel(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.faults["library"] = lambda _request, content: httpx.Response(200, stream=Parts([content, *[b"\0" * 65536] * 900]))
    _is_refused(village, "endless data")
    assert sum(path.stat().st_size for path in (village.slots.folder / "wheels").iterdir()) < 100_000


def test_slow_retrieval_attack_on_metadata(village: Village) -> None:
    village.sim.release(NEW)
    fetcher = LineFetcher(village.sim.client(), within_s=-1.0)
    with pytest.raises(Exception, match="not there within"):
        fetcher.download_bytes("metadata/timestamp.json", 10_000)


def test_slow_retrieval_attack_on_a_wheel(village: Village, tmp_path: Path) -> None:
    village.sim.release(NEW)
    target = village.sim.targets.targets[LIBRARY]
    content = village.sim.files[village.sim.place(LIBRARY)]
    village.sim.faults["library"] = lambda _request, _content: httpx.Response(
        200, stream=Parts([content[number : number + 1] for number in range(200)])
    )
    seconds = iter(range(0, 10**6, 3))
    line = WheelLine(
        [village.sim.client()], bytes_per_s=lambda: 0, may_go_on=lambda: True, monotonic_s=lambda: float(next(seconds))
    )
    with pytest.raises(OutOfReachError, match="slow retrieval"):
        line.download(target, tmp_path / "library.whl")


def test_extraneous_dependencies_attack(village: Village) -> None:
    """Somebody who can change the manifest alone adds a wheel of their own."""
    village.sim.release(NEW)
    path = manifest_path(NEW)
    told = json.loads(village.sim.files[village.sim.place(path)])
    told["wheels"].append({"name": "evil-1.0-py3-none-any.whl", "sha256": "e" * 64, "bytes": 9, "unpacked_bytes": 9, "files": 1})
    village.sim.target(path, json.dumps(told).encode())
    village.sim.publish()
    _is_refused(village, "not signed")


def test_a_manifest_and_the_targets_must_agree_on_every_wheel(village: Village) -> None:
    village.sim.release(NEW)
    path = manifest_path(NEW)
    told = json.loads(village.sim.files[village.sim.place(path)])
    told["wheels"][0]["sha256"] = "e" * 64
    village.sim.target(path, json.dumps(told).encode())
    village.sim.publish()
    _is_refused(village, "mix-and-match")


def test_mix_and_match_of_releases(village: Village) -> None:
    """A genuine manifest under another release's name."""
    village.sim.release("2026.10.1")
    village.sim.target(manifest_path(NEW), village.sim.files[village.sim.place(manifest_path("2026.10.1"))])
    village.sim.publish()
    _is_refused(village, "mix-and-match")


def test_mix_and_match_of_snapshot_and_targets(village: Village) -> None:
    village.sim.release("2026.10.1")
    before = village.sim.get(f"{village.sim.targets.version}.targets.json")
    village.sim.release(NEW)
    village.sim.put(f"{village.sim.targets.version}.targets.json", before)
    _is_refused(village, "mix-and-match", "rollback")


def test_indefinite_freeze_attack(village: Village) -> None:
    """Genuine files of last week, served for ever."""
    _has_looked(village)
    village.sim.timestamp.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    village.sim.publish_timestamp()
    _is_refused(village, "expired")


def test_a_captive_portal_is_no_repository(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.faults["metadata/"] = lambda _request, _content: httpx.Response(
        200, stream=Parts(["<html>请登录</html>".encode()])
    )
    _is_refused(village, "unreadable")


def test_a_redirect_is_not_followed(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.faults["timestamp"] = lambda _request, _content: httpx.Response(
        302, headers={"Location": "https://evil.example/"}
    )
    _is_refused(village, error=OutOfReachError)


# --- each role: unsigned, signed by others, by too few, expired, rolled back, mixed ---


def _unsigned(role: str) -> Callable[[Simulator], None]:
    def attack(sim: Simulator) -> None:
        sim.release(NEW)
        _publish_from(sim, role, by=[])

    return attack


def _signed_by_a_stranger(role: str) -> Callable[[Simulator], None]:
    def attack(sim: Simulator) -> None:
        sim.release(NEW)
        _publish_from(sim, role, by=[new_signer(), new_signer()])

    return attack


def _signed_by_others_of_us(role: str) -> Callable[[Simulator], None]:
    """Keys that count, for another role."""

    def attack(sim: Simulator) -> None:
        sim.release(NEW)
        others = sim.signers.snapshot if role != "snapshot" else sim.signers.timestamp
        _publish_from(sim, role, by=others * 2)

    return attack


def _publish_from(sim: Simulator, role: str, *, by: list) -> None:  # type: ignore[type-arg]  # signers
    """Publish again from a role on; what stands above it is honest."""
    match role:
        case "root":
            sim.publish_root(by=by or [new_signer()])
        case "targets":
            sim.publish_targets(by=by)
            sim.publish_snapshot()
            sim.publish_timestamp()
        case "snapshot":
            sim.publish_snapshot(by=by)
            sim.publish_timestamp()
        case _:
            sim.publish_timestamp(by=by)


ROLES = ("root", "timestamp", "snapshot", "targets")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("how", [_unsigned, _signed_by_a_stranger, _signed_by_others_of_us])
def test_wrong_or_absent_signatures(village: Village, role: str, how: Callable[[str], Callable[[Simulator], None]]) -> None:
    how(role)(village.sim)
    _is_refused(village, "signature")


@pytest.mark.parametrize("role", ["root", "targets"])
def test_key_compromise_below_the_threshold(village: Village, role: str) -> None:
    """One official's stick was stolen; it takes two."""
    village.sim.release(NEW)
    stolen = village.sim.signers.root[0] if role == "root" else village.sim.signers.targets[0]
    _publish_from(village.sim, role, by=[stolen])
    _is_refused(village, "signature")


def test_one_key_signing_twice_is_one_signature(village: Village) -> None:
    village.sim.release(NEW)
    _publish_from(village.sim, "targets", by=[village.sim.signers.targets[0]] * 2)
    payload = json.loads(village.sim.get(f"{village.sim.targets.version}.targets.json"))
    payload["signatures"] *= 2
    village.sim.put(f"{village.sim.targets.version}.targets.json", json.dumps(payload).encode())
    _is_refused(village)


@pytest.mark.parametrize("role", ROLES)
def test_expired_role(village: Village, role: str) -> None:
    village.sim.release(NEW)
    getattr(village.sim, role).expires = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    if role == "root":
        village.sim.publish_root()
    else:
        village.sim.publish()
    _is_refused(village, "expired")


def test_timestamp_version_rollback(village: Village) -> None:
    village.sim.publish()
    before = village.sim.get("timestamp.json")
    _has_looked(village)
    village.sim.put("timestamp.json", before)
    _is_refused(village, "rollback")


def test_snapshot_version_rollback(village: Village) -> None:
    village.sim.publish()
    _has_looked(village)
    village.sim.snapshot.version -= 2
    village.sim.publish_snapshot()
    village.sim.publish_timestamp()
    _is_refused(village, "rollback")


def test_targets_version_rollback(village: Village) -> None:
    village.sim.publish()
    _has_looked(village)
    village.sim.targets.version -= 2
    village.sim.publish()
    _is_refused(village, "rollback")


def test_root_version_rollback(village: Village) -> None:
    """The next root says it is the first."""
    village.sim.release(NEW)
    village.sim.put("2.root.json", village.sim.first_root)
    _is_refused(village, "rollback")


def test_root_nonconsecutive_version(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.root.version += 1
    village.sim.publish_root()
    village.sim.put("2.root.json", village.sim.get("3.root.json"))
    _is_refused(village, "rollback")


def test_a_rollback_is_remembered_over_a_restart(village: Village) -> None:
    village.sim.publish()
    before = dict(village.sim.files)
    _has_looked(village)
    village.sim.files = before
    again = Village.__new__(Village)
    again.__dict__ |= village.__dict__
    _is_refused(again, "rollback")


def test_snapshot_hash_mismatch(village: Village) -> None:
    village.sim.release(NEW)
    name = f"{village.sim.snapshot.version}.snapshot.json"
    village.sim.put(name, b" " + village.sim.get(name)[1:])
    _is_refused(village, "mix-and-match")


def test_targets_hash_mismatch(village: Village) -> None:
    village.sim.release(NEW)
    name = f"{village.sim.targets.version}.targets.json"
    village.sim.put(name, b" " + village.sim.get(name)[1:])
    _is_refused(village, "mix-and-match")


def test_snapshot_version_mismatch(village: Village) -> None:
    village.sim.release(NEW)
    assert village.sim.timestamp.snapshot_meta is not None
    village.sim.timestamp.snapshot_meta.version += 1
    village.sim.put(
        f"{village.sim.snapshot.version + 1}.snapshot.json", village.sim.get(f"{village.sim.snapshot.version}.snapshot.json")
    )
    village.sim.publish_timestamp()
    _is_refused(village, "rollback")


def test_targets_left_out_of_the_snapshot(village: Village) -> None:
    village.sim.publish()
    _has_looked(village)
    del village.sim.snapshot.meta["targets.json"]
    village.sim.publish_snapshot()
    village.sim.publish_timestamp()
    _is_refused(village)


def test_fast_forward_recovery(village: Village) -> None:
    """A thief of the service's keys said version two billion; new keys, and the kiosk follows again."""
    for role in (village.sim.timestamp, village.sim.snapshot):
        role.version = 2_000_000_000
    village.sim.publish()
    with pytest.raises(NotTrustedError):
        village.bring(NEW)
    village.sim.timestamp.version = village.sim.snapshot.version = 5
    village.sim.release(NEW)
    _is_refused(village, "rollback")
    village.sim.signers.timestamp = [new_signer()]
    village.sim.signers.snapshot = [new_signer()]
    village.sim.name_keys()
    village.sim.publish_root()
    village.sim.publish()
    assert village.bring(NEW) == NEW


def test_a_revoked_key_signs_nothing_any_more(village: Village) -> None:
    village.sim.release("2026.10.1")
    gone = village.sim.signers.targets
    village.sim.signers.targets = [new_signer(), new_signer()]
    village.sim.name_keys()
    village.sim.publish_root()
    village.sim.release(NEW)
    _publish_from(village.sim, "targets", by=gone)
    _is_refused(village, "signature")
    village.sim.publish()
    assert village.bring(NEW) == NEW


def test_a_new_root_needs_the_old_officials(village: Village) -> None:
    village.sim.release(NEW)
    village.sim.signers.root = [new_signer() for _ in range(3)]
    village.sim.name_keys()
    village.sim.publish_root()
    _is_refused(village, "signature")


def test_many_roots_at_once_are_followed_and_too_many_are_not_asked_for(village: Village) -> None:
    for _ in range(20):
        village.sim.publish_root()
    village.sim.release(NEW)
    assert village.bring(NEW) == NEW
    assert len([path for path in village.sim.asked if "root" in path]) == 21


# --- the clock ---


@pytest.mark.parametrize("years", [-40, -1])
def test_clock_wrong_by_decades_backwards(village: Village, years: int) -> None:
    """A clock before its own release would believe anything that has long expired."""
    village.sim.release(NEW)
    village.clock = FakeClock(start=village.sim.now + timedelta(days=365 * years), is_trusted=False)
    _is_refused(village, "the clock says", error=OutOfReachError)


def test_clock_wrong_by_decades_forwards(village: Village) -> None:
    village.sim.release(NEW)
    village.clock = FakeClock(start=village.sim.now + timedelta(days=365 * 30))
    _is_refused(village, "expired")


# --- what is read ---


@pytest.mark.parametrize("name", ["timestamp.json", "2.root.json", "snapshot", "targets.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[" * 20_000, b"\xff" * 50, b'{"signed": {}, "signatures": []}'])
def test_garbage_in_place_of_metadata(village: Village, name: str, content: bytes) -> None:
    village.sim.release(NEW)
    village.sim.faults[name] = lambda _request, _content: httpx.Response(200, stream=Parts([content]))
    _is_refused(village)


def test_what_was_kept_may_be_spoilt_on_the_disk(village: Village) -> None:
    village.sim.release("2026.10.1")
    village.bring("2026.10.1")
    for path in (village.slots.folder / "trust" / "line").glob("*.json"):
        if not path.is_symlink():
            path.write_bytes(b"")
    village.sim.release(NEW)
    assert village.bring(NEW) == NEW


def test_a_look_at_an_honest_repository_is_a_few_small_files(village: Village) -> None:
    village.sim.release("2026.10.1")
    village.bring("2026.10.1")
    village.sim.asked.clear()
    _has_looked(village)
    assert [path.split("/")[-1] for path in village.sim.asked] == [
        "2.root.json",
        "timestamp.json",
        "2.snapshot.json",
        "2.targets.json",
    ]
