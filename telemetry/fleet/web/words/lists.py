"""Lists of kiosks and of alarms."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "narrow_it": ("请用上面的条件缩小范围", "narrow it with the conditions above"),
    "filter": ("筛选", "Filter"),
    "all": ("全部", "All"),
    "open": ("未了结", "Open"),
    "ended": ("已了结", "Ended"),
    "town": ("乡镇", "Town"),
    "raised_at": ("出现", "Raised"),
    "ended_at": ("了结", "Ended"),
    "severity": ("轻重", "Severity"),
    "code": ("代码", "Code"),
    "cause": ("根因", "Cause"),
    "open_now": ("未了结", "open"),
    "faults": ("故障", "Faults"),
    "queue": ("待发", "Queued"),
    "older": ("更早", "Older"),
    "apply": ("查", "Show"),
}
