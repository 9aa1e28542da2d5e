"""Overlay: the bureau's settings laid over the kiosk's own file, and what of that file nobody but the kiosk may set.

Built-in lies below the file, the file below the bureau's document: what an installer found on the spot is a beginning, what the
bureau wants is the rule. What it needs to hear of the bureau at all is its own, or a wrong document could never be mended.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.wire.layering import DEVICES, Tree, covers, leaves, overlaid, without_nulls

OWN = (
    "kiosk.id",
    "kiosk.county",
    "kiosk.state_dir",
    "display.external",
    "display.fullscreen",
    "platform.token_file",
    "fleet.broker",
    "bureau.url",
    "bureau.serial",
    "face.detector",
    "face.recogniser",
)
"""Who the kiosk is, where it keeps things, what is a file on it, how it reaches the bureau, who starts its display."""


def laid_over(given: Mapping[str, Any], fleet: Tree) -> dict[str, Any]:
    """Return the kiosk's file with the bureau's settings over it, in the form of the file."""
    below = dict(given)
    devices = by_name(below.get(DEVICES, []))
    if devices is None:
        return below  # the file itself is wrong there, and its complaint is the useful one
    below[DEVICES] = devices
    merged: dict[str, Any] = without_nulls(overlaid(below, fleet))
    wanted = merged.get(DEVICES)
    if isinstance(wanted, dict):
        merged[DEVICES] = [{"name": name, **table} if isinstance(table, dict) else table for name, table in wanted.items()]
    return merged


def own_settings_in(fleet: Tree) -> Iterator[str]:
    """Complain of every setting in a document that is the kiosk's own."""
    for path, value in leaves(fleet):
        for own in OWN:
            if covers(path, own) and (path == own or value is None):
                yield f"{own}: is this kiosk's own; no document sets it"
    devices = fleet.get(DEVICES)
    if isinstance(devices, dict):
        yield from (
            f"device[{name}].name: a device is called by the name of its table"
            for name, table in devices.items()
            if isinstance(table, dict) and "name" in table
        )


def by_name(devices: object) -> dict[str, Any] | None:
    """Return a list of devices as a table by name; None when it is no such list."""
    if not isinstance(devices, list):
        return None
    table: dict[str, Any] = {}
    for each in devices:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or name in table:
            return None
        table[name] = {key: value for key, value in each.items() if key != "name"}
    return table
