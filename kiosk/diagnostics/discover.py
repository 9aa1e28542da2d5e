"""Discovery: what is plugged into this machine, which of our drivers it answers to, and the lines to configure it with."""

import asyncio
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.catalog import create, kind_of
from drivers.contract.clock import Clock
from drivers.contract.device import Identity
from drivers.contract.errors import DriverError
from drivers.transport.port_holder import described, holders_of
from drivers.transport.usb_topology import PluggedIn, UsbPlace
from kiosk.upkeep.deadline import HungError, within

PROBE_S = 3.0
"""Seconds one driver may take to find out that nobody it knows is there."""

PORT_S = 60.0
"""Seconds all drivers together may take at one port. Ports are asked side by side."""

KNOWN_USB = Path(__file__).parent / "known_usb.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One driver to try at a serial port, at these line speeds."""

    driver: str
    bauds: tuple[int, ...]


PROBES = (
    # A real-time question of three bytes that a printer never prints and everybody else drops.
    Probe(driver="receipt_printer/escpos", bauds=(115200, 9600, 19200, 38400)),
    # A frame with a checksum. A printer we do not know would keep it in its buffer.
    Probe(driver="id_card_reader/sam", bauds=(115200, 9600, 57600, 38400, 19200)),
    Probe(driver="code_scanner/serial_engine", bauds=(9600, 115200)),
)
"""The harmless first: whoever is recognised is not asked again."""

THOROUGH = (
    *PROBES,
    # A line of text: a printer that did not answer before would print it.
    Probe(driver="cabinet/ups_megatec", bauds=(2400, 9600)),
    Probe(driver="cabinet/board", bauds=(9600, 115200)),
)
"""With those that could move paper in a device we do not know: only when somebody stands before the machine."""

CAMERAS = ("camera/face", "document_scanner/overhead")
"""What a camera may be for. It cannot say itself: somebody has to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is there.

    Attributes:
        where: The place in words: a socket, a device file, an address.
        what: What it says or its numbers say that it is.
        note: Why nothing more is known, or what to do.
        driver: Our driver that knows it, or empty.
        port: As it stands in ``kiosk.toml``, or empty.
    """

    where: str
    what: str = ""
    note: str = ""
    driver: str = ""
    port: str = ""


class Discovery:
    """Looks around and asks. Sends nothing to a port that somebody else holds."""

    def __init__(
        self,
        *,
        clock: Clock,
        probes: Sequence[Probe] = PROBES,
        held_by: Callable[[str], str] | None = None,
        configured: Mapping[str, str] | None = None,
    ) -> None:
        """Get ready.

        Args:
            clock: For deadlines.
            probes: What is tried at a serial port, in order.
            held_by: Who holds a device file, in words, empty when nobody does; None asks the machine.
            configured: Device file -> name of the device that is configured there already.
        """
        self._clock = clock
        self._probes = probes
        self._held_by = held_by or _held_by
        self._configured = configured or {}
        self._known = tomllib.loads(KNOWN_USB.read_text(encoding="utf-8"))

    async def look(self, plugged: Iterable[PluggedIn], *, ipp_hosts: Sequence[str] = (), smartcards: bool = True) -> list[Found]:
        """Say of everything that is plugged in, and of every printer's address, what it is.

        Args:
            plugged: What is there.
            ipp_hosts: Addresses at which there may be a document printer.
            smartcards: Whether PC/SC is asked for readers.
        """
        things = list(plugged)
        asking = [self._serial(each) for each in things if each.subsystem == "tty"]
        asking += [self._at(f"ipp://{host}", "document_printer/ipp", where=host) for host in ipp_hosts]
        if smartcards:
            asking.append(self._at("pcsc:", "smartcard_reader/social_security", where="PC/SC"))
        found = [self._camera(each) for each in things if each.subsystem == "video4linux"]
        found += await asyncio.gather(*asking)
        spoken_for = {each.place.socket for each in things if each.subsystem != "usb" and each.place is not None}
        for each in things:
            if each.subsystem == "usb" and each.place is not None and each.place.socket not in spoken_for:
                found.append(Found(where=_where(each), what=self._what(each)))
        return sorted(found, key=lambda each: (not each.driver, each.where))

    async def _serial(self, thing: PluggedIn) -> Found:
        where, what = _where(thing), self._what(thing)
        if name := self._configured.get(thing.node):
            return Found(where=where, what=what, note=f"is configured already as {name}")
        if holder := self._held_by(thing.node):
            return Found(where=where, what=what, note=f"not asked: held by {holder}")
        port = f"serial:usb={thing.place}" if thing.place is not None else f"serial:{thing.node}"
        try:
            async with asyncio.timeout(PORT_S):
                return await self._asked(thing, port, where, what)
        except TimeoutError:
            return Found(where=where, what=what, note=f"nobody was recognised within {PORT_S:g} s")

    async def _asked(self, thing: PluggedIn, port: str, where: str, what: str) -> Found:
        for probe in self._probes:
            for baud in probe.bauds:
                identity, _ = await self._probe(probe.driver, f"serial:{thing.node}?baud={baud}")
                if identity is not None:
                    said = _in_words(identity) or what
                    return Found(where=where, what=said, driver=probe.driver, port=f"{port}?baud={baud}")
        return Found(where=where, what=what, note="answers to none of the drivers")

    async def _at(self, port: str, driver: str, *, where: str) -> Found:
        identity, why = await self._probe(driver, port)
        if identity is None:
            return Found(where=where, note=why)
        return Found(where=where, what=_in_words(identity), driver=driver, port=port)

    async def _probe(self, driver: str, port: str) -> tuple[Identity | None, str]:
        try:
            device = create(driver, name="probe", port=port, settings={}, clock=self._clock)
        except (ValueError, ImportError) as error:  # a library for this class is not installed here
            return None, str(error)
        try:
            await within(self._clock, PROBE_S, device.open(), what="open")
            return await within(self._clock, PROBE_S, device.identify(), what="identify"), ""
        except (DriverError, HungError) as error:
            return None, str(error)
        finally:
            await device.close()

    def _camera(self, thing: PluggedIn) -> Found:
        port = f"v4l2:{thing.node}"
        note = f"a camera: choose {' or '.join(CAMERAS)}"
        if name := self._configured.get(thing.node):
            return Found(where=_where(thing), what=self._what(thing), note=f"is configured already as {name}")
        return Found(where=_where(thing), what=self._what(thing), note=note, port=port)

    def _what(self, thing: PluggedIn) -> str:
        said = " ".join(filter(None, (thing.maker, thing.model)))
        known = self._known.get(f"{thing.vendor}:{thing.product}") or self._known.get(thing.vendor, "")
        numbers = f"{thing.vendor}:{thing.product}" if thing.vendor else ""
        return ", ".join(filter(None, (said, str(known), numbers)))


