"""What the service keeps keys for: releases two officials sign, a signing key that was turned, an audit that is anchored."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from provisioning.fleet.audit import anchors
from provisioning.fleet.keys.following import KeyBook
from provisioning.fleet.keys.turning import turn
from provisioning.fleet.releases.keys import make_key, read_key
from provisioning.fleet.releases.metadata import Chain, Officials, sign
from provisioning.fleet.releases.repository import Repository
from provisioning.wire.key_document import REPORT
from telemetry.fleet.store.schema import kiosk
from tests.provisioning.made_up.people import FIRST, says

DAY = timedelta(days=1)


def seed(engine: Engine, folder: Path, *, now: datetime) -> None:
    """Write it into the state folder, where the authority is."""
    authority = folder / "authority"
    _sign_releases(folder, authority, now=now)
    new = turn(engine, authority, FIRST, now=now - 212 * DAY)
    with engine.begin() as connection:
        for row in connection.execute(select(kiosk.c.kiosk, kiosk.c.is_silent).order_by(kiosk.c.kiosk)).all():
            if not row.is_silent:
                says(connection, row.kiosk, REPORT, {"ids": new.id, "refused": ""}, (KeyBook(engine),), at=now - 40 * DAY)
    anchors.cast(engine, folder, new, now=now - timedelta(hours=3))


def _sign_releases(folder: Path, authority: Path, *, now: datetime) -> None:
    """Let two officials sign who signs, and what the releases are."""
    stick = folder / "stick"
    stick.mkdir()
    publics = {name: make_key(stick / name) for name in ("root-1", "root-2", "targets-1", "targets-2")}
    repository = Repository(folder / "repository", authority=authority)
    officials = Officials(
        root=(publics["root-1"], publics["root-2"]), root_threshold=2,
        targets=(publics["targets-1"], publics["targets-2"]), targets_threshold=2,
    )  # fmt: skip
    at = now - 74 * DAY
    signers = [read_key(stick / name) for name in publics]
    for draft in repository.begin(officials, now=at):
        for signer in signers:
            repository.collect(sign(draft.read_bytes(), signer))
    repository.publish(now=at)
    for chain in Chain:
        repository.refresh(chain, now=now, is_forced=True)
