"""A bundle becomes a whole slot, or nothing anybody starts."""

import hashlib
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipInfo

import pytest

from provisioning.agent.releases.install import LIST, clear, compile_modules, install, verify
from provisioning.agent.releases.refusal import NotTrustedError, UnsuitableError
from provisioning.fleet.releases.wheel_set import manifest_of
from provisioning.launcher.slots import WHOLE, Slots
from provisioning.wire.release import Release, ReleaseError, Wheel, write_release
from tests.provisioning.releases.simulator import ANY_DATA
from tests.provisioning.releases.village import no_byte_code
from tests.provisioning.releases.wheels import release_wheels, wheel_bytes, zip_bytes

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PYTHON = Path(sys.executable).resolve()
NAME = "zhizhu-2026.11.2-py3-none-any.whl"


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path / "releases")


def _release(folder: Path) -> tuple[Release, dict[str, Path]]:
    wheels = release_wheels(folder / "wheels", "2026.11.2")
    release = manifest_of(wheels, version="2026.11.2", python="3.11", data=ANY_DATA, launcher=1, note="", now=NOW)
    return release, {wheel.sha256: wheels / wheel.name for wheel in release.wheels}


def _install(slots: Slots, release: Release, wheels: dict[str, Path]) -> None:
    install(slots, "a", release, write_release(release), wheels, python=PYTHON, compile_=no_byte_code)


def _bundle(folder: Path, content: bytes, *, unpacked: int = 10_000, files: int = 20) -> tuple[Release, dict[str, Path]]:
    """A release of one wheel that officials signed without looking."""
    path = folder / NAME
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    wheel = Wheel.model_construct(name=NAME, sha256=digest, bytes=len(content), unpacked_bytes=unpacked, files=files)
    release = _release(folder)[0].model_copy(update={"wheels": (wheel,)})
    return release, {digest: path}


def test_an_installed_release_starts_by_itself(slots: Slots, tmp_path: Path) -> None:
    release, wheels = _release(tmp_path)
    install(slots, "a", release, write_release(release), wheels, python=PYTHON, compile_=compile_modules)
    verify(slots, "a")
    python = slots.place("a") / "bin" / "python"
    done = subprocess.run([python, "-I", "-B", "-m", "kiosk", "run"], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.startswith("release ['")
    told = subprocess.run(
        [python, "-I", "-B", "-c", "import library, sys; print(library.__cached__, len([p for p in sys.path if 'site-p' in p]))"],
        capture_output=True, text=True, check=True, cwd="/",
    )  # fmt: skip
    assert told.stdout.strip().endswith("library/__pycache__/__init__.cpython-311.pyc 1")
    verify(slots, "a")


def test_byte_code_is_made_once_and_a_slot_is_never_written_again(slots: Slots, tmp_path: Path) -> None:
    release, wheels = _release(tmp_path)
    install(slots, "a", release, write_release(release), wheels, python=PYTHON, compile_=compile_modules)
    assert list(slots.place("a").rglob("*.pyc"))


def test_scripts_of_a_wheel_are_left_out_and_modules_of_its_data_are_not(slots: Slots, tmp_path: Path) -> None:
    content = wheel_bytes(
        "zhizhu",
        "2026.11.2",
        {"zhizhu-2026.11.2.data/scripts/evil": "#!/bin/sh", "zhizhu-2026.11.2.data/purelib/good.py": "x = 1"},
    )
    _install(slots, *_bundle(tmp_path, content))
    assert [path.name for path in slots.place("a").rglob("*") if path.name in {"evil", "good.py"}] == ["good.py"]


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _corrupt(content: bytes) -> bytes:
    middle = len(content) // 3
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def _link(name: str) -> ZipInfo:
    info = ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def _device(name: str) -> ZipInfo:
    info = ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = (stat.S_IFIFO | 0o666) << 16
    return info


@pytest.mark.parametrize("spoil", [_truncated, _corrupt, lambda _content: b"", lambda content: content + b"x"])
def test_a_wheel_that_is_not_what_was_signed_is_refused(slots: Slots, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    release, wheels = _release(tmp_path)
    path = wheels[release.wheels[0].sha256]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(NotTrustedError, match="not what was signed"):
        _install(slots, release, wheels)
    assert not slots.is_whole("a")


BAD_BUNDLES = {
    "truncated": zip_bytes({"kiosk/x.py": b"x = 1"})[:-30],
    "corrupt": _corrupt(zip_bytes({"kiosk/x.py": bytes(range(256)) * 9})),
    "no zip": b"#!/bin/sh\nrm -rf /\n",
    "zip bomb": zip_bytes({"kiosk/x.bin": bytes(30_000_000)}),
    "many small files": zip_bytes({f"kiosk/{number}.py": b"" for number in range(30)}),
    "path traversal": zip_bytes({"../../../../tmp/evil.py": b"x"}),
    "path traversal inside": zip_bytes({"kiosk/../../../evil.py": b"x"}),
    "absolute path": zip_bytes({"/etc/cron.d/evil": b"x"}),
    "windows path": zip_bytes({"C:/evil.py": b"x"}),
    "symlink": zip_bytes({"kiosk/x.py": b"x"}, odd=(_link("kiosk/passwd"),)),
    "pipe": zip_bytes({"kiosk/x.py": b"x"}, odd=(_device("kiosk/pipe"),)),
    "file as folder": zip_bytes({"kiosk": b"x", "kiosk/x.py": b"x"}),
    "case twice": zip_bytes({"kiosk/x.py": b"x", "Kiosk/X.py": b"y"}),
    "line feed in a name": zip_bytes({"kiosk/x\n.py": b"x"}),
    "data folder traversal": zip_bytes({"zhizhu-1.data/purelib/../../../evil.py": b"x"}),
}


@pytest.mark.parametrize("kind", BAD_BUNDLES)
def test_a_bad_bundle_is_refused_whole_even_if_officials_signed_it(slots: Slots, tmp_path: Path, kind: str) -> None:
    """F64: nothing outside the slot is written, and the slot is never one that is started."""
    around = set(tmp_path.parent.iterdir())
    with pytest.raises((NotTrustedError, OSError)):
        _install(slots, *_bundle(tmp_path, BAD_BUNDLES[kind]))
    assert not slots.is_whole("a")
    assert set(tmp_path.parent.iterdir()) == around
    assert {path.name for path in tmp_path.iterdir()} <= {"releases", NAME, "wheels"}
    assert not Path("/tmp/evil.py").exists()  # noqa: S108  # where it would have led


@pytest.mark.parametrize("kind", ["zip bomb", "path traversal", "symlink", "absolute path", "case twice"])
def test_a_bad_bundle_is_not_even_taken_in_at_the_bureau(tmp_path: Path, kind: str) -> None:
    (tmp_path / NAME).write_bytes(BAD_BUNDLES[kind])
    with pytest.raises(ReleaseError):
        manifest_of(tmp_path, version="1.0", python="3.11", data=ANY_DATA, launcher=1, note="", now=NOW)


def test_a_zip_that_lies_about_its_size_is_refused(slots: Slots, tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"kiosk/x.bin": bytes(500_000)}))
    small = (100).to_bytes(4, "little")
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = small
    content[22:26] = small
    with pytest.raises(NotTrustedError):
        _install(slots, *_bundle(tmp_path, bytes(content)))
    assert sum(path.stat().st_size for path in (slots.place("a") / "lib").rglob("*") if path.is_file()) < 10_000


