"""The far end of the machine: a folder shaped like one, whose files say what a trainer wants them to say."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from typing_extensions import override

from drivers.transport.far_end import GivableFault, ServedFarEnd
from drivers.transport.fault_menu import GivenFaults, Kind, Option

TOTAL_MB = 58_000
TOTAL_INODES = 3_600_000
MEMORY_KB = 3_900_000

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "disk-low": Kind(
            title="磁盘将满",
            summary="可用空间不多了。",
            options={"free_mb": Option(meaning="剩余兆字节", default=600, least=0, most=TOTAL_MB)},
        ),
        "disk-full": Kind(title="磁盘已满", summary="写不进去了（ENOSPC）。"),
        "inodes-out": Kind(title="文件数用尽", summary="空间还有，文件数用完了。"),
        "disk-read-only": Kind(title="磁盘只读", summary="文件系统被改成只读。"),
        "disk-failing": Kind(title="磁盘读写错误", summary="写盘报输入输出错误（EIO）。"),
        "disk-worn": Kind(title="存储芯片老化", summary="存储芯片寿命用掉九成以上。"),
        "clock-untrusted": Kind(title="时间未校准", summary="还没有对过时。"),
        "cpu-hot": Kind(title="处理器过热", summary="处理器摄氏九十七度。"),
        "memory-low": Kind(title="内存不足", summary="可用内存不到百分之二。"),
        "network-unplugged": Kind(title="网线拔出", summary="网口没有信号，路由也没了。"),
        "no-route": Kind(title="没有路由", summary="网线插着，没有默认路由。"),
        "gateway-silent": Kind(title="网关无应答", summary="有默认路由，网关不回答。"),
    }
)
"""Fault name -> what it is."""


class SimulatedMachine(ServedFarEnd):
    """Writes the files anew whenever something changes. Unplugged, there is no such machine."""

    def __init__(self, *, folder: Path, name: str = "machine") -> None:
        """Prepare; ``plug`` writes the files. ``folder`` is made, and removed with everything in it."""
        self._folder = folder
        self._name = name
        self._faults = GivenFaults(KINDS)
        self._is_plugged = False

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "主机"

    @property
    @override
    def port(self) -> str:
        return f"machine:{self._folder}"

    @property
    @override
    def is_plugged(self) -> bool:
        return self._is_plugged

    @property
    @override
    def is_held(self) -> bool:
        return False  # files are read, not held

    @override
    async def plug(self) -> None:
        self._is_plugged = True
        self._write()

    @override
    async def unplug(self) -> None:
        self._is_plugged = False
        shutil.rmtree(self._folder, ignore_errors=True)

    @override
    async def dispose(self) -> None:
        await self.unplug()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._faults.givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._faults.give(fault, options)
        self._write()

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._faults.clear(fault)
        self._write()

    @override
    def holding(self) -> Mapping[str, str]:
        return {"故障": self._faults.titles()}

    def _write(self) -> None:
        if not self._is_plugged:
            return
        for path, text in self._files().items():
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{file.name}.new")
            fresh.write_text(text, encoding="ascii")
            fresh.replace(file)  # nobody ever reads half a file
        for path in ("sys/class/net/eth0/device", "sys/class/net/lo"):
            (self._folder / path).mkdir(parents=True, exist_ok=True)

    def _files(self) -> Mapping[str, str]:
        is_unplugged = "network-unplugged" in self._faults
        has_route = not is_unplugged and "no-route" not in self._faults
        free_kb = MEMORY_KB // 60 if "memory-low" in self._faults else MEMORY_KB // 2
        worn = "disk-worn" in self._faults
        return {
            "zhizhu/disk": self._disk(),
            "zhizhu/clock": "unsynchronised" if "clock-untrusted" in self._faults else "synchronised",
            "proc/meminfo": f"MemTotal: {MEMORY_KB} kB\nMemFree: {free_kb // 2} kB\nMemAvailable: {free_kb} kB\n",
            "proc/sys/kernel/osrelease": "6.1.0-simulated\n",
            "proc/device-tree/model": "ZHIZHU SIM-PC\0",
            "proc/device-tree/serial-number": "SIM0003\0",
            "sys/block/mmcblk0/device/life_time": "0x0a 0x0b\n" if worn else "0x01 0x02\n",
            "sys/block/mmcblk0/device/pre_eol_info": "0x02\n" if worn else "0x01\n",
            "sys/class/thermal/thermal_zone0/temp": "97000\n" if "cpu-hot" in self._faults else "48000\n",
            "sys/class/net/eth0/type": "1\n",
            "sys/class/net/eth0/carrier": "0\n" if is_unplugged else "1\n",
            "proc/net/route": _ROUTE_HEAD + (_ROUTE if has_route else ""),
            "proc/net/ipv6_route": "",
            "proc/net/arp": _ARP_HEAD + _ARP.format(flags="0x0" if "gateway-silent" in self._faults else "0x2"),
        }

    def _disk(self) -> str:
        free_mb, inodes, mode, problem = TOTAL_MB // 2, TOTAL_INODES // 2, "rw", 0
        if "disk-low" in self._faults:
            free_mb = int(self._faults.option("disk-low", "free_mb"))
        if "inodes-out" in self._faults:
            inodes = 0
        if "disk-full" in self._faults:
            free_mb, problem = 0, 28
        if "disk-failing" in self._faults:
            problem = 5
        if "disk-read-only" in self._faults:
            mode, problem = "ro", 30
        return f"{TOTAL_MB}000000 {free_mb}000000 {TOTAL_INODES} {inodes} {mode} {problem}\n"


_ROUTE_HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
_ROUTE = "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
_ARP_HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
_ARP = "192.168.0.1      0x1         {flags}         02:00:00:00:00:01     *        eth0\n"
