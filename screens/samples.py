"""Samples: one View of every kind and state, with made-up people and places, for pictures and tests."""

from datetime import UTC, datetime, timedelta, timezone

from kiosk.display.vocabulary import view

NOON_IN_BEIJING = datetime(2026, 11, 23, 10, 25, tzinfo=timezone(timedelta(hours=8)))
PHONE = "0759-555-0101"
CLERK_PHONE = "0759-555-0102"
STEPS = ("guide", "identify", "confirm", "submit", "print")
TOWN = view.Elsewhere(name="镇便民中心", distance_km=2.3, hours="开到下午 5 点半")


def frame(*, text_size: int, at_step: int | None = None, can_go: bool = True) -> view.Frame:
    """The frame of a sample; ``at_step`` counts from 0, one past the end is all done."""
    steps: tuple[view.StepDot, ...] = ()
    if at_step is not None:
        states = (view.StepState.DONE, view.StepState.NOW, view.StepState.TO_COME)
        steps = tuple(
            view.StepDot(step=step, state=states[(index >= at_step) + (index > at_step)]) for index, step in enumerate(STEPS)
        )
    return view.Frame(
        place="光明村",
        local_time=NOON_IN_BEIJING.astimezone(UTC).astimezone(NOON_IN_BEIJING.tzinfo),
        steps=steps,
        can_go_back=can_go,
        can_go_home=can_go,
        text_size=text_size,
    )


def task(state: view.ClerkTaskState = view.ClerkTaskState.WAITING, picture: str = "change_receipt_roll") -> view.ClerkTask:
    """A clerk's task in some state."""
    words = {
        "change_receipt_roll": (
            "换一卷凭条纸",
            ("掀开{4}号盖，", "取出旧卷，放进新卷，", "纸头留在外面。"),
            "新纸在柜子左边的抽屉里",
        ),
        "close_cover": ("盖好打印机盖", ("找到{4}号盖，", "两边一起按下去，", "听到咔一声就好。"), "纸头要留在盖子外面"),
        "plug_cable": ("插紧读卡器线", ("找到{1}号后面的线，", "两头都往里按一按，", "看灯亮了没有。"), "线断了就点“没修好”"),
    }[picture]
    return view.ClerkTask(
        device="receipt-printer",
        code="printer.paper_out",
        picture=picture,
        appeal=words[0],
        lines=words[1],
        hint=words[2],
        state=state,
    )


def tiles(withdrawn: tuple[int, ...]) -> tuple[view.ServiceTile, ...]:
    """Five services, some of them withdrawn."""
    services = (
        ("social_security_enrolment", "社保参保证明", 1, 0),
        ("pension_arrival", "查养老金到账", 1, 0),
        ("water_power", "交水电费", 3, 0),
        ("house_book", "开居住证明", 2, 500),
        ("contribution_statement", "打印缴费明细", 1, 0),
    )
    why = view.Withdrawn(reason="打印机缺纸", elsewhere=TOWN, clerk_knows=True)
    return tuple(
        view.ServiceTile(
            service=icon, title=title, icon=icon, minutes=minutes, cost_fen=cost, withdrawn=why if index in withdrawn else None
        )
        for index, (icon, title, minutes, cost) in enumerate(services)
    )


