"""What stands around every page."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "product": ("智助", "Zhizhu"),
    "product_sub": ("Zhizhu fleet", "智助运维"),
    "title_suffix": ("智助运维", "Zhizhu fleet"),
    "nav": ("主导航", "Main"),
    "overview": ("总览", "Overview"),
    "alarms": ("告警", "Alarms"),
    "kiosks": ("终端", "Kiosks"),
    "kiosk": ("终端", "Kiosk"),
    "find": ("搜终端、村、故障代码", "Kiosk, village, fault code"),
    "theme": ("明暗", "Theme"),
    "language": ("English", "中文"),
    "data": ("数据", "Data"),
    "ago": ("前", "ago"),
    "no_data_yet": ("还没有数据", "no data yet"),
    "units_kiosks": ("台", ""),
    "skip": ("跳到内容", "Skip to content"),
    "csv": ("导出 CSV", "CSV"),
    "freshness": ("数据新鲜度", "Freshness"),
    "heard_within": ("{limit} 内有心跳", "heard within {limit}"),
    "silent": ("静默", "silent"),
    "longest": ("最久", "longest"),
    "oldest_green": ("最老的就绪读数", "oldest ready reading"),
    "queued_at_kiosks": ("终端待发", "queued at kiosks"),
    "messages": ("条", "messages"),
    "stale_at": ("数据截至", "Data as of"),
    "stale_for": ("已", "for"),
    "stale_again": ("正在重连，第", "reconnecting, try"),
    "stale_times": ("次", ""),
    "kept_why": (
        "数据库暂时读不到，颜色已撤下。终端照常办事，消息在排队，没有丢；恢复后本页自动更新。",
        "The store cannot be read now; colours are off. Kiosks go on serving, messages wait and are not lost; "
        "this page follows by itself once it is back.",
    ),
    "stale_why": (
        "与服务器的连接断了，本页不再更新，颜色已撤下。",
        "The connection to the server is lost; this page no longer changes and shows no colours.",
    ),
}
