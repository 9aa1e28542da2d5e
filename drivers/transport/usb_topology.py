"""Where things are plugged in: USB sockets and what is found at them, through udev."""

import re
from dataclasses import dataclass
from typing import Protocol, Self

import pyudev
from typing_extensions import override

SUBSYSTEMS = ("tty", "video4linux", "usb")
"""What of udev's world a kiosk's devices are."""

_SOCKET = re.compile(r"(\d{1,3})-(\d{1,3}(?:\.\d{1,3}){0,6})")
_INTERFACE = re.compile(r"\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbSocket:
    """One socket of one hub, as the kernel counts them: ``1-1.4`` is bus 1, its first socket, the fourth of the hub there.

    The same hole in the same machine has the same name after every start, whatever ttyUSBn its device gets.
    """

    path: str

    def __post_init__(self) -> None:
        """Refuse what is no socket.

        Raises:
            ValueError: With what was expected.
        """
        if not _SOCKET.fullmatch(self.path):
            message = f"{self.path!r} is no USB socket; expected bus and sockets such as 1-1.4"
            raise ValueError(message)

    @property
    def hub(self) -> str:
        """The hub it belongs to: ``1-1``, or ``1`` for a socket of the machine itself."""
        above, dot, _ = self.path.rpartition(".")
        return above if dot else self.path.partition("-")[0]

    @property
    def number(self) -> int:
        """Which socket of its hub."""
        return int(re.split(r"[.-]", self.path)[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbPlace:
    """A socket, and which of several functions of the device there: ``1-1.4:1.0``; without interface, its only one."""

    socket: UsbSocket
    interface: str = ""

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read ``1-1.4`` or ``1-1.4:1.0``.

        Raises:
            ValueError: With what was expected.
        """
        path, colon, interface = words.partition(":")
        if colon and not _INTERFACE.fullmatch(interface):
            message = f"{words!r} names no USB interface; expected a socket and an interface such as 1-1.4:1.0"
            raise ValueError(message)
        return cls(socket=UsbSocket(path=path), interface=interface)

    @override
    def __str__(self) -> str:
        return f"{self.socket.path}:{self.interface}" if self.interface else self.socket.path


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedIn:
    """One thing udev knows of.

    Attributes:
        subsystem: ``tty``, ``video4linux`` or ``usb`` (the device as a whole).
        node: Its device file, e.g. ``/dev/ttyUSB0``.
        place: Where it is plugged in; None when it is not on USB.
        vendor: Four hexadecimal digits, or empty.
        product: Four hexadecimal digits, or empty.
        maker: As the device says.
        model: As the device says.
        serial: As the device says; empty on many cheap adapters.
    """

    subsystem: str
    node: str
    place: UsbPlace | None
    vendor: str = ""
    product: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""


class Topology(Protocol):
    """What is plugged in now. Blocks for some milliseconds: ask from a worker's thread."""

    def plugged(self) -> tuple[PluggedIn, ...]:
        """Everything there is, in the order of its device files."""


class UdevTopology(Topology):
    """The machine's own sockets."""

    @override
    def plugged(self) -> tuple[PluggedIn, ...]:
        context = pyudev.Context()
        found = (_seen(device) for name in SUBSYSTEMS for device in context.list_devices(subsystem=name))
        return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.subsystem, each.node)))


class NotPluggedInError(OSError):
    """Nothing is at that place."""


def node_at(topology: Topology, place: UsbPlace, *, subsystem: str) -> str:
    """The device file of whatever is plugged in at ``place`` now.

    Raises:
        NotPluggedInError: Nothing of that kind is there; the message names the place.
    """
    for each in topology.plugged():
        if each.subsystem != subsystem or each.place is None or each.place.socket != place.socket:
            continue
        if place.interface in ("", each.place.interface):
            return each.node
    raise NotPluggedInError(f"nothing is plugged in at USB socket {place}")


def socket_of(topology: Topology, node: str) -> UsbSocket | None:
    """The socket at which the owner of a device file is plugged in; None when it is not on USB, or gone."""
    place = next((each.place for each in topology.plugged() if each.node == node), None)
    return None if place is None else place.socket


def _seen(device: pyudev.Device) -> PluggedIn | None:
    if not device.device_node or (device.subsystem == "usb" and device.device_type != "usb_device"):
        return None
    if device.subsystem == "tty" and device.parent is None:  # consoles and pseudo-terminals
        return None
    whole = device if device.subsystem == "usb" else device.find_parent("usb", "usb_device")
    if whole is None:
        return PluggedIn(subsystem=device.subsystem, node=device.device_node, place=None)
    part = None if device is whole else device.find_parent("usb", "usb_interface")
    words = whole.sys_name if part is None else part.sys_name
    if not _SOCKET.match(words):  # usb1, the root of a bus, is plugged in nowhere
        return None
    return PluggedIn(
        subsystem=device.subsystem,
        node=device.device_node,
        place=UsbPlace.parse(words),
        vendor=_says(whole, "idVendor"),
        product=_says(whole, "idProduct"),
        maker=_says(whole, "manufacturer"),
        model=_says(whole, "product"),
        serial=_says(whole, "serial"),
    )


def _says(device: pyudev.Device, attribute: str) -> str:
    try:
        return str(device.attributes.asstring(attribute)).strip()
    except (KeyError, UnicodeDecodeError):
        return ""
