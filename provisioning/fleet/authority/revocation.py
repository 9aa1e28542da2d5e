"""The list of revoked certificates (CRL): one file, written anew after every change, for whoever cannot ask the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from provisioning.fleet.authority.authority import LIST, Authority
from provisioning.fleet.files import OPEN, write_over
from provisioning.wire.identity import LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One certificate that no longer counts. ``number`` is its serial number in hexadecimal."""

    number: str
    at: datetime


def write_list(authority: Authority, folder: Path, revoked: Iterable[Revoked], *, now: datetime) -> None:
    """Write the whole list, also an empty one: a broker that is told to look for a list refuses everybody without it.

    It says that it holds as long as a certificate does. A broker refuses everybody by a list that ran out; this one runs out
    when the last certificate it could be about has.

    Raises:
        OSError: The disk does not take it; the old list stays.
    """
    builder = x509.CertificateRevocationListBuilder().last_update(now).next_update(now + LIFETIME)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1_000)), critical=False)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(int(one.number, 16)).revocation_date(one.at)
        builder = builder.add_revoked_certificate(entry.build())
    write_over(folder / LIST, authority.sign_list(builder), mode=OPEN)


def read_list(pem: bytes) -> frozenset[str]:
    """Return the serial numbers on a list, in hexadecimal.

    Raises:
        ValueError: It is no list.
    """
    return frozenset(f"{one.serial_number:x}" for one in x509.load_pem_x509_crl(pem))
