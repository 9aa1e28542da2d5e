"""Who belongs to the bureau: the list of serial numbers, one-time codes, who asks to be let in, who was, and who no longer is.

What happens to a request is decided purely (``decision``; ``return_rule`` where a kiosk was away for too long); rows are met in
``serials``, ``codes``, ``requests``, ``identities``; what a person or a kiosk does is one transaction each (``acts``,
``enrolling``, ``renewing``, ``returning``), with its line in the audit. After any that changes whose certificate counts, the list
of revoked certificates is written anew (``revoking``).
"""

from provisioning.fleet.registry.decision import (
    AskedBy,
    CodeKnown,
    IdentityKnown,
    IdentityState,
    Issue,
    Refuse,
    SerialKnown,
    SerialState,
    Wait,
    Why,
    decide,
)
from provisioning.fleet.registry.identities import is_shut_out, quarantine, standing

__all__ = [
    "AskedBy",
    "CodeKnown",
    "IdentityKnown",
    "IdentityState",
    "Issue",
    "Refuse",
    "SerialKnown",
    "SerialState",
    "Wait",
    "Why",
    "decide",
    "is_shut_out",
    "quarantine",
    "standing",
]
