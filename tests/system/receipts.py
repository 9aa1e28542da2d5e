"""The papers on the table: which are whole receipts, and whether anything else is on them."""

import re
from pathlib import Path

from tests.system.demo import Demo

FIRST_LINE = "坡头区社会保险基金管理局"
LAST_LINE = "演示用，内容均为虚构"
TITLE = "社会保险参保证明"
CODE = re.compile(r"〔二维码 \S+〕")


def texts(demo: Demo) -> list[str]:
    """What is printed on every paper, oldest first."""
    return [Path(paper["txt"]).read_text(encoding="utf-8") for paper in demo.papers()]


def is_whole(text: str) -> bool:
    """Whether the receipt came out from its first line to its last."""
    return TITLE in text and LAST_LINE in text and CODE.search(text) is not None


def is_alone(text: str) -> bool:
    """Whether there is one whole receipt on the paper, and nothing of any other."""
    lines = [line.strip() for line in text.strip().splitlines()]
    body = [line for line in lines if not line.startswith("补打")]
    return (
        is_whole(text)
        and body[0] == FIRST_LINE
        and body[-1] == LAST_LINE
        and all(text.count(once) == 1 for once in (FIRST_LINE, TITLE, LAST_LINE, "编号"))
        and len(CODE.findall(text)) == 1
    )


def whole(demo: Demo) -> list[str]:
    """The whole receipts among all papers."""
    return [text for text in texts(demo) if is_whole(text)]