def views(text_size: int) -> dict[str, view.View]:
    """Every page in every state that looks different, at one text size, by the name of its picture."""
    idle = frame(text_size=text_size, can_go=False)
    topics = ("养老社保", "看病医保", "交水电费", "开证明")
    found: dict[str, view.View] = {}

    def attract(standing: view.Standing, clerk: view.ClerkTask | None, shown: tuple[str, ...] = topics) -> view.Attract:
        return view.Attract(frame=idle, address="坡头区南三镇光明村", topics=shown, standing=standing, clerk_task=clerk)

    found["attract"] = attract(view.Standing.ALL_WELL, None)
    found["attract-one-topic"] = attract(view.Standing.ALL_WELL, None, topics[:1])
    found["attract-clerk-card"] = attract(view.Standing.PAPER_LOW, task())
    found["attract-clerk-testing"] = attract(view.Standing.PARTLY, task(view.ClerkTaskState.TESTING))
    home = frame(text_size=text_size)
    for name, withdrawn, pages in (("catalogue", (4,), 2), ("catalogue-half-grey", (0, 3, 4), 2), ("catalogue-all-well", (), 1)):
        shown = tiles(withdrawn)
        found[name] = view.Catalogue(frame=home, tiles=shown if text_size < 2 else shown[1:], page=1, pages=pages)
    found["catalogue-three"] = view.Catalogue(frame=home, tiles=tiles((4,))[::2], page=1, pages=1)
    why = view.Withdrawn(reason="打印机缺纸", elsewhere=TOWN, clerk_knows=True)
    for name, withdrawn_now, cost in (("guide", None, 0), ("guide-withdrawn", why, 500)):
        found[name] = view.Guide(
            frame=frame(text_size=text_size, at_step=0),
            title="社保参保证明",
            lead="证明您参加了社会保险",
            bring="身份证",
            minutes=1,
            cost_fen=cost,
            result="证明凭条 1 张",
            withdrawn=withdrawn_now,
        )
    for prompt in view.CardPrompt:
        name = "put-card" if prompt is view.CardPrompt.PUT_CARD else f"put-card-{prompt.value.replace('_', '-')}"
        found[name] = view.PutCard(frame=frame(text_size=text_size, at_step=1), prompt=prompt, help_phone=PHONE)
    found["confirm"] = view.Confirm(
        frame=frame(text_size=text_size, at_step=2), name="示*例", number="4408**********1234", area="坡头区南三镇"
    )
    for doing in view.Doing:
        found[f"working-{doing.value.replace('_', '-')}"] = view.Working(
            frame=frame(text_size=text_size, at_step=3, can_go=False), doing=doing, usual_s=5, elapsed_s=2
        )
    now_print = frame(text_size=text_size, at_step=4, can_go=False)
    title = "您的参保证明已经开好了"
    for reprint in (0, 1):
        found["printing-again" if reprint else "printing"] = view.Printing(
            frame=now_print, title=title, progress=0.62, remaining_s=6, reprint=reprint
        )
    found["print-question"] = view.PrintQuestion(
        frame=frame(text_size=text_size, at_step=4), title=title, help_phone=PHONE, code="P01"
    )
    for name, clerk, is_ready in (
        ("printer-waits", task(), False),
        ("printer-waits-mending", None, False),
        ("printer-waits-ready", None, True),
    ):
        found[name] = view.PrinterWaits(
            frame=frame(text_size=text_size, at_step=4),
            title=title,
            reason="打印机缺纸",
            task=clerk,
            is_ready=is_ready,
            help_phone=PHONE,
            code="P01",
        )
    found["show-result"] = view.ShowResult(
        frame=frame(text_size=text_size, at_step=4),
        title="查养老金到账",
        rows=(
            view.ResultRow(label="发放月份", value="2026 年 11 月"),
            view.ResultRow(label="发放金额", value="186.00 元"),
            view.ResultRow(label="到账日期", value="11 月 15 日"),
            view.ResultRow(label="到账银行", value="农村信用社 尾号 0000"),
        ),
    )
    for tear in (False, True):
        found["take-receipt-tear" if tear else "take-receipt"] = view.TakeReceipt(
            frame=frame(text_size=text_size, at_step=5), tear_by_hand=tear
        )
    found["rate"] = view.Rate(frame=home)
    found["goodbye"] = view.Goodbye(frame=home, remaining_s=8)
    found["still-there"] = view.StillThere(frame=frame(text_size=text_size, at_step=2, can_go=False), remaining_s=22, total_s=30)
    found["leave-question"] = view.LeaveQuestion(frame=frame(text_size=text_size, at_step=2))
    matters = {
        view.TroubleKind.PLATFORM_OFFLINE: (view.MatterState.NOT_DONE, True, ""),
        view.TroubleKind.PLATFORM_REFUSED: (view.MatterState.NOT_DONE, False, "没有查到您的参保记录"),
        view.TroubleKind.OUTCOME_UNKNOWN: (view.MatterState.UNKNOWN, True, ""),
        view.TroubleKind.SERVICE_WITHDRAWN: (view.MatterState.NOT_DONE, False, "打印机坏了"),
        view.TroubleKind.RESTARTED: (view.MatterState.DONE, False, ""),
    }
    for kind in view.TroubleKind:
        state, can_try, said = matters.get(kind, (view.MatterState.NOT_DONE, True, ""))
        found[f"trouble-{kind.value.replace('_', '-')}"] = view.Trouble(
            frame=frame(text_size=text_size, at_step=3),
            happened=kind,
            said=said,
            matter=state,
            can_try_again=can_try,
            elsewhere=TOWN if state is view.MatterState.NOT_DONE else None,
            help_phone=PHONE,
            code="N01",
        )
    for is_sent in (False, True):
        found["help-reported" if is_sent else "help"] = view.Help(
            frame=home, clerk_phone=CLERK_PHONE, help_phone="12345", repair_reported=is_sent
        )
    found["text-sizes"] = view.TextSizes(frame=home)
    found["voice"] = view.Voice(frame=home, volume=2)
    for clerk_state in view.ClerkTaskState:
        waiting = clerk_state is view.ClerkTaskState.WAITING
        found["clerk-page" if waiting else f"clerk-page-{clerk_state.value.replace('_', '-')}"] = view.ClerkPage(
            frame=home, task=task(clerk_state)
        )
    for picture in ("close_cover", "plug_cable"):
        found[f"clerk-page-{picture.replace('_', '-')}"] = view.ClerkPage(frame=home, task=task(picture=picture))
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
    return found
