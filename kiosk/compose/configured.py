"""Configured: what the configuration says, in the words of the rooms that need it."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.config import KioskConfig
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.opening import Opening
from kiosk.services.service import Service
from kiosk.upkeep.planned import PlannedMaintenance, PlannedNotice, Plans
from kiosk.visit.model import Settings
from kiosk.visit.place import Place
from telemetry.wire.service_hours import ServiceHours


def zone_of(config: KioskConfig[PlatformSettings]) -> ZoneInfo:
    """The kiosk's own time zone."""
    return ZoneInfo(config.kiosk.time_zone)


def place_of(config: KioskConfig[PlatformSettings]) -> Place:
    """Where this kiosk stands, for pages and receipts."""
    return Place(
        name=config.kiosk.site,
        address=config.kiosk.address,
        clerk_phone=config.kiosk.clerk_phone,
        help_phone=config.kiosk.help_phone,
        elsewhere=config.elsewhere.name,
        elsewhere_km=config.elsewhere.distance_km,
        elsewhere_hours=config.elsewhere.hours,
        zone=zone_of(config),
        receipt_note=config.kiosk.receipt_note,
    )


def offered_of(config: KioskConfig[PlatformSettings], services: Sequence[Service]) -> tuple[Service, ...]:
    """The matters that are offered here, in the catalogue's order.

    Raises:
        ValueError: One is named that this release does not know.
    """
    wanted = config.services.offered
    if wanted is None:
        return tuple(services)
    _must_be_known("services.offered", wanted, services)
    return tuple(service for service in services if service.id in wanted)


def opening_of(config: KioskConfig[PlatformSettings], services: Sequence[Service]) -> Opening:
    """When the matters may be begun.

    Raises:
        ValueError: One has hours that this release does not know.
    """
    table = config.hours
    _must_be_known("hours.of_service", table.of_service, services)

    def hours(lines: Iterable[str]) -> ServiceHours:
        return ServiceHours.parse(lines, holidays=table.holidays, working_days=table.working_days)

    return Opening(
        usual=None if table.open is None else hours(table.open),
        of_service={service: hours(lines) for service, lines in table.of_service.items()},
    )


def plans_of(config: KioskConfig[PlatformSettings]) -> Plans:
    """What the bureau has planned for this kiosk, in the order of its moments."""
    return Plans(
        notices=tuple(PlannedNotice(begins=each.begins, ends=each.ends, text=each.text) for each in config.notice.values()),
        maintenance=tuple(
            PlannedMaintenance(begins=each.begins, ends=each.ends, why=each.why) for each in config.maintenance.values()
        ),
    )


def usual_of(config: KioskConfig[PlatformSettings]) -> Settings:
    """How every visit here begins."""
    screen = config.screen
    return Settings(text_size=screen.text_size, voice_is_on=screen.voice_is_on, volume=screen.volume)


def display_command(config: KioskConfig[PlatformSettings], socket: Path) -> tuple[str, ...]:
    """How the display's process is started; it connects to ``socket``."""
    panel = config.display
    return (
        *interpreter(), "-m", "screens", "--socket", str(socket), "--state-dir", str(config.kiosk.state_dir / "display"),
        "--width", str(panel.width_px), "--height", str(panel.height_px), "--px-per-mm", str(panel.px_per_mm),
        "--fullscreen" if panel.fullscreen else "--window", "--ends-with-parent",
    )  # fmt: skip


def interpreter() -> tuple[str, ...]:
    """How this process starts Python: as isolated as it is itself, or a release would run modules of the folder it stands in."""
    isolated = ("-I",) if sys.flags.isolated else ()
    unwritten = ("-B",) if sys.flags.dont_write_bytecode else ()  # isolated, it would not hear of it from the environment
    return (sys.executable, *isolated, *unwritten)


def _must_be_known(path: str, named: Iterable[str], services: Sequence[Service]) -> None:
    known = {service.id for service in services}
    if unknown := [each for each in named if each not in known]:
        raise ValueError(f"{path}: there is no {unknown[0]!r}; there are: {', '.join(sorted(known))}")
