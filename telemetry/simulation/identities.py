"""What simulated kiosks show a broker that asks for certificates: identities as enrolment leaves them, a state folder each."""

import ssl
from pathlib import Path

from telemetry.wire.topics import KioskId


class IdentityMissingError(Exception):
    """A kiosk has nothing to show; the message says which file."""


class Identities:
    """``FOLDER/KIOSK/identity`` with ``certificate.pem``, ``key.pem`` and ``ca.pem``, read at every connect."""

    def __init__(self, folder: Path) -> None:
        """Look into a folder."""
        self._folder = folder

    def shown_by(self, kiosk: KioskId) -> ssl.SSLContext:
        """Return what a kiosk connects with: its certificate, and trust in its authority alone.

        Raises:
            IdentityMissingError: It was never enrolled, or its files are spoilt.
        """
        lies_in = self._folder / kiosk.kiosk / "identity"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(cafile=lies_in / "ca.pem")
            context.load_cert_chain(lies_in / "certificate.pem", lies_in / "key.pem")
        except (OSError, ValueError) as error:
            raise IdentityMissingError(f"{lies_in}: {error}") from error
        return context
