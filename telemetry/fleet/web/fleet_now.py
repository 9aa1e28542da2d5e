"""The fleet as it may be shown at this moment: what the store last heard, each value with its age already judged."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from telemetry.fleet.store.stored import StoredAlarm, StoredDevice, StoredKiosk, StoredSupply
from telemetry.fleet.web.freshness import NOT_FITTED, UNKNOWN, Age, Standing, age_of, standing
from telemetry.wire.topics import KioskId

REMEDY_ORDER = ("CLERK", "TECHNICIAN", "CONFIGURE", "RESET", "WAIT")
"""Who can end a fault, in the order a page shows them."""
OUTSIDERS = ("POWER_COMPANY", "CARRIER", "DISPATCHER")
"""Who ends what many kiosks have lost at once, in the order of pages; tickets alone name them."""
NEEDS_A_PERSON = frozenset({"CLERK", "TECHNICIAN", "CONFIGURE"})
SILENCE = "silence"
"""The cause of an alarm that the server raised because nothing is heard."""

PAGES_OF_NO_VISIT = frozenset({"", "attract", "out_of_service", "closed", "goodbye", "clerk_page"})
"""Kinds of page at which nobody is being served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNow:
    """One device as it may be shown.

    Attributes:
        condition: UNKNOWN when the reading is too old or the kiosk is silent; ``stored.condition`` is what was read.
        age: Of the reading; None when it was never read.
    """

    stored: StoredDevice
    condition: str
    age: Age | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskNow:
    """One kiosk as it may be shown.

    Attributes:
        age: Since it was last heard, by our clock.
        screen_age: Of what is known of its screen.
        is_silent: Marked silent by the server's deadline, or too long unheard for a page to believe it.
        condition: UNKNOWN while it is silent.
        condition_since: When that began.
    """

    stored: StoredKiosk
    age: Age
    screen_age: Age
    is_silent: bool
    condition: str
    condition_since: datetime
    standing: Standing
    devices: tuple[DeviceNow, ...]

    @property
    def id(self) -> KioskId:
        """County and kiosk."""
        return self.stored.id

    @property
    def offered(self) -> int:
        """Services that can be finished now."""
        return self.stored.services_offered

    @property
    def withdrawn(self) -> int:
        """Services that cannot be finished now."""
        return max(0, self.stored.services_total - self.stored.services_offered)

    @property
    def is_serving(self) -> bool:
        """Whether a villager is in the middle of something."""
        return not self.is_silent and self.screen_age.is_fresh and self.stored.screen.page not in PAGES_OF_NO_VISIT

    @property
    def supplies(self) -> tuple[tuple[DeviceNow, StoredSupply], ...]:
        """Everything its devices use up, beside its device."""
        return tuple((device, supply) for device in self.devices for supply in device.stored.supplies)

    @property
    def runs_low(self) -> bool:
        """Whether anything runs out soon."""
        return any(supply.is_low for _, supply in self.supplies)


def judge(stored: StoredKiosk, *, now: datetime) -> KioskNow:
    """Say what of a stored kiosk may still be shown as it was."""
    age = _age(stored.last_seen_at, stored, now=now, skew_s=0.0)
    is_silent = stored.is_silent or not age.is_fresh
    return KioskNow(
        stored=stored,
        age=age,
        screen_age=_age(stored.screen.at, stored, now=now, skew_s=stored.clock_skew_s),
        is_silent=is_silent,
        condition=UNKNOWN if is_silent else stored.condition,
        condition_since=stored.last_seen_at if is_silent and not stored.is_silent else stored.condition_since,
        standing=standing(
            condition=stored.condition,
            is_known=not is_silent,
            offered=stored.services_offered,
            total=stored.services_total,
        ),
        devices=tuple(_device(device, stored, now=now, is_silent=is_silent) for device in stored.devices),
    )


def judge_all(kiosks: Iterable[StoredKiosk], *, now: datetime) -> tuple[KioskNow, ...]:
    """Judge many, keeping their order."""
    return tuple(judge(stored, now=now) for stored in kiosks)


def who_ends_ticket(remedy: str) -> str:
    """Return the same for what a ticket is about, which may be somebody outside."""
    return remedy if remedy in OUTSIDERS else who_ends(remedy)


def who_ends(remedy: str) -> str:
    """Return the remedy to sort by; a word this version does not know is a technician's."""
    return remedy if remedy in REMEDY_ORDER else "TECHNICIAN"


def by_kiosk(alarms: Iterable[StoredAlarm]) -> dict[KioskId, tuple[StoredAlarm, ...]]:
    """Group alarms by their kiosk."""
    groups: dict[KioskId, list[StoredAlarm]] = defaultdict(list)
    for alarm in alarms:
        groups[alarm.kiosk].append(alarm)
    return {key: tuple(group) for key, group in groups.items()}


def _age(moment: datetime, kiosk: StoredKiosk, *, now: datetime, skew_s: float) -> Age:
    return age_of(moment, now=now, heartbeat_s=kiosk.heartbeat_s, skew_s=skew_s)


def _device(device: StoredDevice, kiosk: StoredKiosk, *, now: datetime, is_silent: bool) -> DeviceNow:
    age = None if device.read_at is None else _age(device.read_at, kiosk, now=now, skew_s=kiosk.clock_skew_s)
    is_known = device.condition == NOT_FITTED or (not is_silent and age is not None and age.is_fresh)
    return DeviceNow(stored=device, condition=device.condition if is_known else UNKNOWN, age=age)
