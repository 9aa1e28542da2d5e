import pytest

from drivers.transport.port_url import wire_for
from drivers.transport.serial_port import SerialPort
from drivers.transport.tcp import TcpWire
from drivers.transport.wire import Wire
from tests.fakes.clock import FakeClock


def _wire(port: str) -> Wire:
    return wire_for(port, device="d", clock=FakeClock())


@pytest.mark.parametrize(
    ("port", "kind", "stands_for"),
    [
        ("serial:/dev/ttyUSB0", SerialPort, "serial:/dev/ttyUSB0?baud=115200"),
        ("serial:/dev/ttyUSB0?baud=9600", SerialPort, "serial:/dev/ttyUSB0?baud=9600"),
        ("serial:/dev/ttyUSB0?baud=auto", SerialPort, "serial:/dev/ttyUSB0?baud=auto"),
        (
            "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-port0",
            SerialPort,
            "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-port0?baud=115200",
        ),
        ("serial:usb=1-1.4:1.0?baud=9600", SerialPort, "serial:usb=1-1.4:1.0?baud=9600"),
        ("usb:1-1.4", SerialPort, "serial:usb=1-1.4?baud=115200"),
        ("tcp://127.0.0.1:9100", TcpWire, "tcp://127.0.0.1:9100"),
        ("tcp://[::1]:9100", TcpWire, "tcp://[::1]:9100"),
    ],
)
def test_a_port_leads_to_its_wire(port: str, kind: type[Wire], stands_for: str) -> None:
    wire = _wire(port)
    assert isinstance(wire, kind)
    assert wire.port == stands_for


@pytest.mark.parametrize(
    ("port", "complaint"),
    [
        ("", "neither serial: nor tcp://"),
        ("/dev/ttyUSB0", "neither serial: nor tcp://"),
        ("usb://1-1", "names no device file"),
        ("usb:printer", "no USB socket; expected bus and sockets such as 1-1.4"),
        ("serial:usb=1-1.4:x", "names no USB interface"),
        ("usb:1-1.4?parity=even", "unknown option 'parity'"),
        ("serial:ttyUSB0", "names no device file"),
        ("serial://dev/ttyUSB0", "names no device file"),
        ("serial:/dev/ttyUSB0?baud=115201", "baud is '115201'.*allowed are 1200, .*921600"),
        ("serial:/dev/ttyUSB0?baud=", "baud is ''"),
        ("serial:/dev/ttyUSB0?parity=even", "unknown option 'parity'.*allowed are: baud"),
        ("serial:/dev/ttyUSB0?baud=9600&baud=9600", "stands twice"),
        ("tcp://printer", "needs a host and a port of 1 to 65535"),
        ("tcp://:9100", "needs a host"),
        ("tcp://printer:0", "1 to 65535"),
        ("tcp://printer:99999", "1 to 65535"),
        ("tcp://printer:9100/lp", "more than a host and a port"),
        ("tcp://printer:9100?timeout=3", "unknown option 'timeout'.*allowed are: none"),
    ],
)
def test_a_port_that_is_none_is_named_with_what_is_allowed(port: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        _wire(port)
