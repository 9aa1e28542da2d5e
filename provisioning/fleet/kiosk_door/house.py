"""Everything the server needs to know who belongs to the bureau: opened together where there is a CA."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter
from sqlalchemy import Engine

from provisioning.fleet.authority import Authority
from provisioning.fleet.authority.authority import CERTIFICATE
from provisioning.fleet.kiosk_door.door import DoorTls, KioskDoor
from provisioning.fleet.registry.acts import RegistryActs
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.renewing import Renewing
from provisioning.fleet.registry.returning import Returning
from provisioning.fleet.registry.revoking import Revocations


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The CA with what goes by it.

    Attributes:
        revocations: ``revocations.run(now)`` keeps the list of revoked certificates as the store has it.
        acts: What people do about who belongs.
        door: ``door.serve(socket)`` lets kiosks come.
    """

    authority: Authority
    revocations: Revocations
    acts: RegistryActs
    door: KioskDoor


def has_authority(folder: Path) -> bool:
    """Whether a CA was made in this folder; without one no kiosk can come."""
    return (folder / CERTIFICATE).exists()


def open_house(
    engine: Engine,
    folder: Path,
    *,
    names: Iterable[str],
    keys: Callable[[], tuple[Ed25519PublicKey, ...]],
    now: Callable[[], datetime],
    routers: Iterable[APIRouter] = (),
) -> House:
    """Open all of it. Blocking; writes the list of revoked certificates and the server's own before anybody asks for them.

    Args:
        engine: The fleet's database.
        folder: Where the CA lies, usually ``STATE/authority``.
        names: Names and addresses kiosks reach the server by.
        keys: Whose signatures kiosks are to believe.
        now: Server's clock.
        routers: What else is served at the door.

    Raises:
        AuthorityError: The CA cannot be used.
        OSError: The disk does not take what has to be written.
    """
    authority = Authority.open(folder)
    revocations = Revocations(engine, authority, folder)
    revocations.publish(now=now())
    enrolling = Enrolling(engine, authority, revocations, keys=keys)
    renewing = Renewing(engine, authority, revocations, keys=keys)
    returning = Returning(engine, authority, revocations, keys=keys)
    tls = DoorTls(authority, folder, tuple(names), now=now)
    return House(
        authority=authority,
        revocations=revocations,
        acts=RegistryActs(engine, authority, revocations),
        door=KioskDoor(tls, enrolling, renewing, returning, now=now, routers=routers),
    )
