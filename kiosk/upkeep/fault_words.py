"""What others are told of the fault catalogue: the dashboard's words and the manual's page, written from the one file.

``python -m kiosk.upkeep.fault_words`` writes both; a test fails while they are not up to date.
"""

import json
from pathlib import Path

from drivers.contract.fault import Remedy, Severity
from kiosk.upkeep.fault_catalogue import FaultCatalogue, FaultEntry, load_catalogue

HOUSE = Path(__file__).parents[2]
DASHBOARD_WORDS = Path("telemetry/fleet/fault_words.json")
MANUAL_PAGE = Path("docs/manual/faults.md")

REMEDIES = {
    Remedy.WAIT: "等，会自己好",
    Remedy.RESET: "机器在自己修",
    Remedy.CLERK: "村助手",
    Remedy.TECHNICIAN: "维修人员",
    Remedy.CONFIGURE: "县里改配置",
}
"""Who can end it, in words."""

SEVERITIES = {Severity.BLOCKING: "停办", Severity.DEGRADED: "照办"}


def dashboard_words(catalogue: FaultCatalogue) -> str:
    """The words the fleet service shows, as JSON: code -> words."""
    words = {
        entry.code: {
            "title_zh": entry.title_zh,
            "title_en": entry.title_en,
            "short": entry.short,
            "severity": entry.severity.value,
            "remedy": entry.remedy.value,
            "villager": entry.villager,
            "technician": list(entry.technician),
        }
        for entry in catalogue
    }
    return json.dumps(words, ensure_ascii=False, indent=2) + "\n"


def manual_page(catalogue: FaultCatalogue) -> str:
    """The page of the manual: one table to look a code up, then one section a fault."""
    lines = [
        "# 故障一览 / Faults",
        "",
        "Written from `kiosk/upkeep/faults/` by `python -m kiosk.upkeep.fault_words`. Change it there.",
        "",
        "| 短码 | 故障 | Fault | 业务 | 谁来处理 | 代码 |",
        "|---|---|---|---|---|---|",
    ]
    entries = sorted(catalogue, key=lambda entry: entry.short)
    lines += [
        f"| {entry.short} | {entry.title_zh} | {entry.title_en} | {SEVERITIES[entry.severity]} | {REMEDIES[entry.remedy]} |"
        f" `{entry.code}` |"
        for entry in entries
    ]
    for entry in entries:
        lines += ["", *_section(entry)]
    return "\n".join(lines) + "\n"


def write(house: Path) -> None:
    """Write both files below ``house``."""
    catalogue = load_catalogue()
    for path, text in ((DASHBOARD_WORDS, dashboard_words(catalogue)), (MANUAL_PAGE, manual_page(catalogue))):
        (house / path).parent.mkdir(parents=True, exist_ok=True)
        (house / path).write_text(text, encoding="utf-8")


def _section(entry: FaultEntry) -> list[str]:
    lines = [f"## {entry.short} {entry.title_zh}", "", f"{entry.title_en} (`{entry.code}`). 屏幕上写：{entry.villager}。", ""]
    if entry.clerk is not None:
        steps = "".join(_with_places(line) for line in entry.clerk.lines)
        lines += [f"村助手：**{entry.clerk.appeal}**。{steps}（{_with_places(entry.clerk.hint)}）", ""]
    lines += [f"{number}. {step}" for number, step in enumerate(entry.technician, start=1)]
    return lines


def _with_places(line: str) -> str:
    for place in "12345":
        line = line.replace(f"{{{place}}}", f" {place} ")
    return line.strip()


if __name__ == "__main__":
    write(HOUSE)
