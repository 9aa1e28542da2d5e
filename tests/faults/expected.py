"""The faults of the list that this kiosk must survive: number and what happens. What cannot be simulated is named with why."""

from collections.abc import Mapping
from types import MappingProxyType

EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "F01": "paper out before print",
        "F02": "paper out in the middle of a receipt",
        "F03": "paper out in the middle of an A4 document",
        "F04": "paper near its end",
        "F05": "jam, cleared",
        "F06": "cover opened during a print, closed",
        "F07": "head too hot",
        "F08": "cutter stuck",
        "F09": "cable pulled during a print",
        "F10": "printer switched off and on during a print",
        "F11": "printer never answers",
        "F12": "printer says ok after a failure",
        "F13": "core killed between sent and settled",
        "F14": "receipt taken early, or left lying",
        "F15": "print touched twice",
        "F16": "card lifted while being read",
        "F17": "wrong checksum",
        "F18": "garbage on the line",
        "F19": "giant length field",
        "F20": "frames split and merged",
        "F21": "two cards, or a card of another kind",
        "F22": "reader unplugged in every state",
        "F23": "port renumbered",
        "F24": "another process holds the port",
        "F25": "expired card, or a wrong clock",
        "F26": "scanner floods or injects",
        "F27": "the last person's card left on the reader",
        "F28": "camera absent",
        "F29": "camera repeats one picture",
        "F30": "picture black, too bright or upside-down",
        "F31": "two faces, or nobody",
        "F32": "a picture of a picture",
        "F33": "comparison of faces down or slow",
        "F34": "killed while a face is taken",
        "F35": "broker down for long",
        "F36": "a line that swallows everything",
        "F37": "a line that flaps",
        "F38": "a line of some bytes a second",
        "F39": "acknowledgement lost",
        "F40": "two machines with one identity",
        "F41": "an old or retained command",
        "F42": "replayed signed command",
        "F43": "command for another kiosk or county",
        "F44": "wrong signature, unknown key, expired command",
        "F45": "wrong, expired, revoked or missing certificate",
        "F46": "no such host, or a portal that answers for everybody",
        "F47": "hostile messages",
        "F48": "the fleet's database down",
        "F49": "the fleet's database full, or locked",
        "F50": "the fleet's ingest killed in the middle of a batch",
        "F51": "500 kiosks come back together",
        "F52": "a storm from one kiosk",
        "F53": "two people act on one ticket",
        "F54": "power cut at any write",
        "F55": "disk full",
        "F56": "disk read-only, or failing",
        "F57": "database corrupt",
        "F58": "descriptors exhausted, display killed",
        "F59": "display hangs",
        "F60": "a driver's process hangs",
        "F61": "crash loop",
        "F62": "clock jumps",
        "F63": "machine switched off during an update",
        "F64": "truncated, corrupt or hostile bundle",
        "F65": "an older bundle, another county's, an expired one",
        "F66": "a signed document of silly values, or under which the kiosk does not work",
        "F67": "a code used again, guessed, raced for",
        "F68": "a USB stick that is bad, huge or pulled out",
        "F69": "villager walks away",
        "F72": "cabinet opened, device swapped",
    }
)
"""Number -> what happens."""

NOT_YET: Mapping[str, str] = MappingProxyType(
    {
    }
)
"""Rows of what is not built yet: signed commands and certificates."""

ON_HARDWARE_ALONE = (
    "eMMC that acknowledges what it has not written",
    "electrostatic discharge and brown-out",
    "attacks on liveness with masks and screens",
    "glare on the glass, worn touch panels",
    "thermal heads that fade",
)
"""What no far end can show honestly."""
