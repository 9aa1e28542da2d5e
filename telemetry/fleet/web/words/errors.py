"""Pages that say what did not work."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "not_found": ("没有这一页", "No such page"),
    "not_found_kiosk": ("没有这台终端：{what}", "No such kiosk: {what}"),
    "not_found_line": ("终端第一次连上以后才会有它的一页。", "A kiosk has a page once it has connected for the first time."),
    "to_overview": ("回总览", "To the overview"),
    "store_away": ("数据暂时读不到。", "The store cannot be read now."),
    "store_away_line": (
        "终端照常办事，消息在队列里，没有丢。30 秒后自动再试。",
        "Kiosks go on serving; messages wait in the queue. Trying again in 30 s.",
    ),
    "bad_request": ("地址里的条件看不懂", "The address cannot be read"),
}
