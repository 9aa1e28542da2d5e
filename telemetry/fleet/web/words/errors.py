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
    "sorry_not_done": ("这一步没有做", "This was not done"),
    "sorry_not_allowed": ("权限不够，没有做", "Not allowed: this was not done"),
    "sorry_may": ("{what}：{who}可以", "{what}: may be done by {who}"),
    "sorry_or": ("、", ", "),
    "sorry_you_are": ("您是{name}（{role}）。", "You are {name} ({role})."),
    "sorry_your_areas": ("您的片区：{areas}。", "Your areas: {areas}."),
    "sorry_noted": ("这次请求已记入审计。", "The request stands in the audit."),
    "sorry_csrf": (
        "页面太旧，或登录已经换过。回到页面刷新一次，再做这一步。",
        "The page is too old, or somebody signed in anew. Reload it and do this again.",
    ),
    "sorry_origin": (
        "这一步不是从本系统的页面发来的，所以没有做。",
        "This did not come from a page of this service, so it was not done.",
    ),
    "sorry_host": (
        "请用本机地址 127.0.0.1 打开：这里没有开启登录，只给本机用。",
        "Open this as 127.0.0.1: nobody signs in here, so it is for this machine alone.",
    ),
    "sorry_form": ("表单读不出来：太长、太慢或写坏了。", "The form cannot be read: too long, too slow, or broken."),
    "sorry_why": ("原因：{what}", "Because: {what}"),
}
