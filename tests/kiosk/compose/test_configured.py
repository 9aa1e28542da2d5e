"""How the core starts what belongs to it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAYS = "from kiosk.compose.configured import interpreter; print(interpreter())"


@pytest.mark.parametrize("flags", [(), ("-I", "-B")])
def test_the_display_is_as_isolated_as_the_core_that_starts_it(flags: tuple[str, ...], tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    told = subprocess.run(
        [sys.executable, *flags, "-c", SAYS], cwd=tmp_path, env=plain, capture_output=True, text=True, check=True
    )
    words = ast.literal_eval(told.stdout)
    assert words == (sys.executable, *flags)
    (tmp_path / "screens.py").write_text("print('of the folder it stands in')\n", encoding="utf-8")
    shown = subprocess.run(
        [*words, "-m", "screens", "--help"], cwd=tmp_path, env=plain, capture_output=True, text=True, check=False
    )
    assert ("of the folder" in shown.stdout) is not bool(flags)
