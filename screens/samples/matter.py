"""Samples of the pages while the machine works and when a matter is done."""

from kiosk.display.vocabulary import view
from screens.samples.parts import MOST_STEPS, frame


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    home = frame(text_size=text_size)
    found: dict[str, view.View] = {}
    for doing in view.Doing:
        steps = MOST_STEPS if doing is view.Doing.SENDING_PAPERS else ("guide", "identify", "confirm", "submit", "print")
        found[f"working-{doing.value.replace('_', '-')}"] = view.Working(
            frame=frame(text_size=text_size, at_step=steps.index("submit"), can_go=False, steps=steps),
            doing=doing,
            usual_s=5,
            elapsed_s=2,
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
    found["rate"] = view.Rate(frame=home)
    found["goodbye"] = view.Goodbye(frame=home, remaining_s=8)
    return found
