"""The far ends of two power supplies: one behind upsd (NUT), one on a serial line (Megatec). The same battery in both."""

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from drivers.cabinet.simulated_line import AnsweringFarEnd
from drivers.transport.fault_menu import Kind, Option

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "mains-lost": Kind(
            title="市电断开",
            summary="插头掉了，靠电池供电。",
            options={"charge": Option(meaning="电池还剩的百分数", default=87, least=0, most=100)},
        ),
        "battery-low": Kind(title="电池将尽", summary="市电断开，电池快用完了。"),
        "battery-bad": Kind(title="电池老化", summary="电源说电池该换了。"),
        "overload": Kind(title="负载过大", summary="接的东西太多，负载百分之一百一十八。"),
        "ups-failed": Kind(title="电源故障", summary="不间断电源自己坏了。"),
    }
)
"""Fault name -> what it is."""

FULL_RUNTIME_S = 2400
"""Seconds a full battery lasts."""

LONGEST_QUESTION = 256


class SimulatedNutUps(AnsweringFarEnd):
    """upsd with one supply, as text over TCP."""

    def __init__(self, *, name: str = "ups", ups: str = "ups") -> None:
        """Make a supply on mains with a full battery; ``ups`` is its name in upsd."""
        super().__init__(name=name, title="不间断电源", baud=None, kinds={**KINDS, **_NUT_KINDS})
        self._ups = ups

    @override
    def holding(self) -> Mapping[str, str]:
        return {"状态": self._flags(), "电池": f"{self._charge()}%", "故障": self._faults.titles()}

    @override
    def _questions(self, incoming: bytearray) -> list[bytes]:
        return _cut(incoming, b"\n")

    @override
    def _answer(self, question: bytes) -> bytes:
        words = question.decode("ascii", errors="replace").split()
        match words:
            case ["LIST", "VAR", self._ups]:
                return b"ERR DATA-STALE\n" if "supply-away" in self._faults else self._list().encode("ascii")
            case ["LIST", "VAR", _]:
                return b"ERR UNKNOWN-UPS\n"
            case ["VER"]:
                return b"Network UPS Tools upsd 2.8.0 - simulated\n"
            case ["LOGOUT"]:
                return b"OK Goodbye\n"
            case _:
                return b"ERR UNKNOWN-COMMAND\n"

    def _list(self) -> str:
        charge = self._charge()
        is_on_battery = "OB" in self._flags()
        variables = {
            "battery.charge": f"{charge}",
            "battery.runtime": f"{charge * FULL_RUNTIME_S // 100}",
            "battery.voltage": "13.40",
            "device.mfr": "ZHIZHU",
            "device.model": 'SIM \\"600\\"',
            "device.serial": "SIM0002",
            "input.voltage": "0.0" if is_on_battery else "228.0",
            "ups.firmware": "1.0",
            "ups.load": "118" if "overload" in self._faults else "23",
            "ups.status": self._flags(),
        }
        lines = [f'VAR {self._ups} {variable} "{value}"' for variable, value in variables.items()]
        return "\n".join((f"BEGIN LIST VAR {self._ups}", *lines, f"END LIST VAR {self._ups}", ""))

    def _flags(self) -> str:
        is_on_battery = "mains-lost" in self._faults or "battery-low" in self._faults
        flags = ["OB", "DISCHRG"] if is_on_battery else ["OL"]
        flags += [flag for fault, flag in _FLAGS.items() if fault in self._faults]
        return " ".join(flags)

    def _charge(self) -> int:
        if "battery-low" in self._faults:
            return 6
        return int(self._faults.option("mains-lost", "charge")) if "mains-lost" in self._faults else 100


_NUT_KINDS = {"supply-away": Kind(title="电源失联", summary="upsd 还在，它到电源的线断了（DATA-STALE）。")}

_FLAGS = {"battery-low": "LB", "battery-bad": "RB", "overload": "OVER", "ups-failed": "OFF"}


class SimulatedMegatecUps(AnsweringFarEnd):
    """A small supply that answers ``Q1``."""

    def __init__(self, *, name: str = "ups", baud: int = 2400) -> None:
        """Make a supply on mains with a full battery."""
        kinds = {fault: kind for fault, kind in KINDS.items() if fault != "battery-bad"}  # the protocol has no word for it
        super().__init__(name=name, title="不间断电源", baud=baud, kinds=kinds)

    @override
    def holding(self) -> Mapping[str, str]:
        return {"状态": f"{self._bits():08b}", "故障": self._faults.titles()}

    @override
    def _questions(self, incoming: bytearray) -> list[bytes]:
        return _cut(incoming, b"\r")

    @override
    def _answer(self, question: bytes) -> bytes:
        match question.strip():
            case b"Q1":
                bits = self._bits()
                volts, load = ("000.0" if bits & 0x80 else "228.0"), ("118" if "overload" in self._faults else "023")
                battery = "10.6" if bits & 0x40 else "13.4"
                return f"({volts} {volts} 228.0 {load} 50.0 {battery} 31.0 {bits:08b}\r".encode("ascii")
            case b"I":
                return f"#{'ZHIZHU':<15} {'SIM-600':<10} {'V1.0':<10}\r".encode("ascii")
            case unknown:
                return unknown + b"\r"  # they repeat what they do not know

    def _bits(self) -> int:
        bits = 0x08  # a standby supply, as the small ones are
        bits |= 0x80 if "mains-lost" in self._faults or "battery-low" in self._faults else 0
        bits |= 0x40 if "battery-low" in self._faults else 0
        return bits | (0x10 if "ups-failed" in self._faults else 0)


def _cut(incoming: bytearray, end: bytes) -> list[bytes]:
    *whole, rest = bytes(incoming).split(end)
    incoming[:] = rest[-LONGEST_QUESTION:]
    return whole
