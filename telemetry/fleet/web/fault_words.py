"""What a fault code means in words. Generated from the kiosk's fault catalogue; a code it does not know is still shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telemetry.fleet.web.words import Language

GENERATED = Path(__file__).resolve().parent.parent / "fault_words.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWord:
    """One code in words.

    Attributes:
        short: At most four characters: what stands on the kiosk's screen beside the phone number.
        clerk: The clerk's one action; empty when hands would not help.
        technician: The technician's steps in order.
        is_known: Whether the catalogue of this version has the code.
    """

    code: str
    title_zh: str
    title_en: str
    short: str
    clerk: str
    technician: tuple[str, ...]
    is_known: bool

    def title(self, language: Language) -> str:
        """Return what is wrong; the code's last word where there is no title."""
        return (self.title_zh if language is Language.ZH else self.title_en) or self.code


OF_THE_FLEET: Mapping[str, FaultWord] = {
    code: FaultWord(code=code, title_zh=zh, title_en=en, short=short, clerk="", technician=steps, is_known=True)
    for code, zh, en, short, steps in (
        (
            "kiosk.silent",
            "终端没有消息",
            "Kiosk is silent",
            "N03",
            (
                "先看同镇的终端是否也静默：是，则查线路",
                "打电话问村助手：终端亮不亮，网线灯亮不亮",
                "都正常仍静默，到场查主机与光猫",
            ),
        ),
        (
            "area.without_power",
            "多台同时停电",
            "Power cut",
            "N05",
            (
                "打给供电公司：说线路或村名和从几点起",
                "问什么时候来电，记进工单",
                "来电后终端自己报到，工单自动验证",
            ),
        ),
        (
            "area.cut_off",
            "多台同时断网",
            "Line cut",
            "N06",
            (
                "打给线路运营商：说光节点或链路名和从几点起",
                "问什么时候恢复，记进工单",
                "恢复后终端自己报到，工单自动验证",
            ),
        ),
        (
            "area.silent",
            "多台同时静默",
            "Silent together",
            "N07",
            (
                "问一位村助手：屋里有没有电，网线灯亮不亮",
                "没电打给供电公司，有电打给运营商",
                "原因知道后工单自己转给那一家",
            ),
        ),
        (
            "kiosk.cloned",
            "两台机器用同一个编号",
            "Two machines are one kiosk",
            "N04",
            (
                "问两处的村助手：最近谁换过主机或硬盘",
                "看本终端页的“位置”和“型号”在两台之间来回变",
                "给复制的那台重新编号，收回旧凭证",
            ),
        ),
    )
}
"""Faults only the server can see; no kiosk's catalogue has them.

Their short codes must be nobody else's: S01 and so on are the screen's own, said over the telephone when no fault is behind a
page, and every other letter is shared with the catalogue, number by number.
"""


class FaultWords:
    """The catalogue's words by code."""

    def __init__(self, words: Mapping[str, FaultWord]) -> None:
        self._words = {**OF_THE_FLEET, **words}

    @property
    def codes(self) -> frozenset[str]:
        """Every code with words."""
        return frozenset(self._words)

    def of(self, code: str) -> FaultWord:
        """Return the words of a code; empty ones, marked unknown, when this version has none."""
        return self._words.get(code) or FaultWord(
            code=code, title_zh="", title_en="", short="", clerk="", technician=(), is_known=False
        )


def load(path: Path = GENERATED) -> FaultWords:
    """Read the generated words. A missing file or a strange entry costs its words, never a page."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return FaultWords({})
    if not isinstance(entries, dict):
        return FaultWords({})
    return FaultWords({code: _word(code, entry) for code, entry in entries.items() if isinstance(entry, dict)})


def _word(code: str, entry: Mapping[str, Any]) -> FaultWord:
    return FaultWord(
        code=code,
        title_zh=_text(entry.get("title_zh")),
        title_en=_text(entry.get("title_en")),
        short=_text(entry.get("short")),
        clerk=_text(entry.get("clerk")),
        technician=tuple(_text(step) for step in _list(entry.get("technician"))),
        is_known=True,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
