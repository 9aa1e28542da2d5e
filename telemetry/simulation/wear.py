"""What goes wrong at a kiosk by itself: each kind of wear with how often, and who ends it after how long. A table.

Codes, severities and remedies are the published words of the kiosk's fault catalogue; a test compares them. Where the numbers
come from is in ``docs/simulation.md``.
"""

from dataclasses import dataclass
from enum import StrEnum

MINUTE_S = 60.0
HOUR_S = 3600.0


class Use(StrEnum):
    """What wears: the mean of a kind of wear is counted in these."""

    DAY = "day"
    VISIT = "visit"
    RECEIPT = "receipt"
    PAGE = "page"


class Mender(StrEnum):
    """Who ends a fault."""

    SELF = "self"
    RESET = "reset"
    CLERK = "clerk"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """How long it takes: lognormal around ``median_s``, in the mender's own hours, a machine's being all of them.

    Attributes:
        fails: Share of cases where it does not help and a technician has to come.
    """

    by: Mender
    median_s: float
    spread: float = 0.6
    fails: float = 0.0


Kind = tuple[str, str, str, str]
"""A kind of fault: device, code, severity, remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """One kind of wear: one in ``mean`` uses, over many kiosks."""

    device: str
    code: str
    severity: str
    remedy: str
    use: Use
    mean: float
    mending: Mending

    @property
    def kind(self) -> Kind:
        """What fault it leads to."""
        return self.device, self.code, self.severity, self.remedy


PASSES = Mending(by=Mender.SELF, median_s=3 * MINUTE_S)
RESET = Mending(by=Mender.RESET, median_s=45.0, fails=0.08)
AT_HAND = Mending(by=Mender.CLERK, median_s=12 * MINUTE_S, spread=0.9, fails=0.04)
"""The clerk sits in the same room; the screen shows one picture and one action."""
TAKEN_BACK = Mending(by=Mender.SELF, median_s=4 * MINUTE_S)
"""Whoever left a card comes back for it."""
LOOKED_FOR = Mending(by=Mender.CLERK, median_s=35 * MINUTE_S, spread=1.0, fails=0.12)
"""A cable behind the cabinet is harder to find than paper."""
CALLED = Mending(by=Mender.TECHNICIAN, median_s=7 * HOUR_S, spread=0.7)
"""Working hours from the fault to the repair: told, planned into the round, driven, mended."""
WITH_PARTS = Mending(by=Mender.TECHNICIAN, median_s=20 * HOUR_S, spread=0.5)
"""The part has to be ordered."""


Often = tuple[Use, float]
BLOCKING, SOFT = "BLOCKING", "DEGRADED"


def _wear(device: str, code: str, often: Often, mending: Mending, severity: str = BLOCKING) -> Wear:
    remedy = {PASSES: "WAIT", RESET: "RESET", AT_HAND: "CLERK", LOOKED_FOR: "CLERK", TAKEN_BACK: "CLERK"}.get(
        mending, "TECHNICIAN"
    )
    use, mean = often
    return Wear(device=device, code=code, severity=severity, remedy=remedy, use=use, mean=mean, mending=mending)


WEAR: tuple[Wear, ...] = (
    _wear("receipt-printer", "printer.paper_jam", (Use.RECEIPT, 4_000), AT_HAND),
    _wear("receipt-printer", "printer.cover_open", (Use.DAY, 90), AT_HAND),
    _wear("receipt-printer", "printer.unreachable", (Use.DAY, 300), LOOKED_FOR),
    _wear("receipt-printer", "printer.silent", (Use.DAY, 700), CALLED),
    _wear("receipt-printer", "printer.cutter_stuck", (Use.RECEIPT, 20_000), CALLED, SOFT),
    _wear("receipt-printer", "printer.mechanical_error", (Use.RECEIPT, 1_500), RESET),
    _wear("receipt-printer", "printer.head_hot", (Use.DAY, 400), PASSES),
    _wear("receipt-printer", "printer.paper_not_taken", (Use.RECEIPT, 120), PASSES, SOFT),
    _wear("document-printer", "document_printer.jam", (Use.PAGE, 1_200), AT_HAND),
    _wear("document-printer", "document_printer.tray_missing", (Use.DAY, 400), AT_HAND),
    _wear("document-printer", "document_printer.toner_low", (Use.PAGE, 2_500), WITH_PARTS, SOFT),
    _wear("document-printer", "document_printer.job_stuck", (Use.PAGE, 900), RESET),
    _wear("id-card-reader", "reader.unreachable", (Use.DAY, 250), LOOKED_FOR),
    _wear("id-card-reader", "reader.card_left", (Use.VISIT, 250), TAKEN_BACK, SOFT),
    _wear("id-card-reader", "reader.silent", (Use.DAY, 500), CALLED),
    _wear("id-card-reader", "reader.sam_unauthorised", (Use.DAY, 4_000), WITH_PARTS),
    _wear("id-card-reader", "reader.rf_failing", (Use.VISIT, 300), RESET, SOFT),
    _wear("smartcard-reader", "smartcard.unreachable", (Use.DAY, 450), LOOKED_FOR),
    _wear("smartcard-reader", "smartcard.contacts_failing", (Use.VISIT, 5_000), CALLED, SOFT),
    _wear("camera", "camera.unreachable", (Use.DAY, 450), LOOKED_FOR),
    _wear("camera", "camera.black", (Use.DAY, 350), AT_HAND),
    _wear("camera", "camera.blurred", (Use.DAY, 300), AT_HAND, SOFT),
    _wear("camera", "camera.frozen", (Use.DAY, 60), RESET),
    _wear("code-scanner", "scanner.unreachable", (Use.DAY, 450), LOOKED_FOR),
    _wear("code-scanner", "scanner.reads_nothing", (Use.DAY, 900), CALLED, SOFT),
    _wear("document-scanner", "document_scanner.paper_left", (Use.VISIT, 200), AT_HAND, SOFT),
    _wear("document-scanner", "document_scanner.frozen", (Use.DAY, 90), RESET),
    _wear("ups", "cabinet.battery_bad", (Use.DAY, 1_000), WITH_PARTS, SOFT),
    _wear("board", "cabinet.door_open", (Use.DAY, 300), AT_HAND),
    _wear("board", "cabinet.too_hot", (Use.DAY, 500), CALLED, SOFT),
    _wear("machine", "cabinet.disk_low", (Use.DAY, 1_200), CALLED, SOFT),
    _wear("machine", "cabinet.memory_low", (Use.DAY, 900), CALLED, SOFT),
    _wear("display", "display.not_drawing", (Use.DAY, 1_500), CALLED),
)

MAINS_LOST: Kind = ("ups", "cabinet.mains_lost", SOFT, "CLERK")
BATTERY_LOW: Kind = ("ups", "cabinet.battery_low", BLOCKING, "CLERK")
NO_NETWORK: Kind = ("network", "cabinet.no_network", SOFT, "TECHNICIAN")
CLOCK_UNTRUSTED: Kind = ("machine", "cabinet.clock_untrusted", SOFT, "WAIT")
PLATFORM_OFFLINE: Kind = ("platform", "platform.offline", BLOCKING, "WAIT")
PORT_FLAPPING = ("core.port_flapping", SOFT, "TECHNICIAN")
"""What is not worn out but done to a kiosk. A flapping port is said of the device on it."""

FLAPPING_DEVICES = {
    "id-card-reader": "reader.unreachable",
    "smartcard-reader": "smartcard.unreachable",
    "camera": "camera.unreachable",
    "code-scanner": "scanner.unreachable",
    "receipt-printer": "printer.unreachable",
}
"""Devices on USB, with what their loss is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyUse:
    """What a device uses up. A new one holds ``holds``; low is said below ``low_below``, both in its own unit."""

    device: str
    supply: str
    use: Use
    holds: float
    low_below: float
    a_use: tuple[float, float]
    low_code: str
    out_code: str

    @property
    def low(self) -> Kind:
        """The fault of little left."""
        return self.device, self.low_code, SOFT, "CLERK"

    @property
    def out(self) -> Kind:
        """The fault of nothing left."""
        return self.device, self.out_code, BLOCKING, "CLERK"


SUPPLIES: tuple[SupplyUse, ...] = (
    SupplyUse(
        device="receipt-printer",
        supply="receipt_paper",
        use=Use.RECEIPT,
        holds=60_000,
        low_below=5_000,
        a_use=(150, 260),
        low_code="printer.paper_low",
        out_code="printer.paper_out",
    ),
    SupplyUse(
        device="document-printer",
        supply="a4_paper",
        use=Use.PAGE,
        holds=250,
        low_below=25,
        a_use=(1, 1),
        low_code="document_printer.paper_low",
        out_code="document_printer.paper_out",
    ),
)
REFILL_WHEN_LOW = Mending(by=Mender.CLERK, median_s=5 * HOUR_S, spread=1.0)
"""Nobody hurries while it still prints."""
REFILL_WHEN_OUT = Mending(by=Mender.CLERK, median_s=20 * MINUTE_S, spread=0.9)
