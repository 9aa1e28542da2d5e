"""Coming back: what a kiosk does whose certificate ended while it was away. Nobody in the village types anything."""

import asyncio

from pydantic import ValidationError

from provisioning.agent.bureau_line import BureauLine, pinned
from provisioning.agent.enrol import ThisMachine
from provisioning.agent.identity import Identity, IdentityError, key_of
from provisioning.wire.coming_back import ComingBack, prove
from provisioning.wire.enrolment import EnrolmentTold


async def come_back(identity: Identity, url: str, this: ThisMachine, *, csr: str, authority: str) -> EnrolmentTold:
    """Ask once, without a client certificate, with a proof of the last key; a person at the bureau has to approve it.

    Args:
        identity: Whose certificate has ended.
        url: Of the bureau's door.
        this: What the machine says of itself.
        csr: For the next key, in PEM.
        authority: The bureau's CA, in PEM: nobody else hears the proof.

    Raises:
        LineError: No answer that can be used.
        IdentityError: The last key cannot be read, or this machine has no serial number to say.
        OSError: Nor the last certificate.
    """
    key = await asyncio.to_thread(key_of, identity)
    certificate = (await asyncio.to_thread(identity.certificate.read_bytes)).decode("ascii")
    async with BureauLine(url, pinned(authority)) as line:
        number = await line.number()
        try:
            asked = ComingBack(
                csr=csr,
                release=this.release,
                hardware=this.hardware,
                serial=this.serial,
                certificate=certificate,
                number=number,
            )
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
            raise IdentityError(f"what this machine says of itself cannot be sent: {wrong}; see [bureau] serial") from error
        return await line.come_back(prove(asked, key))