def configured_nodes(ports: Mapping[str, str], plugged: Iterable[PluggedIn]) -> dict[str, str]:
    """Which device files are spoken for: device file -> the device that is configured there.

    Args:
        ports: Name of a device -> its port as configured.
        plugged: What is there.
    """
    things = list(plugged)
    found: dict[str, str] = {}
    for name, port in ports.items():
        scheme, _, rest = port.partition(":")
        path = rest.partition("?")[0]
        if scheme == "usb" or path.startswith("usb="):
            words = path.removeprefix("usb=")
            found |= {each.node: name for each in things if each.place is not None and _is_at(each.place, words)}
        elif path.startswith("/") and not path.startswith("//"):
            found[str(Path(path).resolve())] = name
    return found


def config_lines(found: Iterable[Found]) -> str:
    """The lines to paste into ``kiosk.toml``. What somebody has to choose stands there as a comment."""
    lines: list[str] = []
    names: dict[str, int] = {}
    for each in found:
        if not each.port:
            continue
        choices = (each.driver,) if each.driver else CAMERAS
        lines.append(f"# {each.where}{f': {each.what}' if each.what else ''}".replace("\n", " "))
        if not each.driver:
            lines.append(f"# choose one of {', '.join(choices)}")
        mark = "" if each.driver else "# "
        lines.append(f"{mark}[[device]]")
        lines += [f"{mark}{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in _table(each, choices[0], names)]
        lines.append("")
    return "\n".join(lines)


def _is_at(place: UsbPlace, words: str) -> bool:
    return words in (str(place), place.socket.path)


def _table(found: Found, driver: str, names: dict[str, int]) -> list[tuple[str, str]]:
    kind = kind_of(driver).value.replace("_", "-")
    names[kind] = names.get(kind, 0) + 1
    name = kind if names[kind] == 1 else f"{kind}-{names[kind]}"
    return [("name", name), ("driver", driver), ("port", found.port)]


def _where(thing: PluggedIn) -> str:
    return f"{thing.node} at USB socket {thing.place}" if thing.place is not None else thing.node


def _in_words(identity: Identity) -> str:
    return " ".join(filter(None, (identity.model, identity.serial, identity.firmware)))


def _held_by(node: str) -> str:
    holders = holders_of(Path(node))
    return described(holders) if holders else ""
