"""What a citizen gets for each service: rows as real receipts show them, masked where those are."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, timezone

from kiosk.gateway.sandbox.citizens import Citizen

ISSUER = "坡头区社会保险基金管理局"
PLACE = "广东省湛江市坡头区"
BEIJING = timezone(timedelta(hours=8), "CST")
"""The platform's own time, on documents and their numbers, wherever this process runs."""
SCHEME = "城乡居民基本养老保险"
PENSION_AGE = 60
"""Age at which the residents' pension begins, for women and men alike."""
BANKS = ("农村商业银行", "邮政储蓄银行")

Row = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What stands on a document, before it has a number."""

    prefix: str
    title: str
    rows: tuple[Row, ...] = field(repr=False)
    pages: int = 0
    """Sheets of A4 it is issued on, besides; 0 when it is a receipt alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When an application came, and what came with it.

    Attributes:
        today: At the platform.
        face: As the kiosk says: ``matched``, ``by_phone``, ``not_shown``, ``not_asked``.
        has_papers: Papers were handed in under the application's key.
        paid_fen: What was paid for it.
    """

    today: date
    face: str = "not_asked"
    has_papers: bool = False
    paid_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Why this citizen cannot have it, in kind words."""

    reason: str


def masked_name(name: str) -> str:
    """The surname and stars, e.g. ``王**``."""
    return name[:1] + "*" * max(1, len(name) - 1)


def masked_number(id_number: str) -> str:
    """First four and last four characters, e.g. ``3604**********0071``."""
    return id_number[:4] + "*" * (len(id_number) - 8) + id_number[-4:]


