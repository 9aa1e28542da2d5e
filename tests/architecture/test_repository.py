"""What the repository promises about itself: its documents name real files, its locks hold hashes and no addresses."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
NAMED_FILE = re.compile(r"`((?:kiosk|drivers|screens|telemetry|provisioning|deploy|docs|tests|benchmarks)/[\w./-]+\.\w+)`")


def _tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split()]


def test_every_link_of_a_document_leads_to_a_file() -> None:
    missing = [
        f"{document.relative_to(ROOT)} -> {target}"
        for document in _tracked("*.md")
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert missing == []


def test_every_file_a_document_names_is_there() -> None:
    missing = [
        f"{document.relative_to(ROOT)} names {name}"
        for document in _tracked("*.md")
        for name in NAMED_FILE.findall(document.read_text())
        if not (ROOT / name).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("lock", ["dev", "run", "kiosk", "fleet", "uv"])
def test_a_lock_holds_a_hash_for_every_pin_and_no_address(lock: str) -> None:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    pins = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==.*$", text, flags=re.MULTILINE)
    assert pins
    assert all(pin.endswith("\\") for pin in pins)
    assert "://" not in text


def test_nothing_is_left_for_later_without_a_reason() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX)\b(?! \(#\d+\))")
    here = Path(__file__)
    found = [str(path.relative_to(ROOT)) for path in _tracked("*.py") if path != here and unfinished.search(path.read_text())]
    assert found == []
