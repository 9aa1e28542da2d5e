"""The references of fleet.toml and kiosk.toml are what the types say, and every key has its sentence."""

from pathlib import Path

import pytest

from deploy.settings_reference import REFERENCES


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.name)
def test_a_reference_is_what_the_types_say(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == REFERENCES[path](), "make manual writes it anew"


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.name)
def test_every_key_says_what_it_means(path: Path) -> None:
    silent = [line for line in REFERENCES[path]().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert silent == []
