"""A hostile Beacon, for the fuzzer."""

from drivers.code_scanner.beacon_codec import HEAD, LIGHT_ON, WHO, AnswerError, MessageDecoder, who
from drivers.code_scanner.code_codec import MOST_BYTES
from drivers.code_scanner.samples import SAMPLES
from drivers.code_scanner.simulated_beacon import SimulatedBeacon
from tests.fuzz.corpus import said_by
from tests.fuzz.target import Target, allowed, chunks


def _answers() -> tuple[bytes, ...]:
    found: list[bytes] = []
    for sample in SAMPLES:
        far_end = SimulatedBeacon()
        far_end.insert(sample, now_s=0)
        found += said_by(far_end, (WHO, LIGHT_ON))
    return tuple(found)


def _feed(payload: bytes) -> None:
    decoder = MessageDecoder()
    found = []
    for chunk in chunks(payload):
        found += decoder.feed(chunk)
        assert decoder.held <= HEAD + MOST_BYTES + 1
    for message in (*found, *decoder.quiet()):
        with allowed(AnswerError):
            who(message.content)
    with allowed(AnswerError):
        who(payload)


def targets() -> tuple[Target, ...]:
    """The one codec of this driver."""
    return (Target(name="Beacon", modules=("drivers/code_scanner/beacon_codec",), corpus=_answers(), feed=_feed),)
