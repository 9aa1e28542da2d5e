"""The authority's list of revoked certificates, followed on disk: whoever writes it anew is heard within a look."""

from pathlib import Path

import structlog
from cryptography import x509

from telemetry.fleet.broker_door.files import DoorError

log = structlog.get_logger()


class Revocations:
    """The list as it is now. One that is spoilt, or of another authority, is not taken: the last good one stays."""

    def __init__(self, path: Path, *, ca: Path) -> None:
        """Read it for the first time.

        Raises:
            DoorError: It is not there, or not this authority's. Nobody is let in unlooked at.
        """
        self._path = path
        self._ca = ca
        self._seen = _look(path)
        self._numbers = _read(path, ca)

    def __contains__(self, number: str) -> bool:
        """Whether a certificate, by its serial number in hexadecimal, no longer counts."""
        return number in self._numbers

    def look_again(self) -> bool:
        """Read the list if it was written anew; returns whether it was."""
        seen = _look(self._path)
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self._numbers = _read(self._path, self._ca)
        except DoorError as error:
            log.warning("list of revoked certificates not taken", error=str(error), kept=len(self._numbers))
            return False
        log.info("list of revoked certificates read", revoked=len(self._numbers))
        return True


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_ino, now.st_size


def _read(path: Path, ca: Path) -> frozenset[str]:
    try:
        signer = x509.load_pem_x509_certificate(ca.read_bytes()).public_key()
        revoked = x509.load_pem_x509_crl(path.read_bytes())
        if not revoked.is_signature_valid(signer):  # type: ignore[arg-type]  # a key that signs no list is a TypeError
            raise DoorError(f"{path}: is no list of the authority in {ca}")
        return frozenset(f"{one.serial_number:x}" for one in revoked)
    except OSError as error:
        raise DoorError(f"{error.filename}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise DoorError(f"{path}: is no list of revoked certificates in PEM") from error
