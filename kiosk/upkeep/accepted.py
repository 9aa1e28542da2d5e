"""Accepted devices: which very device belongs where, so that one that was exchanged is noticed and waits for a technician.

The first device seen in a place is taken for the right one. From then on another serial number or model is another device.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.contract.device import Identity
from kiosk.upkeep.kept_file import read_kept, write_kept

DEVICE_SWAPPED = "core.device_swapped"

FILE = "accepted_devices.json"
WISHES = "wishes.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One device of this kiosk.

    Attributes:
        model: That was accepted.
        serial: That was accepted.
        found_model: That is there now.
        found_serial: That is there now.
    """

    model: str = ""
    serial: str = ""
    found_model: str = ""
    found_serial: str = ""

    @property
    def is_swapped(self) -> bool:
        """Whether another device than the accepted one is there. What either does not say proves nothing."""
        pairs = ((self.model, self.found_model), (self.serial, self.found_serial))
        return any(accepted and found and accepted != found for accepted, found in pairs)

    @property
    def detail(self) -> str:
        """Both of them in words."""
        return f"accepted {_words(self.model, self.serial)}, found {_words(self.found_model, self.found_serial)}"

    def accepting(self) -> "Pinned":
        """The one that is there is the right one."""
        return Pinned(
            model=self.found_model or self.model,
            serial=self.found_serial or self.serial,
            found_model=self.found_model,
            found_serial=self.found_serial,
        )


class AcceptedDevices:
    """Every device that has said who it is, by its name in this kiosk."""

    def __init__(self, kept: object = None) -> None:
        """Begin with what was kept; what of it cannot be understood is left out."""
        self._pinned = _read(kept)

    def find(self, device: str) -> Pinned | None:
        """What is known of one device; None when it never said who it is."""
        return self._pinned.get(device)

    def see(self, device: str, identity: Identity) -> Pinned | None:
        """Take note of who a device says it is. None when it says nothing.

        One that told its number before and does not now (a printer too hot to answer everything) has said nothing.
        """
        before = self._pinned.get(device, Pinned())
        if not (identity.model or identity.serial) or (before.serial and not identity.serial):
            return self._pinned.get(device)
        seen = Pinned(
            model=before.model or identity.model,
            serial=before.serial or ("" if _is_another_model(before, identity) else identity.serial),
            found_model=identity.model,
            found_serial=identity.serial,
        )
        self._pinned[device] = seen
        return seen

    def accept(self, device: str) -> Pinned | None:
        """The device that is there is the right one from now on. None when it never said who it is."""
        if (pinned := self._pinned.get(device)) is None:
            return None
        self._pinned[device] = pinned.accepting()
        return self._pinned[device]

    def to_keep(self) -> dict[str, dict[str, str]]:
        """Everything, as JSON."""
        return {
            name: {
                "model": each.model,
                "serial": each.serial,
                "found_model": each.found_model,
                "found_serial": each.found_serial,
            }
            for name, each in sorted(self._pinned.items())
        }


def accept_in(folder: Path, device: str) -> Pinned | None:
    """For the command: ask the core of this state folder, running or at its next start, to accept what is there now.

    Returns:
        What is accepted thereby, or None when the folder knows no such device.

    Raises:
        OSError: The folder cannot be read or written.
    """
    pinned = AcceptedDevices(read_kept(folder / FILE)).accept(device)
    if pinned is not None:
        asked = read_kept(folder / WISHES)
        before = asked.get("accept", []) if isinstance(asked, dict) else []
        write_kept(folder / WISHES, {"accept": sorted({*map(str, before), device})})
    return pinned


def known_in(folder: Path) -> Mapping[str, Pinned]:
    """For the command: every device the state folder knows. Raises OSError."""
    return _read(read_kept(folder / FILE))


def _is_another_model(before: Pinned, identity: Identity) -> bool:
    return bool(before.model and identity.model and before.model != identity.model)


def _read(kept: object) -> dict[str, Pinned]:
    found: dict[str, Pinned] = {}
    for name, each in kept.items() if isinstance(kept, dict) else ():
        if isinstance(each, dict):
            words = {key: str(each.get(key, ""))[:200] for key in ("model", "serial", "found_model", "found_serial")}
            found[str(name)] = Pinned(**words)
    return found


def _words(model: str, serial: str) -> str:
    return f"{model or 'a model that does not say'} no. {serial or '?'}"
