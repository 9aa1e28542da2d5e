"""What this kiosk shows its fleet: the identity in force, looked up at every connect."""

from provisioning.agent.identity import IdentityError, IdentityFolder
from telemetry.mqtt import Credentials, LineError


def credentials_of(folder: IdentityFolder) -> Credentials | None:
    """Return what a broker is shown; None while this kiosk was never let in.

    Raises:
        LineError: There is an identity, and it cannot be used.
    """
    try:
        identity = folder.read()
    except IdentityError as error:
        raise LineError(str(error)) from error
    if identity is None:
        return None
    return Credentials(ca=identity.authority, certificate=identity.certificate, key=identity.key)
