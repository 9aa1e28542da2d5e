"""Ports as they are written in a configuration: ``serial:/dev/ttyUSB0?baud=115200`` or ``tcp://printer.local:9100``."""

from urllib.parse import parse_qsl, urlsplit

from drivers.contract.clock import Clock
from drivers.transport.serial_port import BAUDS, DEFAULT_BAUD, SerialPort
from drivers.transport.tcp import TcpWire
from drivers.transport.wire import Wire


def wire_for(port: str, *, device: str, clock: Clock) -> Wire:
    """Return the wire that leads to ``port``; nothing is opened yet.

    Args:
        port: ``serial:PATH`` with the option ``baud``, or ``tcp://HOST:PORT``.
        device: The device's name, for messages.
        clock: Measures the deadlines of wires that have none of their own.

    Raises:
        ValueError: Unknown scheme or option, or a value out of range; the message names the key and what is allowed.
    """
    parts = urlsplit(port)
    match parts.scheme:
        case "serial":
            return _serial(port, device=device, clock=clock)
        case "tcp":
            return _tcp(port, device=device)
        case _:
            raise ValueError(f"port: {port!r} begins with neither serial: nor tcp://; e.g. serial:/dev/ttyUSB0?baud=115200")


def _serial(port: str, *, device: str, clock: Clock) -> Wire:
    parts = urlsplit(port)
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"port: {port!r} names no device file; e.g. serial:/dev/ttyUSB0?baud=115200")
    options = _options(port, known=("baud",))
    written = options.get("baud", str(DEFAULT_BAUD))
    if not (written.isascii() and written.isdigit() and int(written) in BAUDS):
        raise ValueError(f"port: baud is {written!r} in {port!r}; allowed are {', '.join(map(str, BAUDS))}")
    return SerialPort(parts.path, baud=int(written), device=device, clock=clock)


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
