"""Samples of the pages before a matter begins."""

from dataclasses import replace
from datetime import timedelta

from kiosk.display.vocabulary import view
from screens.samples.parts import CLERK_PHONE, PICTURES, TOWN, frame, task, withdrawn

TOPICS = ("养老社保", "看病医保", "交水电费", "开证明")
SERVICES = (
    ("social_security_enrolment", "社保参保证明", 1, 0),
    ("pension_arrival", "查养老金到账", 1, 0),
    ("water_power", "交水电费", 3, 0),
    ("house_book", "开居住证明", 2, 500),
    ("contribution_statement", "打印缴费明细", 1, 0),
)
MORE_SERVICES = (
    ("pension_qualification", "养老待遇资格认证", 2, 0),
    ("insurance_certificate", "参保缴费凭证", 1, 0),
    ("medical_insurance_payment", "交城乡居民医保", 3, 38000),
    ("reimbursement_papers", "交医药费报销材料", 5, 0),
)
CARD_INSTEAD = view.Instead(by=view.StandIn.SOCIAL_SECURITY_CARD, reason="读卡器没有反应")
INSTEADS = (
    CARD_INSTEAD,
    view.Instead(by=view.StandIn.PHONE_CODE, reason="读身份证的机器坏了"),
    view.Instead(by=view.StandIn.RECEIPT, reason="大打印机缺纸"),
    view.Instead(by=view.StandIn.DOCUMENT, reason="打印机缺纸"),
    view.Instead(by=view.StandIn.SCREEN, reason="打印机坏了"),
)


NOTICE = "12月1日至3日社保系统升级，期间不能办理缴费和参保登记，其他事项照常办理，请您提前安排。"
"""As long as a notice may be."""


def tiles(
    grey: tuple[int, ...] = (),
    *,
    services: tuple[tuple[str, str, int, int], ...] = SERVICES,
    insteads: tuple[view.Instead, ...] = (),
) -> tuple[view.ServiceTile, ...]:
    """Some services, some of them withdrawn, some offered in another way."""
    return tuple(
        view.ServiceTile(
            service=icon,
            title=title,
            icon=icon,
            minutes=minutes,
            cost_fen=cost,
            withdrawn=withdrawn() if index in grey else None,
            instead=(insteads[index],) if index < len(insteads) else (),
        )
        for index, (icon, title, minutes, cost) in enumerate(services)
    )


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    return _attract(text_size) | _catalogue(text_size) | _guide(text_size) | _clerk(text_size)


def _attract(text_size: int) -> dict[str, view.View]:
    idle = frame(text_size=text_size, can_go=False)

    def attract(standing: view.Standing, clerk: view.ClerkTask | None, topics: tuple[str, ...] = TOPICS) -> view.Attract:
        return view.Attract(frame=idle, address="坡头区南三镇光明村", topics=topics, standing=standing, clerk_task=clerk)

    found: dict[str, view.View] = {
        "attract": attract(view.Standing.ALL_WELL, None),
        "attract-one-topic": attract(view.Standing.ALL_WELL, None, TOPICS[:1]),
        "attract-notice": replace(attract(view.Standing.ALL_WELL, None), notice=NOTICE),
        "attract-notice-and-clerk": replace(attract(view.Standing.PAPER_LOW, task()), notice=NOTICE),
        "attract-clerk-card": attract(view.Standing.PAPER_LOW, task()),
        "attract-clerk-a4": attract(view.Standing.PARTLY, task(picture="load_a4_paper")),
        "attract-clerk-testing": attract(view.Standing.PARTLY, task(view.ClerkTaskState.TESTING)),
    }
    for name, clerk in (("out-of-service", None), ("out-of-service-clerk", task())):
        found[name] = view.OutOfService(
            frame=idle,
            reason="打印机缺纸" if clerk else "读身份证的机器坏了",
            elsewhere=TOWN,
            help_phone="12345",
            clerk_phone=CLERK_PHONE,
            code="P01" if clerk else "R01",
            clerk_task=clerk,
        )
    for name, notice in (("closed", ""), ("closed-notice", NOTICE)):
        found[name] = view.Closed(
            frame=idle,
            opens=(idle.local_time + timedelta(days=1)).replace(hour=8, minute=30),
            elsewhere=TOWN,
            help_phone="12345",
            clerk_phone=CLERK_PHONE,
            notice=notice,
        )
    return found


def _catalogue(text_size: int) -> dict[str, view.View]:
    home = frame(text_size=text_size)
    room = slice(None) if text_size < 2 else slice(1, None)
    found: dict[str, view.View] = {}
    for name, grey, pages in (("catalogue", (4,), 2), ("catalogue-half-grey", (0, 3, 4), 2), ("catalogue-all-well", (), 1)):
        found[name] = view.Catalogue(frame=home, tiles=tiles(grey)[room], page=1, pages=pages)
    noon = replace(withdrawn(), reason="", clerk_knows=False, opens=home.local_time.replace(hour=14, minute=0))
    off_hours = [replace(tile, withdrawn=noon if place in (1, 4) else None) for place, tile in enumerate(tiles())]
    found["catalogue-hours"] = view.Catalogue(frame=home, tiles=tuple(off_hours)[room], page=1, pages=1)
    found["catalogue-three"] = view.Catalogue(frame=home, tiles=tiles((4,))[::2], page=1, pages=1)
    found["catalogue-more"] = view.Catalogue(frame=home, tiles=tiles(services=MORE_SERVICES), page=2, pages=2)
    found["catalogue-instead"] = view.Catalogue(frame=home, tiles=tiles(insteads=INSTEADS)[room], page=1, pages=2)
    one = (CARD_INSTEAD,)
    mixed = (*tiles((1,), insteads=one)[:2], *tiles(services=MORE_SERVICES, insteads=one * 3)[: 3 if text_size < 2 else 2])
    found["catalogue-mixed"] = view.Catalogue(frame=home, tiles=mixed, page=1, pages=2)
    return found


def _guide(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    states: tuple[tuple[str, view.Withdrawn | None, int, tuple[view.Instead, ...]], ...] = (
        ("guide", None, 0, ()),
        ("guide-withdrawn", withdrawn(), 500, ()),
        ("guide-paid", None, 38000, ()),
        *((f"guide-instead-{other.by.value.replace('_', '-')}", None, 0, (other,)) for other in INSTEADS),
    )
    for name, why_not, cost, instead in states:
        found[name] = view.Guide(
            frame=frame(text_size=text_size, at_step=0),
            title="社保参保证明",
            lead="证明您参加了社会保险",
            bring="身份证",
            minutes=1,
            cost_fen=cost,
            result="证明凭条 1 张",
            withdrawn=why_not,
            instead=instead,
        )
    return found


def _clerk(text_size: int) -> dict[str, view.View]:
    home = frame(text_size=text_size)
    found: dict[str, view.View] = {}
    for state in view.ClerkTaskState:
        waiting = state is view.ClerkTaskState.WAITING
        found["clerk-page" if waiting else f"clerk-page-{state.value.replace('_', '-')}"] = view.ClerkPage(
            frame=home, task=task(state)
        )
    for picture in PICTURES[1:]:
        found[f"clerk-page-{picture.replace('_', '-')}"] = view.ClerkPage(frame=home, task=task(picture=picture))
    return found
