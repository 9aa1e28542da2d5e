"""The words of the dashboard, Chinese first, English beside it; and how ages, moments and shares are said in each."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from enum import StrEnum

CHINA = timezone(timedelta(hours=8), "CST")
"""Where the kiosks stand, and the clock on the wall of the bureau."""

WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Language(StrEnum):
    """Languages of the dashboard."""

    ZH = "zh"
    EN = "en"


_WORDS: Mapping[str, tuple[str, str]] = {
    # frame
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
    "stale_why": (
        "与服务器的连接断了，本页不再更新，颜色已撤下。",
        "The connection to the server is lost; this page no longer changes and shows no colours.",
    ),
    # overview
    "can_serve": ("现在能办事", "Can serve now"),
    "of_kiosks": ("台", "kiosks"),
    "hero_line": ("{full} 台全部事项，{partly} 台部分事项", "{full} all services, {partly} some"),
    "full": ("全部能办", "All services"),
    "partly": ("部分能办", "Some services"),
    "none": ("不能办", "No service"),
    "unknown": ("状态未知", "Unknown"),
    "low_supply_count": ("其中 {n} 台耗材将尽", "{n} run low on supplies"),
    "no_low_supply": ("没有耗材将尽的", "no supplies running low"),
    "nothing_here": ("没有", "none"),
    "silence_is_not_fine": ("静默不等于正常", "silent is not fine"),
    "silent_longest": ("静默最久 {age}", "longest {age}"),
    "done_today": ("今天已办", "Done today"),
    "matters": ("件", ""),
    "in_progress": ("正在办 {n} 件", "{n} in progress"),
    "services_open": ("可办事项", "Services open"),
    "services_of": ("{offered} / {total} 项", "{offered} of {total}"),
    "ended_today": ("今天了结故障", "Faults ended today"),
    "times": ("次", ""),
    "by_itself_of": ("{n} 次不用人", "{n} alone"),
    "needs_people": ("今天需要人", "Needs a person today"),
    "healing": ("另有 {n} 条正在自愈，不用出门", "{n} more end by themselves"),
    "healing_none": ("按谁能了结排，先停办后久等", "by who can end it, then harm, then age"),
    "who_ends": ("谁能了结", "Who ends it"),
    "what": ("出了什么事", "What is wrong"),
    "impact": ("村民受影响", "For villagers"),
    "lasting": ("已持续", "For"),
    "next_step": ("下一步", "Next"),
    "all_stopped": ("全停", "All stopped"),
    "stopped_n": ("停 {n} 项", "{n} stopped"),
    "less_well": ("照常，稍差", "Less well"),
    "no_impact": ("照常", "As usual"),
    "unknown_impact": ("不明，终端静默", "Unknown, silent"),
    "nothing_needed": ("没有要人处理的故障", "Nothing needs a person"),
    "nothing_needed_line": (
        "{n} 台在 {limit} 内有心跳，最近一条 {when} 了结。",
        "{n} kiosks heard within {limit}; the last fault ended at {when}.",
    ),
    "nothing_needed_never": ("{n} 台在 {limit} 内有心跳，还没有出过故障。", "{n} kiosks heard within {limit}; no fault so far."),
    "no_kiosk_title": ("还没有终端报到", "No kiosk has reported yet"),
    "no_kiosk_line": ("终端第一次连上以后，会自己出现在这里。", "A kiosk appears here by itself once it has connected."),
    "and_others": ("等 {n} 台", "and others, {n}"),
    "more_rows": ("还有 {n} 条", "{n} more"),
    "filtered": ("正在筛选：{what}", "Filtered: {what}"),
    "clear_filter": ("清除全部", "Clear"),
    "too_narrow": ("“{what}”没有结果", "Nothing for “{what}”"),
    "too_narrow_line": ("不筛选时共有 {n} 条。", "There are {n} without the filter."),
    "few_line": ("每台现在的样子", "each as it is now"),
    "silent_kiosks": ("静默的终端", "Silent kiosks"),
    "silent_line": ("不知道好坏，先查网络和电", "nobody knows; look at network and power first"),
    "silent_town": ("{silent} / {all} 台静默", "{silent} of {all} silent"),
    "silent_since": ("最早从 {when} 起", "since {when}"),
    "handover": ("{when} 以来", "Since {when}"),
    "handover_sub": ("交接班看这里", "for the shift change"),
    "new_faults": ("新出故障", "New faults"),
    "kiosks_n": ("{n} 台", "{n} kiosks"),
    "self_ended": ("不用人，自行恢复", "Ended by itself"),
    "clerk_ended": ("村助手处理好", "Ended by a clerk"),
    "visits_done": ("村民办成", "Matters done"),
    "repairs": ("村民或村助手报修", "Repair requests"),
    "villages": ("各村终端", "Villages"),
    "villages_sub": ("示意图，每格一村", "one cell a village"),
    "villages_end": ("乡镇旁：能办 / 全部", "beside the town: serving / all"),
    "no_town": ("未填乡镇", "no town given"),
    "who_knew": ("谁先知道", "Who knew first"),
    "who_knew_sub": ("近 14 天每天", "each of 14 days"),
    "who_knew_total": ("村民先报修 {n} 次", "villagers first: {n}"),
    "we_first": ("终端自报故障", "Us"),
    "they_first": ("村民先报修", "Villagers"),
    # kiosk page
    "previous": ("上一台", "Previous"),
    "next": ("下一台", "Next"),
    "model": ("机型", "Model"),
    "services_can": ("能办", "Open"),
    "services_unit": ("项", "services"),
    "devices": ("设备", "Devices"),
    "device": ("设备", "Device"),
    "state": ("状态", "State"),
    "reading": ("读数", "Reading"),
    "how_old": ("多久前", "Age"),
    "evidence": ("证据", "Evidence"),
    "port": ("端口", "Port"),
    "devices_line": ("{ready} 台就绪，{bad} 台不正常；读数超过 {limit} 变灰", "{ready} ready, {bad} not; grey after {limit}"),
    "release": ("发布", "Release"),
    "never_read": ("从未读到", "never read"),
    "last_was": ("上次{state}", "last {state}"),
    "sees_now": ("村民现在看到的", "What the villager sees now"),
    "picture": ("画面", "Screen"),
    "in_visit": ("正在办", "In a visit"),
    "step_of": ("第 {step} / {steps} 步", "step {step} of {steps}"),
    "idle": ("没有人在办事", "Nobody is being served"),
    "service": ("事项", "Service"),
    "masked": (
        "个人信息从不离开终端，画面按页面种类重画",
        "Personal data never leaves the kiosk; this is redrawn from the kind of page",
    ),
    "unknown_screen": ("终端静默，画面是上次听到时的", "Silent: the screen as last heard"),
    "link_facts": ("网络与数据", "Link and data"),
    "last_heard": ("上次听到", "Last heard"),
    "life": ("第 {n} 次连接", "connection {n}"),
    "stored_to": ("已入库到", "Stored up to"),
    "waiting_to_send": ("待发", "Waiting to send"),
    "shed": ("断网期间舍弃", "Shed while offline"),
    "clock": ("终端时钟", "Kiosk's clock"),
    "clock_ok": ("准，差 {s} 秒", "confirmed, {s} s off"),
    "clock_bad": ("未校准，{s} 秒", "not confirmed, {s} s off"),
    "heartbeat": ("心跳", "Heartbeat"),
    "every": ("每 {s} 秒", "every {s} s"),
    "address": ("地址", "Address"),
    "timeline": ("7 天时间线", "Seven days"),
    "timeline_today": ("今天的时间线", "Today"),
    "seven_days": ("7 天", "7 days"),
    "today": ("今天", "Today"),
    "faults_n": ("故障 {n} 次", "{n} faults"),
    "still_open": ("，未了结", ", still open"),
    "stops_services": ("事项停办", "withdraws services"),
    "degraded": ("降级", "degraded"),
    "silent_unknown": ("静默 = 未知", "silent = unknown"),
    "visits_lane": ("办件", "Visits"),
    "visits_n": ("{n} 件", "{n}"),
    "now": ("现在", "now"),
    "supplies": ("耗材", "Supplies"),
    "supplies_line": ("终端自己报的余量", "as the kiosk itself reports"),
    "days_left": ("约 {n} 天", "about {n} days"),
    "no_supplies": ("这台没有会报余量的耗材", "Nothing here reports what it has left"),
    "cannot_tell": ("测不出余量", "cannot tell"),
    "runs_low": ("将尽", "low"),
    "enough": ("够用", "enough"),
    "open_faults": ("未了结的故障", "Open faults"),
    "how_to_end": ("怎么了结", "how to end them"),
    "no_open_faults": ("没有未了结的故障", "No open fault"),
    "no_open_line": ("最近一条 {when} 了结。", "The last one ended at {when}."),
    "no_fault_ever": ("这台还没有报过故障。", "This kiosk has never reported one."),
    "steps_for_technician": ("技术员步骤", "Technician's steps"),
    "no_steps": (
        "目录里还没有这个代码的步骤，按“技术员到场检查”处理。",
        "The catalogue has no steps for this code yet: have a technician look.",
    ),
    "unknown_code": ("终端报了这版目录里没有的故障", "A fault this version's catalogue does not know"),
    "since": ("自", "since"),
    "log": ("记录", "Log"),
    "log_line": ("终端发来的，最新在上", "as it came, newest first"),
    "no_log": ("还没有记录", "Nothing yet"),
    "raised": ("出现", "raised"),
    "cleared": ("了结", "ended"),
    "replayed": ("补发", "late"),
    "cleared_by": ("由{who}", "by {who}"),
    # lists
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
    # errors
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

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "UNKNOWN": ("未知", "unknown"),
    "READY": ("就绪", "ready"),
    "BUSY": ("在用", "in use"),
    "DEGRADED": ("降级", "degraded"),
    "FAILED": ("故障", "failed"),
    "UNREACHABLE": ("连不上", "unreachable"),
    "NOT_FITTED": ("未装配", "not fitted"),
}
REMEDIES: Mapping[str, tuple[str, str]] = {
    "CLERK": ("村助手", "Clerk"),
    "TECHNICIAN": ("技术员", "Technician"),
    "CONFIGURE": ("县局配置", "Bureau"),
    "RESET": ("自动复位", "Resets itself"),
    "WAIT": ("等待", "Wait"),
}
NEXT_STEPS: Mapping[str, tuple[str, str]] = {
    "CLERK": ("屏幕已请村助手", "Screen asks the clerk"),
    "TECHNICIAN": ("派技术员到场", "Send a technician"),
    "CONFIGURE": ("县局改配置", "Correct configuration"),
    "RESET": ("终端自己复位中", "The kiosk resets it"),
    "WAIT": ("等它自己恢复", "Ends by itself"),
}
SEVERITIES: Mapping[str, tuple[str, str]] = {"BLOCKING": ("停办", "blocking"), "DEGRADED": ("降级", "degraded")}
KINDS: Mapping[str, tuple[str, str]] = {
    "id_card_reader": ("身份证读卡器", "ID card reader"),
    "smartcard_reader": ("社保卡读卡器", "Smart card reader"),
    "camera": ("摄像头", "Camera"),
    "receipt_printer": ("凭条打印机", "Receipt printer"),
    "document_printer": ("A4 打印机", "A4 printer"),
    "code_scanner": ("扫码器", "Code scanner"),
    "document_scanner": ("高拍仪", "Document scanner"),
    "cabinet": ("柜体", "Cabinet"),
    "display": ("触摸屏与画面", "Display"),
    "link": ("网络", "Link"),
    "platform": ("政务平台", "Platform"),
    "kiosk": ("整机", "Kiosk"),
}
KINDS_SHORT: Mapping[str, tuple[str, str]] = {
    "id_card_reader": ("读卡", "card"),
    "smartcard_reader": ("社保卡", "smart card"),
    "camera": ("摄像头", "camera"),
    "receipt_printer": ("打印", "printer"),
    "document_printer": ("A4", "A4"),
    "code_scanner": ("扫码", "code"),
    "document_scanner": ("高拍", "scanner"),
    "cabinet": ("柜体", "cabinet"),
    "display": ("屏幕", "display"),
    "kiosk": ("整机", "kiosk"),
}
MEASUREMENTS: Mapping[str, tuple[str, str]] = {
    "printed": ("已打印", "printed"),
    "pages": ("已打页数", "pages"),
    "temperature": ("温度", "temperature"),
    "battery": ("电池", "battery"),
    "runtime": ("还能撑", "runtime"),
    "voltage": ("电压", "voltage"),
    "load": ("负载", "load"),
    "disk_free": ("磁盘剩余", "disk free"),
}
SUPPLIES: Mapping[str, tuple[str, str]] = {
    "receipt_paper": ("凭条纸", "Receipt paper"),
    "document_paper": ("A4 纸", "A4 paper"),
    "paper": ("纸", "Paper"),
    "toner": ("碳粉", "Toner"),
    "cutter": ("切刀", "Cutter"),
}
PAGES: Mapping[str, tuple[str, str]] = {
    "attract": ("点这里开始", "Touch to start"),
    "catalogue": ("您要办什么？", "What do you need?"),
    "guide": ("办事指南", "Guide"),
    "put_card": ("请放身份证", "Lay your card here"),
    "take_card_first": ("请先拿走卡", "Take the card away first"),
    "confirm": ("请核对您的信息", "Is this you?"),
    "face": ("请看摄像头", "Look into the camera"),
    "scan": ("请放材料", "Lay your papers down"),
    "pay": ("扫码缴费", "Pay by phone"),
    "working": ("正在办理", "Working"),
    "printing": ("正在打印", "Printing"),
    "print_question": ("纸出来了吗？", "Did the paper come?"),
    "printer_waits": ("打印机要先处理一下", "The printer needs something"),
    "show_result": ("办理结果", "Result"),
    "show_code": ("请用手机拍下来", "Photograph the code"),
    "take_receipt": ("请拿好凭条和证件", "Take card and receipt"),
    "rate": ("请您评价", "Please rate"),
    "goodbye": ("谢谢", "Thank you"),
    "still_there": ("您还在吗？", "Are you still there?"),
    "leave_question": ("要回首页吗？", "Leave this matter?"),
    "trouble": ("没办成，看怎么办", "It did not work"),
    "help": ("叫人帮忙", "Help"),
    "text_sizes": ("字的大小", "Text size"),
    "voice": ("语音", "Voice"),
    "clerk_page": ("请村助手处理", "For the clerk"),
    "out_of_service": ("暂停服务", "Out of service"),
}
EVENTS: Mapping[str, tuple[str, str]] = {
    "visit.started": ("开始办事", "visit started"),
    "visit.ended": ("办事结束", "visit ended"),
    "submit.settled": ("提交有结果", "submission settled"),
    "print.settled": ("打印有结果", "print settled"),
    "rating.given": ("评价", "rated"),
    "repair.requested": ("报修", "repair requested"),
    "payment.settled": ("缴费有结果", "payment settled"),
    "papers.handed_in": ("材料已上传", "papers handed in"),
    "face.compared": ("刷脸有结果", "face compared"),
    "receipt.not_taken": ("凭条没人拿", "receipt not taken"),
    "card.left": ("卡忘在机器上", "card left behind"),
    "healing.helped": ("自愈成功", "healed by itself"),
    "healing.failed": ("自愈没成功", "healing did not help"),
    "selftest.done": ("自检完成", "self-test done"),
    "display.restarted": ("画面重启", "display restarted"),
    "clerk.mended": ("村助手按“修好了”", "clerk: mended"),
    "clerk.gave_up": ("村助手按“没修好”", "clerk: not mended"),
    "birth": ("连上", "connected"),
    "death": ("断开", "went away"),
    "status": ("设备状态变了", "device changed"),
}
FIELDS: Mapping[str, tuple[str, str]] = {
    "service": ("事项", "service"),
    "outcome": ("结果", "outcome"),
    "seconds": ("用时（秒）", "seconds"),
    "steps": ("步数", "steps"),
    "level": ("几级", "level"),
    "reprint": ("补打", "reprint"),
    "device": ("设备", "device"),
    "code": ("代码", "code"),
    "reason": ("原因", "reason"),
}
ENDERS: Mapping[str, tuple[str, str]] = {
    "self": ("自行恢复", "itself"),
    "reset": ("自动复位", "a reset"),
    "clerk": ("村助手", "the clerk"),
    "technician": ("技术员", "a technician"),
    "birth": ("重新连上时已好", "found well at connect"),
}
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "done": ("办成", "done"),
    "not_done": ("没办成", "not done"),
    "unknown": ("结果不明", "unknown"),
    "without_receipt": ("办成，凭条没出来", "done, no receipt"),
    "refused": ("平台没受理", "refused"),
    "left": ("自己离开", "left"),
    "timed_out": ("没人操作", "timed out"),
    "interrupted": ("中断", "interrupted"),
    "not_started": ("没开始", "not started"),
    "partial": ("只出来一部分", "partial"),
    "failed": ("失败", "failed"),
}


class Words:
    """Speaks one language in one time zone."""

    def __init__(self, language: Language, zone: timezone = CHINA) -> None:
        self.language = language
        self._at = 0 if language is Language.ZH else 1
        self._zone = zone

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of a key; an unknown key is a bug and raises KeyError."""
        return _WORDS[key][self._at].format(**values)

    def pick(self, table: Mapping[str, tuple[str, str]], word: str) -> str:
        """Return our words for a word off the wire, or the word itself: a newer kiosk is still shown."""
        pair = table.get(word)
        return pair[self._at] if pair else word

    def age(self, seconds: float) -> str:
        """Say how long ago: two units at most."""
        s = int(seconds)
        zh = self._at == 0
        if s < 60:
            return f"{s} 秒" if zh else f"{s} s"
        if s < 3600:
            return f"{s // 60} 分" if zh else f"{s // 60} min"
        if s < 86400:
            hours, minutes = s // 3600, s % 3600 // 60
            return f"{hours} 小时 {minutes} 分" if zh else f"{hours} h {minutes} min"
        days, hours = s // 86400, s % 86400 // 3600
        return f"{days} 天 {hours} 小时" if zh else f"{days} d {hours} h"

    def span(self, seconds: float) -> str:
        """Say a limit: seconds up to two minutes, so that 75 s is not rounded to one minute."""
        return self.age(seconds) if seconds >= 120 else f"{seconds:g} 秒" if self._at == 0 else f"{seconds:g} s"

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the wall clock."""
        return moment.astimezone(self._zone)

    def when(self, moment: datetime, *, now: datetime) -> str:
        """Say a moment: the time today, 昨 and time yesterday, month and day before."""
        at, today = self.local(moment), self.local(now).date()
        if at.date() == today:
            return f"{at:%H:%M}"
        if at.date() == today - timedelta(days=1):
            return f"昨 {at:%H:%M}" if self._at == 0 else f"yest. {at:%H:%M}"
        return f"{at:%m-%d %H:%M}"

    def day(self, moment: datetime) -> str:
        """Say a day: month, day and weekday."""
        at = self.local(moment)
        return f"{at:%m-%d} {(WEEKDAYS_ZH, WEEKDAYS_EN)[self._at][at.weekday()]}"

    def stamp(self, moment: datetime) -> str:
        """Say date, weekday and time to the second."""
        at = self.local(moment)
        return f"{at:%Y-%m-%d} {(WEEKDAYS_ZH, WEEKDAYS_EN)[self._at][at.weekday()]} {at:%H:%M:%S}"
