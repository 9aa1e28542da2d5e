"""What the kernel's files say about this machine, and what that amounts to. Pure but for the view it is handed."""

import errno
from dataclasses import dataclass

from drivers.contract.status import Measurement, Symptom
from drivers.transport.machine import Disk, MachineView

MB = 1_000_000

_WORN_FROM = 9
"""JEDEC eMMC 5.1, EXT_CSD 268 and 269: life used in tenths; 9 says 80 to 90 percent."""

_SPARES_LOW_FROM = 2
"""JEDEC eMMC 5.1, EXT_CSD 267: 1 normal, 2 four fifths of the spare blocks used up, 3 urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLimits:
    """From where on something counts as wrong."""

    low_mb: float
    full_mb: float
    low_inodes_percent: float
    hot_from_c: float
    low_memory_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """How the machine is now. None where it does not say.

    Attributes:
        write_problem: errno of the last attempt to write; 0 when it went well.
        life_tenths: The most worn eMMC, in tenths of its life.
        spares: The worst state of any eMMC's spare blocks, as the standard counts.
        cpu_c: The hottest sensor.
    """

    disk: Disk | None
    write_problem: int = 0
    clock_is_synchronised: bool | None = None
    life_tenths: int | None = None
    spares: int | None = None
    cpu_c: float | None = None
    memory_total_mb: float | None = None
    memory_free_mb: float | None = None


def facts_of(view: MachineView, *, folder: str, write_problem: int) -> MachineFacts:
    """Look at everything. Takes about a millisecond on a machine that is well."""
    memory = _meminfo(view)
    ages = [age for block in view.names("/sys/block") for age in _hex_numbers(view.text(f"/sys/block/{block}/device/life_time"))]
    spares = [
        each for block in view.names("/sys/block") for each in _hex_numbers(view.text(f"/sys/block/{block}/device/pre_eol_info"))
    ]
    degrees = [
        int(written) / 1000
        for zone in view.names("/sys/class/thermal")
        if (written := view.text(f"/sys/class/thermal/{zone}/temp").strip()).lstrip("-").isdigit()
    ]
    return MachineFacts(
        disk=view.disk(folder),
        write_problem=write_problem,
        clock_is_synchronised=view.clock_is_synchronised(),
        life_tenths=max(ages, default=None),
        spares=max(spares, default=None),
        cpu_c=max(degrees, default=None),
        memory_total_mb=memory.get("MemTotal"),
        memory_free_mb=memory.get("MemAvailable"),
    )


def symptoms_of(facts: MachineFacts, limits: MachineLimits) -> tuple[Symptom, ...]:
    """Tell what is wrong."""
    found = list(_of_disk(facts, limits))
    if facts.clock_is_synchronised is False:
        found.append(Symptom(code="cabinet.clock_untrusted", detail="no time service has set the clock (STA_UNSYNC)"))
    if (facts.life_tenths or 0) >= _WORN_FROM or (facts.spares or 0) >= _SPARES_LOW_FROM:
        used = f"{facts.life_tenths * 10} % of its life" if facts.life_tenths else "its life unknown"
        found.append(Symptom(code="cabinet.disk_worn", detail=f"eMMC: {used}, spare blocks in state {facts.spares or 0}"))
    if facts.cpu_c is not None and facts.cpu_c >= limits.hot_from_c:
        found.append(Symptom(code="cabinet.cpu_hot", detail=f"{facts.cpu_c:.0f} °C, too hot from {limits.hot_from_c:g}"))
    if facts.memory_total_mb and facts.memory_free_mb is not None:
        percent = facts.memory_free_mb / facts.memory_total_mb * 100
        if percent < limits.low_memory_percent:
            found.append(Symptom(code="cabinet.memory_low", detail=f"{facts.memory_free_mb:.0f} MB free, {percent:.0f} %"))
    return tuple(found)


def measurements_of(facts: MachineFacts) -> tuple[Measurement, ...]:
    """The numbers for a maintainer."""
    disk = facts.disk
    numbers = (
        ("disk_free", None if disk is None else round(disk.free_bytes / MB), "MB"),
        ("disk_used", None if disk is None or not disk.total_bytes else _used_percent(disk), "%"),
        ("disk_life_used", None if facts.life_tenths is None else facts.life_tenths * 10, "%"),
        ("cpu_temperature", facts.cpu_c, "°C"),
        ("memory_free", facts.memory_free_mb, "MB"),
    )
    return tuple(Measurement(name=name, value=float(value), unit=unit) for name, value, unit in numbers if value is not None)


def _of_disk(facts: MachineFacts, limits: MachineLimits) -> tuple[Symptom, ...]:
    disk, problem = facts.disk, facts.write_problem
    if disk is None:
        return (Symptom(code="cabinet.disk_failing", detail="the file system does not say how full it is"),)
    if disk.is_read_only or problem == errno.EROFS:
        return (Symptom(code="cabinet.disk_read_only", detail="the file system is mounted read-only"),)
    free_mb = disk.free_bytes / MB
    # Some file systems (btrfs, vfat) have no fixed number of inodes and say 0.
    inodes_percent = disk.free_inodes / disk.total_inodes * 100 if disk.total_inodes else 100.0
    if free_mb < limits.full_mb or (disk.total_inodes and not disk.free_inodes) or problem in (errno.ENOSPC, errno.EDQUOT):
        refused = f"; writing failed: {errno.errorcode.get(problem, problem)}" if problem else ""
        return (Symptom(code="cabinet.disk_full", detail=f"{free_mb:.0f} MB, {disk.free_inodes} inodes free{refused}"),)
    if problem:
        return (Symptom(code="cabinet.disk_failing", detail=f"writing failed: {errno.errorcode.get(problem, problem)}"),)
    if free_mb < limits.low_mb or inodes_percent < limits.low_inodes_percent:
        return (Symptom(code="cabinet.disk_low", detail=f"{free_mb:.0f} MB, {inodes_percent:.0f} % of the inodes free"),)
    return ()


def _used_percent(disk: Disk) -> float:
    return round((1 - disk.free_bytes / disk.total_bytes) * 100, 1)


def _meminfo(view: MachineView) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in view.text("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            found[name] = int(number[0]) * 1024 / MB
    return found


def _hex_numbers(written: str) -> list[int]:
    found: list[int] = []
    for word in written.split():
        try:
            found.append(int(word, 16))
        except ValueError:
            continue
    return found
