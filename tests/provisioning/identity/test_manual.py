"""The bureau's manual is run as it stands: every line typed, every answer compared."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.provisioning.identity.transcript import Typed, read_transcript

ROOT = Path(__file__).parents[3]
MANUAL = ROOT / "docs/manual/bureau.md"
DEADLINE_S = 900
"""Twenty processes that start: two minutes on a quiet machine of two cores, eight on one that is five times overbooked."""
MARK = "@@ line "
OWN_NETWORK = ("unshare", "--net", "--map-root-user", "--pid", "--fork", "--kill-child")
"""The manual's ports are its own there, whoever else runs beside it; and what was started ends with it."""


def _script(typed: tuple[Typed, ...]) -> str:
    lines = ["ip link set lo up", "exec 2>&1"]
    for number, each in enumerate(typed):
        lines += [f"echo '{MARK}{number}'", each.line]
    return "\n".join([*lines, f"echo '{MARK}end'", "kill -TERM %1", "wait %1"])


@pytest.mark.system
@pytest.mark.timeout(DEADLINE_S + 30)
@pytest.mark.skipif(
    shutil.which("unshare") is None or subprocess.run([*OWN_NETWORK, "true"], check=False).returncode != 0,
    reason="needs a network namespace",
)
def test_the_bureaus_manual_does_what_it_says(tmp_path: Path) -> None:
    typed = read_transcript(MANUAL)
    assert len(typed) > 20
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*OWN_NETWORK, "bash", "-c", _script(typed)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    said = dict(re.findall(rf"^{MARK}(\d+)\n(.*?)(?=^{MARK})", done.stdout, re.MULTILINE | re.DOTALL))
    wrong = [
        f"$ {each.line}\n{said.get(str(number), '(never reached)')}"
        for number, each in enumerate(typed)
        if not each.is_answered_by(said.get(str(number), "(never reached)"))
    ]
    assert not wrong, "\n".join([*wrong, done.stderr])
    assert done.returncode == 0, (tmp_path / "server.log").read_text()