def yuan(fen: int) -> str:
    """Money as a receipt writes it, e.g. ``1,286.50 元``."""
    return f"{fen // 100:,}.{fen % 100:02d} 元"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """The numbers of one citizen's account; the same citizen has the same account for ever."""

    since_year: int
    since_month: int
    yearly_fen: int
    subsidy_fen: int
    monthly_pension_fen: int
    bank: str
    bank_tail: str

    @classmethod
    def of(cls, citizen: Citizen) -> "_Account":
        chance = random.Random(f"account {citizen.id_number}")
        yearly_yuan = chance.choice((200, 300, 300, 500, 500, 800, 1000, 2000))
        return cls(
            since_year=max(2010, citizen.birth.year + 18) + chance.randrange(2),
            since_month=chance.randrange(1, 13),
            yearly_fen=yearly_yuan * 100,
            subsidy_fen=(30 + yearly_yuan // 10) * 100,
            monthly_pension_fen=chance.randrange(16800, 41200, 10),
            bank=chance.choice(BANKS),
            bank_tail=f"{chance.randrange(10000):04d}",
        )


def _head(citizen: Citizen) -> tuple[Row, ...]:
    return (("姓名", masked_name(citizen.name)), ("社会保障号码", masked_number(citizen.id_number)))


def _age(citizen: Citizen, today: date) -> int:
    return today.year - citizen.birth.year - ((today.month, today.day) < (citizen.birth.month, citizen.birth.day))


def _paid_years(citizen: Citizen, account: _Account, today: date) -> range:
    """The years paid for: once a year, in autumn, until the pension begins."""
    last = today.year if today.month >= 10 else today.year - 1
    return range(account.since_year, min(last, citizen.birth.year + PENSION_AGE - 1) + 1)


def _enrolment(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    account = _Account.of(citizen)
    is_retired = _age(citizen, around.today) >= PENSION_AGE
    return Issued(
        prefix="SB",
        title="社会保险参保证明",
        rows=(
            *_head(citizen),
            ("参保险种", SCHEME),
            ("参保状态", "待遇领取" if is_retired else "正常参保"),
            ("首次参保", f"{account.since_year}年{account.since_month}月"),
            ("累计缴费", f"{len(_paid_years(citizen, account, around.today))} 年"),
            ("现参保地", PLACE),
        ),
    )


def _contributions(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    account = _Account.of(citizen)
    years = _paid_years(citizen, account, around.today)[-5:]
    if not years:
        return Declined(reason="您名下还没有缴费记录。参保时已满 60 周岁的，不用缴费，直接领养老金。")
    return Issued(
        prefix="JF",
        title="社会保险个人缴费明细",
        rows=(
            *_head(citizen),
            ("参保险种", SCHEME),
            *((f"{year}年", f"{account.yearly_fen // 100} 元，补贴 {account.subsidy_fen // 100} 元") for year in years),
            ("合计", yuan(len(years) * (account.yearly_fen + account.subsidy_fen))),
        ),
    )


def _pension(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    if _age(citizen, around.today) < PENSION_AGE:
        return Declined(reason=f"您还没到领取养老金的年龄。满 {PENSION_AGE} 周岁的下个月开始发放，到时再来查。")
    account = _Account.of(citizen)
    # Paid out on the tenth; before that the last month's is the newest.
    month = around.today.month - (around.today.day < 10)
    year, month = (around.today.year - 1, 12) if month == 0 else (around.today.year, month)
    return Issued(
        prefix="YL",
        title="养老金到账查询单",
        rows=(
            *_head(citizen),
            ("发放月份", f"{year}年{month}月"),
            ("到账金额", yuan(account.monthly_pension_fen)),
            ("到账日期", f"{year}年{month}月10日"),
            ("到账银行", account.bank),
            ("银行账号", f"尾号 {account.bank_tail}"),
            ("今年累计", yuan(account.monthly_pension_fen * month)),
        ),
    )


def _qualification(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    if _age(citizen, around.today) < PENSION_AGE:
        return Declined(reason=f"您还没到领取养老金的年龄，不用认证。满 {PENSION_AGE} 周岁后每年认证一次。")
    is_seen = around.face in ("matched", "by_phone")
    return Issued(
        prefix="RZ",
        title="养老待遇领取资格认证",
        rows=(
            *_head(citizen),
            ("认证结果", "认证通过" if is_seen else "已登记，待村里核实"),
            ("认证方式", {"matched": "人脸识别", "by_phone": "手机扫码"}.get(around.face, "身份证")),
            ("下次认证", f"{around.today.year + 1}年{around.today.month}月底前"),
        ),
    )


def _certificate(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    issued = _enrolment(citizen, around)
    if isinstance(issued, Declined):
        return issued
    return replace(issued, prefix="PZ", title="社会保险参保凭证", pages=3)


INSURANCE_FEN = 40000
"""One year of the residents' medical insurance: 400 yuan (the figure of 2025, rounded)."""


def _insurance(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    if around.paid_fen < INSURANCE_FEN:
        return Declined(reason="还没有收到缴费。钱没有扣，请再试一次，或到村委会交费。")
    year = around.today.year + (around.today.month >= 9)
    return Issued(
        prefix="YB",
        title="城乡居民医保缴费凭证",
        rows=(*_head(citizen), ("缴费年度", f"{year}年"), ("缴费金额", yuan(around.paid_fen)), ("缴费方式", "手机扫码支付")),
    )


def _reimbursement(citizen: Citizen, around: Circumstances) -> Issued | Declined:
    if not around.has_papers:
        return Declined(reason="没有收到发票的照片。请把发票放到台面上，重新拍一次。")
    return Issued(
        prefix="BX",
        title="医疗费报销受理单",
        rows=(*_head(citizen), ("受理材料", "已收到"), ("办理时限", "20 个工作日"), ("结果告知", "短信通知，也可在本机查询")),
    )


SERVICES: dict[str, Callable[[Citizen, Circumstances], Issued | Declined]] = {
    "social_security_enrolment": _enrolment,
    "contribution_statement": _contributions,
    "pension_arrival": _pension,
    "pension_qualification": _qualification,
    "insurance_certificate": _certificate,
    "medical_insurance_payment": _insurance,
    "reimbursement_papers": _reimbursement,
}
"""Service id -> what this platform does for it."""
