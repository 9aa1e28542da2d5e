"""Place: where this kiosk stands and whom to call there."""

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the bureau has set for this kiosk's place.

    Attributes:
        name: Short, for the band on top, e.g. ``光明村``.
        address: Whole, for the idle page and the receipt, e.g. ``坡头区南三镇光明村``.
        clerk_phone: The village clerk.
        help_phone: The line that answers when the clerk does not.
        elsewhere: Name of the nearest place where the same can be done.
        elsewhere_km: How far that is.
        elsewhere_hours: When it is open, or empty.
        zone: Local time zone.
        receipt_note: A line at the foot of every receipt, e.g. that its data are synthetic, or empty.
    """

    name: str
    address: str
    clerk_phone: str
    help_phone: str
    elsewhere: str
    elsewhere_km: float
    elsewhere_hours: str
    zone: tzinfo
    receipt_note: str = ""
