"""Bundles are kept for as long as settings say, each by the day it came."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.fleet.commands.bundles import path_of
from provisioning.fleet.commands.old_bundles import OldBundles
from telemetry.wire.topics import KioskId

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KIOSK = KioskId(county="demo", kiosk="K1")


def _bundle(folder: Path, number: int, *, days: float) -> Path:
    path = path_of(folder, KIOSK, f"c-{number}-0000abcd")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PK")
    came_s = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (came_s, came_s))
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> OldBundles:
    return OldBundles(tmp_path, kept_for=timedelta(days=90), every=timedelta(hours=6), now=lambda: NOW)


def test_what_came_long_ago_goes_and_the_rest_stays(tmp_path: Path, shelf: OldBundles) -> None:
    old, young = _bundle(tmp_path, 1, days=91), _bundle(tmp_path, 2, days=89)
    (tmp_path / "audit.zip").write_bytes(b"PK")
    assert shelf.once() == 1
    assert (old.exists(), young.exists(), (tmp_path / "audit.zip").exists()) == (False, True, True)
    assert shelf.once() == 0


def test_without_any_bundle_nothing_happens(shelf: OldBundles) -> None:
    assert shelf.once() == 0
