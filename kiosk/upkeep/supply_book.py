"""The supply book: what each device has used up, day by day, and how long what is left will last."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from drivers.contract.clock import Clock
from drivers.contract.status import Condition, DeviceStatus, Supply
from kiosk.upkeep.forecast import LOOK_BACK_DAYS, Forecast, days_left, per_day

SHIPPED = Path(__file__).parent / "supplies.toml"
FILE = "supplies.json"

REFILLED_BY = 0.1
"""A share that rises by more than this is a new cartridge, not a sensor that hesitates."""


class SupplyKind(BaseModel):
    """What is known of a kind of supply, as data.

    Attributes:
        measurement: The counter of what was used.
        unit: Of the counter and of ``holds``.
        holds: A fresh one.
        left_when_low: What is left when the device says that it is near its end.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    measurement: str = Field(min_length=1, max_length=40)
    unit: str = Field(max_length=8)
    holds: float = Field(gt=0, le=10_000_000)
    left_when_low: float = Field(ge=0, le=10_000_000)


def load_supplies(path: Path = SHIPPED) -> Mapping[str, SupplyKind]:
    """Read the kinds of supply. Raises ValueError (pydantic's, tomllib's) when the file cannot be used."""
    return {name: SupplyKind.model_validate(table) for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items()}


@dataclass(slots=True, kw_only=True)
class _Account:
    """One supply of one device. The book writes on it; nobody else sees it."""

    since: date
    counter: float | None = None
    share: float | None = None
    is_low: bool = False
    used_of_this: float | None = None  # of the roll that is in; None while it was not put in before our eyes
    used_since_low: float = 0.0
    days: dict[date, float] = field(default_factory=dict)


class SupplyBook:
    """Hand it every reading; ask it for the forecasts."""

    def __init__(self, *, clock: Clock, zone: ZoneInfo, kinds: Mapping[str, SupplyKind]) -> None:
        self._clock = clock
        self._zone = zone
        self._kinds = kinds
        self._accounts: dict[tuple[str, str], _Account] = {}

    def read(self, status: DeviceStatus) -> None:
        """Take note of a reading. A device that was not asked says nothing."""
        if status.condition in {Condition.BUSY, Condition.UNKNOWN, Condition.UNREACHABLE, Condition.NOT_FITTED}:
            return
        for supply in status.supplies:
            account = self._accounts.setdefault((status.device, supply.name), _Account(since=self._today()))
            kind = self._kinds.get(supply.name)
            counters = {each.name: each.value for each in status.measurements}
            if kind is not None and kind.measurement in counters:
                self._count(account, counters[kind.measurement], supply)
            elif supply.remaining is not None:
                self._weigh(account, supply.remaining)
            account.is_low = supply.is_low
            account.share = supply.remaining

    def forecasts(self) -> tuple[Forecast, ...]:
        """How long every supply will last, by device and supply."""
        return tuple(self._forecast(key, account) for key, account in sorted(self._accounts.items()))

    def to_keep(self) -> list[dict[str, Any]]:
        """Everything, as JSON."""
        return [
            {
                "device": device,
                "supply": supply,
                "since": account.since.isoformat(),
                "counter": account.counter,
                "share": account.share,
                "is_low": account.is_low,
                "used_of_this": account.used_of_this,
                "used_since_low": account.used_since_low,
                "days": {day.isoformat(): round(used, 4) for day, used in sorted(account.days.items())},
            }
            for (device, supply), account in sorted(self._accounts.items())
        ]

    def recall(self, kept: object) -> None:
        """Begin with what was kept; what of it cannot be understood is left out."""
        for each in kept if isinstance(kept, list) else ():
            try:
                self._accounts[str(each["device"]), str(each["supply"])] = _read(each)
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
                continue

    def _count(self, account: _Account, counter: float, supply: Supply) -> None:
        # A counter that went back belongs to a device that began anew; what it counted since is used all the same.
        used = 0.0 if account.counter is None else counter - account.counter if counter >= account.counter else counter
        account.counter = counter
        was_low = account.is_low
        if was_low and not supply.is_low:
            account.used_of_this, account.used_since_low = 0.0, 0.0  # a new roll was put in
        if supply.is_low and not was_low:
            account.used_since_low = 0.0
        if used <= 0:
            return
        self._add(account, used)
        if account.used_of_this is not None:
            account.used_of_this += used
        if supply.is_low:
            account.used_since_low += used

    def _weigh(self, account: _Account, share: float) -> None:
        if account.share is None or share >= account.share + REFILLED_BY:
            return
        if share < account.share:
            self._add(account, account.share - share)

    def _add(self, account: _Account, used: float) -> None:
        today = self._today()
        account.days[today] = account.days.get(today, 0.0) + used
        for day in [day for day in account.days if today - day > timedelta(days=2 * LOOK_BACK_DAYS)]:
            del account.days[day]

    def _forecast(self, key: tuple[str, str], account: _Account) -> Forecast:
        device, supply = key
        kind = self._kinds.get(supply) if account.counter is not None else None
        left = account.share if kind is None else _left(kind, account)
        rate = per_day(account.days, today=self._today(), known_since=account.since)
        return Forecast(
            device=device,
            supply=supply,
            unit=kind.unit if kind is not None else "",
            left=left,
            per_day=rate,
            days_left=days_left(left=left, rate=rate),
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _left(kind: SupplyKind, account: _Account) -> float | None:
    if account.share is not None:
        return account.share * kind.holds
    if account.is_low:  # the sensor knows better than any counting
        return max(kind.left_when_low - account.used_since_low, 0.0)
    if account.used_of_this is None:
        return None
    return max(kind.holds - account.used_of_this, kind.left_when_low)


def _read(each: dict[str, Any]) -> _Account:
    return _Account(
        since=date.fromisoformat(each["since"]),
        counter=_number(each["counter"]),
        share=_number(each["share"]),
        is_low=bool(each["is_low"]),
        used_of_this=_number(each["used_of_this"]),
        used_since_low=_finite(each["used_since_low"]),
        days={date.fromisoformat(day): _finite(used) for day, used in each["days"].items()},
    )


def _number(value: float | None) -> float | None:
    return None if value is None else _finite(value)


def _finite(value: float) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("a number that is none")
    return number
