"""Starting and ending: quick, in order, nothing left behind, and clear words when something is in the way."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.demo import ROOT, Demo, eventually, free_ports

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def _processes_of(state: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"DEMO_DIR={state}\0".encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def test_it_gets_ready_and_sigterm_leaves_nothing_behind(tmp_path: Path) -> None:
    """That it takes less than half a minute is the benchmarks' matter."""
    demo = Demo.start(tmp_path / "d")
    try:
        eventually("the display on the glass", lambda: demo.member("-m screens"), within_s=20)
        assert len(_processes_of(demo.state)) > 5
    finally:
        code = demo.end()

    assert code == 0
    eventually("no process", lambda: not _processes_of(demo.state), within_s=5)
    left = [path.name for path in demo.state.rglob("*") if path.is_socket() or path.is_symlink()]
    assert left == ["identity"]  # who the kiosk is lasts
    first = int(demo.dashboard.rpartition(":")[2])
    for port in range(first, first + 5):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_second_start_on_the_same_state_folder_says_who_holds_it(demo: Demo) -> None:
    command = [sys.executable, "-m", "kiosk", "run", "--config", str(demo.state / "kiosk.toml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert str(demo.member("-m kiosk", "run")) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_named(demo: Demo, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = tmp_path / "fleet.toml"
        config.write_text(f'[server]\nport = {port}\nstate_dir = "{tmp_path}/fleet"\n[broker]\nport = {free_ports(1)}\n')
        command = [sys.executable, "-m", "provisioning.server", "serve", "--config", str(config)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr
    del demo


@pytest.mark.parametrize(
    ("line", "path", "allowed"),
    [
        ("[kiosk]\nid = 'x'\ncolour = 'red'", "kiosk.colour", "known here"),
        ("[display]\nwidth_px = 12", "display.width_px", "320 to 7680"),
    ],
)
def test_a_key_that_is_unknown_or_out_of_range_stops_the_start(tmp_path: Path, line: str, path: str, allowed: str) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(line)
    command = [sys.executable, "-m", "kiosk", "run", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30, env=dict(os.environ))
    assert done.returncode == 2
    complaint = next(line for line in done.stderr.splitlines() if path in line)
    assert allowed in complaint
    assert "Traceback" not in done.stderr
