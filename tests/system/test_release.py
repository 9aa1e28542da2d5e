"""A release from the bureau to the villager's screen, with the product's own wheels; and a second one that goes back by itself.

Everything is real: the officials' keys, the fleet service, the repository under TUF behind its door, the rollout, the launcher,
the core with its display, its devices at the rig. What is helped along: the libraries' wheels lie in the kiosk's store already,
as after a first night (130 MB take 34 minutes at the night's speed); and the bureau sets a time zone in which it is night.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.product_wheel import PARTS, build
from kiosk.compose.desired_settings import FOLDER as DESIRED
from kiosk.compose.releases import RELEASES
from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.releases.store import WHEELS, ReleaseStore
from provisioning.launcher.slots import Slots
from provisioning.wire.release import read_release
from tests.system.demo import ROOT, Demo, eventually
from tests.whole.wheel_set import library_wheels

pytestmark = [pytest.mark.system, pytest.mark.thorough, pytest.mark.timeout(2400)]

GOOD, BAD = "2026.11.2", "2026.11.3"
BROUGHT_WITHIN_S = 900.0
"""Five megabytes at the night's speed, 400 MB unpacked and synced, their byte code made at the lowest priority."""
TRIED_WITHIN_S = 240.0


class Bureau:
    """Whoever sits at the server, and the one official there is."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self._demo = demo
        self._config = demo.state / "fleet.toml"
        self._folder = folder
        self._key = folder / "li.pem"

    def says(self, *words: str, needs_config: bool = True) -> str:
        config = ("--config", str(self._config)) if needs_config else ()
        return _says("provisioning.verbs", *words, *config)

    def may_sign(self) -> None:
        """Who may sign, once."""
        self.says("release", "keys", str(self._key), needs_config=False)
        public = f"{self._key}.pub"
        thresholds = ("--root-threshold", "1", "--targets-threshold", "1")
        self.says("release", "init", *thresholds, "--root-key", public, "--targets-key", public)
        self._publish()

    def adds(self, version: str, wheels: Path) -> None:
        """Take a release in, sign it, serve it."""
        self.says("release", "add", version, "--wheels", str(wheels))
        self._publish()

    def rolls_out(self, version: str) -> None:
        """Have the one kiosk told."""
        self.says("rollout", "start", version, "demo", "--ring", "all=DEMO-001:0")

    def _publish(self) -> None:
        drafts = [str(path) for path in sorted((self._demo.state / "fleet/repository-drafts").glob("*.json"))]
        self.says("release", "sign", *drafts, "--key", str(self._key), needs_config=False)
        said = self.says("release", "publish", *drafts)
        assert "waits" not in said, said


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo.start(tmp_path / "demo", DEMO_RELEASES="1")
    try:
        yield demo
    finally:
        demo.end()


def test_a_release_reaches_a_kiosk_and_serves_and_a_broken_one_goes_back_by_itself(demo: Demo, tmp_path: Path) -> None:
    bureau, wheels = Bureau(demo, tmp_path), tmp_path / "wheels"
    assert library_wheels(wheels) > 40
    product = build(GOOD, wheels)
    bureau.may_sign()
    _is_night(demo, bureau)

    bureau.adds(GOOD, wheels)
    _has_wheels_of(demo, bureau, GOOD, wheels, but=product.name)
    bureau.rolls_out(GOOD)
    eventually("it is on trial", lambda: _is_tried(demo, GOOD), within_s=BROUGHT_WITHIN_S)
    running = {"version": GOOD, "state": "running", "running": GOOD, "reason": ""}
    eventually("it has proven itself", lambda: _kiosk_says(demo) == running, within_s=TRIED_WITHIN_S)
    eventually("it serves", lambda: _serves(demo, GOOD), within_s=60)
    assert Path(demo.state, "kiosk", RELEASES, "current").readlink() == Path("slots/a")

    product.unlink()
    build(BAD, wheels, root=_broken_tree(tmp_path / "broken"))
    eventually("the first rollout is over", lambda: "finished" in bureau.says("rollout", "list"), within_s=60)
    bureau.adds(BAD, wheels)
    bureau.rolls_out(BAD)
    eventually("it is tried", lambda: _is_tried(demo, BAD), within_s=BROUGHT_WITHIN_S)
    began_s = time.monotonic()
    eventually("it has gone back", lambda: _kiosk_says(demo)["state"] == "went_back", within_s=TRIED_WITHIN_S)
    eventually("the good one serves", lambda: _serves(demo, GOOD), within_s=TRIED_WITHIN_S)
    print(f"back after {time.monotonic() - began_s:.0f} s")
    said = _kiosk_says(demo)
    assert (said["version"], said["running"]) == (BAD, GOOD)
    assert "died 3 times" in said["reason"]
    demo.wait_for_page("attract")


def _is_night(demo: Demo, bureau: Bureau) -> None:
    """Have the bureau set a time zone in which it is about one in the morning, by a document."""
    east = (1 - datetime.now(UTC).hour + 12) % 24 - 12
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
    said = bureau.says("config", "edit", "kiosk:demo/DEMO-001", "--set", f'kiosk.time_zone="{zone}"')
    bureau.says("config", "submit", said.split()[0])
    eventually("it is night", lambda: zone in _document(demo), within_s=TRIED_WITHIN_S)


def _document(demo: Demo) -> str:
    """What is in force."""
    in_force = DesiredFolder(demo.state / "kiosk" / DESIRED).read().in_force
    return "" if in_force is None else in_force.model_dump_json()


def _has_wheels_of(demo: Demo, bureau: Bureau, version: str, wheels: Path, *, but: str) -> None:
    """Lay the libraries into the kiosk's store, as if they had come in an earlier night."""
    release = read_release(bureau.says("release", "show", version).encode())
    store = demo.state / "kiosk" / RELEASES / WHEELS
    store.mkdir(parents=True, exist_ok=True)
    for wheel in release.wheels:
        if wheel.name != but:
            shutil.copyfile(wheels / wheel.name, store / f"{wheel.sha256}.whl")


def _broken_tree(root: Path) -> Path:
    """This tree with a core that dies at its first line."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, root / name)
    (root / "kiosk/__main__.py").write_text('raise SystemExit("broken")\n', encoding="utf-8")
    return root


def _slots(demo: Demo) -> Slots:
    return Slots(demo.state / "kiosk" / RELEASES)


def _kiosk_says(demo: Demo) -> Mapping[str, str]:
    """What the kiosk said last of its releases."""
    return {"version": "", "state": "", "running": "", "reason": "", **ReleaseStore(_slots(demo), shipped="").read().said}


def _is_tried(demo: Demo, version: str) -> bool:
    trial = _slots(demo).trial()
    return trial is not None and trial.trial.candidate == version and _slots(demo).current == trial.slot


def _serves(demo: Demo, version: str) -> bool:
    kiosk = demo.kiosk()
    conditions = {device["condition"] for device in kiosk["devices"]}
    return bool(kiosk["release"] == version and kiosk["condition"] == "READY" and conditions == {"READY"})


def _says(module: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
