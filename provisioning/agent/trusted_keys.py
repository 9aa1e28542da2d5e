"""Whose signatures this kiosk believes: the service's public keys by their ids, as enrolment left them. Blocking, and short."""

from pathlib import Path

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.upkeep.kept_file import read_kept
from provisioning.wire.signatures import Trusted, key_id

log = structlog.get_logger(__name__)

FILE = Path("identity") / "trusted.json"
"""In the state folder: id -> public key in PEM."""

NOBODY = Trusted(keys={})


def trusted_keys(state: Path) -> Trusted:
    """Return the keys of ``STATE/identity/trusted.json``; nobody's where there is none, or it cannot be understood."""
    try:
        kept = read_kept(state / FILE)
    except OSError as error:
        log.warning("trusted.unreadable", why=error.strerror)
        return NOBODY
    if not isinstance(kept, dict):
        return NOBODY
    keys: dict[str, Ed25519PublicKey] = {}
    for name, pem in kept.items():
        key = _key(pem)
        if key is None or key_id(key) != name:
            log.warning("trusted.no_key", id=str(name)[:64])
            continue
        keys[name] = key
    return Trusted(keys=keys)


def _key(pem: object) -> Ed25519PublicKey | None:
    try:
        key = serialization.load_pem_public_key(str(pem).encode("ascii"))
    except ValueError:
        return None
    return key if isinstance(key, Ed25519PublicKey) else None
