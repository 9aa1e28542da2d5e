"""What villagers come for, how often, and which devices a matter cannot do without."""

from dataclasses import dataclass

from telemetry.wire.messages import ServiceTitle


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNeeds:
    """One service: its share of all matters, the devices it needs, whether it prints pages."""

    title: ServiceTitle
    share: float
    needs: frozenset[str]
    prints_pages: bool = False

    def is_hindered_by(self, device: str) -> bool:
        """Say whether a matter cannot be finished while this device is out of order."""
        return device in self.needs


COMMON = frozenset({"display", "platform", "machine", "ups", "board"})
"""Without these nothing can be done; of the ups and the board that holds while they report what stops a whole kiosk."""


def _service(name: str, title: str, share: float, *needs: str, prints_pages: bool = False) -> ServiceNeeds:
    return ServiceNeeds(
        title=ServiceTitle(id=name, title=title), share=share, needs=COMMON | frozenset(needs), prints_pages=prints_pages
    )


SERVICES: tuple[ServiceNeeds, ...] = (
    _service("social_security_enrolment", "社保参保证明", 0.10, "id-card-reader", "document-printer", prints_pages=True),
    _service("pension_arrival", "查养老金到账", 0.26, "smartcard-reader", "receipt-printer"),
    _service("contribution_statement", "打印缴费明细", 0.13, "id-card-reader", "document-printer", prints_pages=True),
    _service("pension_qualification", "养老金资格认证", 0.21, "id-card-reader", "camera"),
    _service("insurance_certificate", "参保凭证", 0.07, "id-card-reader", "document-printer", prints_pages=True),
    _service("medical_insurance_payment", "城乡居民医保缴费", 0.17, "id-card-reader", "code-scanner", "receipt-printer"),
    _service("reimbursement_papers", "交医疗费报销材料", 0.06, "id-card-reader", "document-scanner", "receipt-printer"),
)
