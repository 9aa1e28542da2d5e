"""The command line: every group of the service is found by its name alone, and nothing is loaded that was not asked for."""

import importlib
import subprocess
import sys

import pytest

from provisioning import server
from provisioning.verbs import ROOMS, TRIALS


def test_the_rooms_are_those_the_service_joins() -> None:
    joined = {group.name: group.typer_instance for group in server.app.registered_groups if group.name}
    found = {}
    for verb, place in ROOMS.items():
        module, _, name = place.partition(":")
        found[verb] = getattr(importlib.import_module(module), name)
    assert found == joined


def test_help_tells_of_every_verb() -> None:
    said = _run("--help").stdout
    for verb in (*ROOMS, *TRIALS, "serve", "backup"):
        assert verb in said


@pytest.mark.parametrize("verb", ["code", "score"])
def test_a_verb_asked_for_loads_no_web_server(verb: str) -> None:
    script = f"import sys; sys.argv = ['zhizhu-fleet', '{verb}', '--help']\nimport provisioning.verbs as it\n"
    script += (
        "try:\n    it.main()\nexcept SystemExit:\n    pass\nprint('uvicorn' in sys.modules, 'provisioning.server' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=50)
    assert said.stdout.splitlines()[-1] == "False False"


def test_a_slip_of_the_pen_is_refused_in_words() -> None:
    done = _run("servee")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "provisioning.verbs", *words], capture_output=True, text=True, check=False, timeout=50
    )
