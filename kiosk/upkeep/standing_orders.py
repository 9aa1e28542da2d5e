"""Standing orders: what the bureau wants of this machine until a moment: serve nobody, show a notice; by command or planned."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from drivers.contract.clock import Clock
from kiosk.upkeep.planned import NOTHING, Plans

log = structlog.get_logger(__name__)

CORE = "core"
MAINTENANCE = "core.maintenance"
FILE = "standing-orders.json"
MOMENTS = ("maintenance_until", "notice_until", "left_until")
LOOK_S = 1.0
"""Seconds between two looks at whether an order is over."""


class Notes(Protocol):
    """The part of ``Upkeep`` that withdraws services."""

    def note(self, *, device: str, code: str, detail: str) -> None:
        """It is so until ``note_over``."""

    def note_over(self, *, device: str, code: str) -> None:
        """It is no longer so."""


class Kept(Protocol):
    """The part of ``Memory`` that outlasts a restart."""

    async def recall(self, name: str) -> Any:  # noqa: ANN401  # JSON is whatever was written
        """What was kept under a name before."""

    def keep(self, name: str, content: object) -> None:
        """Keep this from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What was ordered by command. No moment: not ordered.

    Attributes:
        left_until: A planned time without service that ends up to then is over, for somebody ordered it to be.
    """

    maintenance_until: datetime | None = None
    maintenance_for: str = ""
    notice_until: datetime | None = None
    notice: str = ""
    left_until: datetime | None = None

    def at(self, now: datetime) -> "Orders":
        """Return what of it is still in force."""
        left = self
        if self.maintenance_until is not None and now >= self.maintenance_until:
            left = replace(left, maintenance_until=None, maintenance_for="")
        if self.notice_until is not None and now >= self.notice_until:
            left = replace(left, notice_until=None, notice="")
        if self.left_until is not None and now >= self.left_until:
            left = replace(left, left_until=None)
        return left

    def over(self, plans: Plans, now: datetime) -> "Orders":
        """Return what holds: an order before a plan."""
        held, planned = self, plans.maintenance_at(now)
        is_left = planned is not None and self.left_until is not None and planned.ends <= self.left_until
        if planned is not None and self.maintenance_until is None and not is_left:
            held = replace(held, maintenance_until=planned.ends, maintenance_for=planned.why)
        return held if held.notice else replace(held, notice=plans.notice(now))


class StandingOrders:
    """Keeps them, over restarts too, and ends them at their time."""

    def __init__(
        self, *, clock: Clock, memory: Kept, notes: Callable[[], Notes], changed: Callable[[], None], plans: Plans = NOTHING
    ) -> None:
        """Prepare; nothing is in force before ``run``.

        Args:
            clock: The kiosk's clock.
            memory: Where they are kept.
            notes: Where maintenance is noted; asked for late, because upkeep is built later.
            changed: Called on the loop when the notice on the screen is another.
            plans: What this kiosk's settings say of certain days.
        """
        self._clock = clock
        self._memory = memory
        self._notes = notes
        self._changed = changed
        self._plans = plans
        self._orders = self._in_force = Orders()

    @property
    def notice(self) -> str:
        """What is to be read on the idle page; empty when nothing is."""
        return self._in_force.notice

    @property
    def maintenance_until(self) -> datetime | None:
        """Until when nobody is served; None when everybody is."""
        return self._in_force.maintenance_until

    def enter_maintenance(self, until: datetime, why: str) -> None:
        """Serve nobody until a moment; a later order takes the place of this one."""
        self._follow(replace(self._orders, maintenance_until=until, maintenance_for=why))

    def leave_maintenance(self) -> None:
        """Serve again; a planned time without service is over, too."""
        planned = self._plans.maintenance_at(self._clock.now())
        left = self._orders.left_until if planned is None else planned.ends
        self._follow(replace(self._orders, maintenance_until=None, maintenance_for="", left_until=left))

    def show_notice(self, text: str, until: datetime) -> None:
        """Show a notice until a moment; an earlier one goes. An empty one takes it away."""
        self._follow(replace(self._orders, notice=text, notice_until=until if text else None))

    async def run(self) -> None:
        """Follow what was ordered before the restart, and end each order at its time."""
        self._follow(_of_kept(await self._memory.recall(FILE)))
        while True:
            await self._clock.sleep(LOOK_S)
            self._follow(self._orders)

    def _follow(self, orders: Orders) -> None:
        moment = self._clock.now()
        kept, self._orders = self._orders, orders.at(moment)
        if self._orders != kept:
            self._memory.keep(FILE, _to_keep(self._orders))
        before, self._in_force = self._in_force, self._orders.over(self._plans, moment)
        now = self._in_force
        if now.maintenance_until is not None and now.maintenance_until != before.maintenance_until:
            log.info("maintenance.entered", until=now.maintenance_until.isoformat())
            self._notes().note(
                device=CORE, code=MAINTENANCE, detail=f"until {now.maintenance_until:%Y-%m-%d %H:%M} UTC: {now.maintenance_for}"
            )
        elif now.maintenance_until is None and before.maintenance_until is not None:
            log.info("maintenance.left")
            self._notes().note_over(device=CORE, code=MAINTENANCE)
        if now.notice != before.notice:
            self._changed()


def _to_keep(orders: Orders) -> dict[str, str]:
    moments = {name: getattr(orders, name) for name in MOMENTS}
    told = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    return told | {"maintenance_for": orders.maintenance_for, "notice": orders.notice}


def _of_kept(kept: Any) -> Orders:  # noqa: ANN401  # whatever lay on the disk
    """Read what was kept; what is not as we write it is no order."""
    if not isinstance(kept, dict):
        return Orders()
    try:
        until = {name: datetime.fromisoformat(kept[name]) for name in MOMENTS if name in kept}
        is_aware = all(moment.tzinfo is not None for moment in until.values())
        words = {name: str(kept.get(name, "")) for name in ("maintenance_for", "notice")}
    except (TypeError, ValueError):
        log.warning("orders.unreadable", file=FILE)
        return Orders()
    return Orders(**until, **words) if is_aware else Orders()  # type: ignore[arg-type]  # the names are those of the fields