def test_a_wheel_given_as_a_link_is_not_followed(slots: Slots, tmp_path: Path) -> None:
    release, wheels = _release(tmp_path)
    digest = release.wheels[0].sha256
    real = wheels[digest].rename(tmp_path / "elsewhere.whl")
    wheels[digest].symlink_to(real)
    with pytest.raises(OSError, match="symbolic"):
        _install(slots, release, wheels)


def test_two_wheels_that_contradict_each_other_are_refused(slots: Slots, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    for name, content in (("one", "x = 1"), ("two", "x = 2")):
        (folder / f"{name}-1.0-py3-none-any.whl").write_bytes(wheel_bytes(name, "1.0", {"tests/__init__.py": content}))
    with pytest.raises(ReleaseError, match="other content"):
        manifest_of(folder, version="1.0", python="3.11", data=ANY_DATA, launcher=1, note="", now=NOW)
    wheels = {}
    listed = []
    for path in sorted(folder.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        wheels[digest] = path
        size = path.stat().st_size
        listed.append(Wheel.model_construct(name=path.name, sha256=digest, bytes=size, unpacked_bytes=9_000, files=9))
    release = _release(tmp_path)[0].model_copy(update={"wheels": tuple(listed)})
    with pytest.raises(UnsuitableError, match="other content"):
        _install(slots, release, wheels)


@pytest.mark.parametrize("how", ["changed", "added", "gone", "link", "list"])
def test_a_slot_that_was_touched_is_not_started(slots: Slots, tmp_path: Path, how: str) -> None:
    _install(slots, *_release(tmp_path))
    modules = next(slots.place("a").glob("lib/*/site-packages"))
    match how:
        case "changed":
            (modules / "kiosk" / "__main__.py").write_text("evil", encoding="ascii")
        case "added":
            (modules / "sitecustomize.py").write_text("evil", encoding="ascii")
        case "gone":
            (modules / "kiosk" / "version.txt").unlink()
        case "link":
            (modules / "kiosk" / "version.txt").unlink()
            (modules / "kiosk" / "version.txt").symlink_to("/etc/hostname")
        case _:
            (slots.place("a") / LIST).write_text("{}", encoding="ascii")
    with pytest.raises(NotTrustedError, match="damaged"):
        verify(slots, "a")


def test_a_slot_is_no_longer_whole_before_anything_in_it_changes(
    slots: Slots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(slots, *_release(tmp_path))

    def broken_off(place: Path) -> None:
        assert not (place / WHOLE).exists()
        raise OSError(5, "broken off")

    monkeypatch.setattr("shutil.rmtree", broken_off)
    with pytest.raises(OSError, match="broken off"):
        clear(slots, "a")
    assert not slots.is_whole("a")


def test_the_slot_that_serves_is_never_written(slots: Slots, tmp_path: Path) -> None:
    release, wheels = _release(tmp_path)
    _install(slots, release, wheels)
    slots.switch("a")
    with pytest.raises(ValueError, match="not idle"):
        _install(slots, release, wheels)
