"""What the kernel's tables say about the way to the network, and what that amounts to. Pure but for the view it is handed."""

import struct
from dataclasses import dataclass

from drivers.contract.status import Symptom
from drivers.transport.machine import MachineView

_UP, _GATEWAY = 0x1, 0x2
"""route(8): RTF_UP, RTF_GATEWAY."""

_ARP_COMPLETE = 0x2
"""arp(7): ATF_COM."""

_ETHERNET = "1"
"""ARPHRD_ETHER in /sys/class/net/*/type; radio has it too, and a folder ``wireless`` besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """How the way out is now.

    Attributes:
        interface: Over which the default route goes; empty when there is none.
        gateway: To whom; empty when the route goes straight out, as with 4G sticks.
        gateway_is_silent: It was asked for by its address and did not answer.
        unplugged: Wired sockets of this machine in which there is no cable, or a dead one.
    """

    interface: str
    gateway: str
    gateway_is_silent: bool
    unplugged: tuple[str, ...]


def facts_of(view: MachineView, *, only: str) -> NetworkFacts:
    """Look at routes, neighbours and sockets. ``only`` names the one interface that counts; empty counts all."""
    names = [name for name in view.names("/sys/class/net") if name != "lo" and only in ("", name)]
    unplugged = tuple(
        name for name in names if _is_wired(view, name) and view.text(f"/sys/class/net/{name}/carrier").strip() != "1"
    )
    for interface, gateway in (*_default_routes(view), *_default_routes_6(view)):
        if interface in names and interface not in unplugged:
            is_silent = bool(gateway) and _is_silent(view, gateway, interface)
            return NetworkFacts(interface=interface, gateway=gateway, gateway_is_silent=is_silent, unplugged=unplugged)
    return NetworkFacts(interface="", gateway="", gateway_is_silent=False, unplugged=unplugged)


def symptoms_of(facts: NetworkFacts) -> tuple[Symptom, ...]:
    """Tell what is wrong. An empty socket is nobody's business while there is another way."""
    if facts.interface and not facts.gateway_is_silent:
        return ()
    if facts.interface:
        detail = f"the gateway {facts.gateway} on {facts.interface} does not answer"
        return (Symptom(code="cabinet.no_network", detail=detail),)
    if facts.unplugged:
        return (Symptom(code="cabinet.network_unplugged", detail=f"no signal on {', '.join(facts.unplugged)}"),)
    return (Symptom(code="cabinet.no_network", detail="there is no default route"),)


def _is_wired(view: MachineView, name: str) -> bool:
    inside = view.names(f"/sys/class/net/{name}")
    return view.text(f"/sys/class/net/{name}/type").strip() == _ETHERNET and "device" in inside and "wireless" not in inside


def _default_routes(view: MachineView) -> list[tuple[str, str]]:
    """Interface and gateway of each, the cheapest first."""
    found: list[tuple[int, str, str]] = []
    for line in view.text("/proc/net/route").splitlines()[1:]:
        words = line.split()
        try:
            interface, target, gateway, flags, metric, mask = words[0], *(words[n] for n in (1, 2, 3, 6, 7))
            if int(target, 16) == int(mask, 16) == 0 and int(flags, 16) & _UP:
                address = ".".join(str(byte) for byte in struct.pack("<I", int(gateway, 16)))
                found.append((int(metric), interface, address if int(flags, 16) & _GATEWAY else ""))
        except (IndexError, ValueError, struct.error):
            continue
    return [(interface, gateway) for _, interface, gateway in sorted(found)]


def _default_routes_6(view: MachineView) -> list[tuple[str, str]]:
    """IPv6 too is a way out; its neighbours stand in no file, so nothing is said of its gateway."""
    found: list[tuple[str, str]] = []
    for line in view.text("/proc/net/ipv6_route").splitlines():
        words = line.split()
        if len(words) == 10 and words[0].strip("0") == "" and words[1] == "00" and words[4].strip("0") and words[9] != "lo":
            found.append((words[9], ""))
    return found


def _is_silent(view: MachineView, gateway: str, interface: str) -> bool:
    for line in view.text("/proc/net/arp").splitlines()[1:]:
        words = line.split()
        if len(words) == 6 and words[0] == gateway and words[5] == interface:
            try:
                return not int(words[2], 16) & _ARP_COMPLETE
            except ValueError:
                return False
    return False  # nobody has asked for it lately
