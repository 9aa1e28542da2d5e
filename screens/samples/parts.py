"""What several samples share: the frame, the clerk's tasks, the services, the places."""

from datetime import UTC, datetime, timedelta, timezone

from kiosk.display.vocabulary import view

NOON_IN_BEIJING = datetime(2026, 11, 23, 10, 25, tzinfo=timezone(timedelta(hours=8)))
PHONE = "0759-555-0101"
CLERK_PHONE = "0759-555-0102"
STEPS = ("guide", "identify", "confirm", "submit", "print")
MOST_STEPS = ("guide", "identify", "confirm", "face", "scan", "pay", "submit", "print", "rate")
TOWN = view.Elsewhere(name="镇便民中心", distance_km=2.3, hours="开到下午 5 点半")
CERTIFICATE = "您的参保证明已经开好了"

_TASKS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "change_receipt_roll": (
        "换一卷凭条纸",
        ("掀开{4}号盖，", "取出旧卷，放进新卷，", "纸头留在外面。"),
        "新纸在柜子左边的抽屉里",
    ),
    "close_cover": ("盖好打印机盖", ("找到{4}号盖，", "两边一起按下去，", "听到咔一声就好。"), "纸头要留在盖子外面"),
    "plug_cable": ("插紧读卡器线", ("找到{1}号后面的线，", "两头都往里按一按，", "看灯亮了没有。"), "线断了就点“没修好”"),
    "clear_receipt_jam": ("取出卡住的纸", ("掀开{4}号盖，", "把卡住的纸轻轻拉出来，", "再盖好盖子。"), "碎纸也要拿干净"),
    "load_a4_paper": ("给打印机加纸", ("拉开{5}号下面的纸盒，", "放进一叠新纸，", "推回去，推到底。"), "新纸在柜子里面"),
    "clear_a4_jam": ("取出卡住的纸", ("打开{5}号后面的门，", "两手把纸慢慢拉出来，", "再关好门。"), "纸破了，碎片也要拿净"),
    "close_a4_door": ("关好打印机门", ("找到{5}号打印机的门，", "往里推，", "听到咔一声就好。"), "关不上就点“没修好”"),
    "wipe_camera": ("擦一擦摄像头", ("找到屏幕上面的摄像头，", "用软布轻轻擦，", "看得清就好。"), "软布在柜子左边的抽屉里"),
    "clear_table": ("清一清桌面", ("看右边的桌面，", "把上面的东西都拿走，", "再用布擦一擦。"), "桌面要空着，才拍得清"),
    "take_left_card": ("收好忘下的卡", ("看{1}号和{2}号位置，", "把卡拿走收好，", "等人来找。"), "卡上写着是谁的"),
    "close_cabinet": ("关好柜子门", ("看柜子的门，", "往里推到底，", "把锁扣上。"), "锁不上就点“没修好”"),
    "plug_mains": ("插紧电源插头", ("看柜子后面的插座，", "把插头往里按紧，", "看灯亮了没有。"), "停电了，就等来电"),
}
PICTURES = tuple(_TASKS)


def frame(*, text_size: int, at_step: int | None = None, can_go: bool = True, steps: tuple[str, ...] = STEPS) -> view.Frame:
    """The frame of a sample; ``at_step`` counts from 0, one past the end is all done."""
    dots: tuple[view.StepDot, ...] = ()
    if at_step is not None:
        states = (view.StepState.DONE, view.StepState.NOW, view.StepState.TO_COME)
        dots = tuple(
            view.StepDot(step=step, state=states[(index >= at_step) + (index > at_step)]) for index, step in enumerate(steps)
        )
    return view.Frame(
        place="光明村",
        local_time=NOON_IN_BEIJING.astimezone(UTC).astimezone(NOON_IN_BEIJING.tzinfo),
        steps=dots,
        can_go_back=can_go,
        can_go_home=can_go,
        text_size=text_size,
    )


def task(state: view.ClerkTaskState = view.ClerkTaskState.WAITING, picture: str = "change_receipt_roll") -> view.ClerkTask:
    """A clerk's task in some state."""
    appeal, lines, hint = _TASKS[picture]
    return view.ClerkTask(
        device="receipt-printer",
        code="printer.paper_out",
        picture=picture,
        appeal=appeal,
        lines=lines,
        hint=hint,
        state=state,
    )


def withdrawn() -> view.Withdrawn:
    """Why a service cannot be finished now."""
    return view.Withdrawn(reason="打印机缺纸", elsewhere=TOWN, clerk_knows=True)
