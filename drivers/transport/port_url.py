"""Ports as they are written in a configuration: ``serial:/dev/ttyUSB0?baud=115200`` or ``tcp://printer.local:9100``.

``serial:usb=1-1.4?baud=115200``, or ``usb:1-1.4`` in short, is whatever serial adapter is plugged in at that USB socket: the
device file is looked up at each opening, so that a port that comes back under another number is found.

``baud=auto`` leaves the speed to the driver: one that can tries them all.
"""

from functools import partial
from urllib.parse import parse_qsl, urlsplit

from drivers.contract.clock import Clock
from drivers.transport.serial_port import BAUDS, DEFAULT_BAUD, SerialPort
from drivers.transport.tcp import TcpWire
from drivers.transport.usb_topology import Topology, UdevTopology, UsbPlace, node_at
from drivers.transport.wire import Wire

_USB = "usb="
_AUTO = "auto"


def wire_for(port: str, *, device: str, clock: Clock, topology: Topology | None = None) -> Wire:
    """Return the wire that leads to ``port``; nothing is opened yet.

    Args:
        port: ``serial:PATH`` or ``serial:usb=SOCKET`` with the option ``baud``, or ``tcp://HOST:PORT``.
        device: The device's name, for messages.
        clock: Measures the deadlines of wires that have none of their own.
        topology: What is plugged in where; None asks the machine.

    Raises:
        ValueError: Unknown scheme or option, or a value out of range; the message names the key and what is allowed.
    """
    parts = urlsplit(port)
    match parts.scheme:
        case "serial" | "usb":
            return _serial(port, device=device, clock=clock, topology=topology or UdevTopology())
        case "tcp":
            return _tcp(port, device=device)
        case _:
            raise ValueError(f"port: {port!r} begins with neither serial: nor tcp://; e.g. serial:/dev/ttyUSB0?baud=115200")


def _serial(port: str, *, device: str, clock: Clock, topology: Topology) -> Wire:
    parts = urlsplit(port)
    path = f"{_USB}{parts.path}" if parts.scheme == "usb" else parts.path
    if parts.netloc or not path.startswith(("/", _USB)):
        raise ValueError(f"port: {port!r} names no device file; e.g. serial:/dev/ttyUSB0?baud=115200")
    options = _options(port, known=("baud",))
    written = options.get("baud", str(DEFAULT_BAUD))
    if written != _AUTO and not (written.isascii() and written.isdigit() and int(written) in BAUDS):
        raise ValueError(f"port: baud is {written!r} in {port!r}; allowed are {', '.join(map(str, BAUDS))} and {_AUTO}")
    baud = None if written == _AUTO else int(written)
    if not path.startswith(_USB):
        return SerialPort(path, baud=baud, device=device, clock=clock)
    try:
        place = UsbPlace.parse(path.removeprefix(_USB))
    except ValueError as error:
        raise ValueError(f"port: {error}") from None
    locate = partial(node_at, topology, place, subsystem="tty")
    return SerialPort(path, baud=baud, device=device, clock=clock, locate=locate)


def _tcp(port: str, *, device: str) -> Wire:
    parts = urlsplit(port)
    try:
        number = parts.port
    except ValueError:
        number = None
    if not parts.hostname or not number:
        raise ValueError(f"port: {port!r} needs a host and a port of 1 to 65535; e.g. tcp://192.168.1.50:9100")
    if parts.path not in ("", "/") or parts.username is not None:
        raise ValueError(f"port: {port!r} has more than a host and a port; e.g. tcp://192.168.1.50:9100")
    _options(port, known=())
    return TcpWire(parts.hostname, number, device=device)


def _options(port: str, *, known: tuple[str, ...]) -> dict[str, str]:
    options: dict[str, str] = {}
    for key, value in parse_qsl(urlsplit(port).query, keep_blank_values=True):
        if key not in known:
            raise ValueError(f"port: unknown option {key!r} in {port!r}; allowed are: {', '.join(known) or 'none'}")
        if key in options:
            raise ValueError(f"port: option {key!r} stands twice in {port!r}")
        options[key] = value
    return options
