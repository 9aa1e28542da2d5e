"""What a technician in front of the kiosk reads when it is not let in, and what to do about it: one line a reason."""

from collections.abc import Mapping
from types import MappingProxyType

from provisioning.wire.enrolment import Refusal

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "pending": "the code is right; somebody at the bureau has to approve this machine (page: enrolment)",
        "unreachable": "no answer from the bureau; is the cable in, is [bureau] url right?",
        "not_the_bureau": "whoever answers at this address is not the bureau that made this code; do not go on, call the bureau",
        "clock": "the certificates do not fit the time on this machine; set its clock and try again",
        "bad_answer": "what answers at this address is no bureau; a network that wants a sign-in first, or a wrong [bureau] url",
        Refusal.WRONG_CODE: "no such code; type it again as it stands on the slip",
        Refusal.EXPIRED: "the code is too old, or another was made after it; ask the bureau for a new one",
        Refusal.USED: "the code has been used by another machine; the bureau sees it, call there",
        Refusal.WRONG_SERIAL: "the code was made for another machine; compare the serial number on the slip with this machine's",
        Refusal.UNKNOWN_SERIAL: "this machine is not in the bureau's list; tell the bureau its serial number",
        Refusal.RETIRED: "this machine was given up by the bureau; call there",
        Refusal.QUARANTINED: "this kiosk is shut out until the bureau has looked; ask there for a new code",
        Refusal.TURNED_DOWN: "somebody at the bureau said no; call there, then ask for a new code",
        Refusal.BAD_REQUEST: "the bureau did not understand this kiosk; are their releases far apart?",
        Refusal.TOO_OFTEN: "too many wrong codes from here; wait, it goes on by itself",
        Refusal.NOT_CURRENT: "the certificate of this kiosk no longer counts; ask the bureau for a new code",
        "waiting": "away for longer than its certificate lasts; somebody at the bureau has to approve it (page: enrolment)",
        Refusal.NOT_OVER: "the certificate has not ended yet; is the clock of this machine right?",
        Refusal.OVER_TOO_LONG: "the certificate ended more than a year ago; ask the bureau for a new code",
        Refusal.OTHER_MACHINE: "the certificate was another machine's, or the board was exchanged; ask the bureau for a new code",
        Refusal.STALE_NUMBER: "the answer took too long on the way; it is tried again by itself",
        Refusal.WRONG_PROOF: "the key on this machine is not the certificate's; ask the bureau for a new code",
    }
)


def said(reason: str) -> str:
    """Return a reason with what to do about it."""
    words = WORDS.get(reason)
    return reason if words is None else f"{reason.replace('_', ' ')}: {words}"
