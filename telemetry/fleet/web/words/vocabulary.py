"""Our words for words off the wire: conditions, remedies, kinds of device, pages, events."""

from collections.abc import Mapping

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
OUTSIDERS: Mapping[str, tuple[str, str]] = {
    "POWER_COMPANY": ("供电公司", "Power company"),
    "CARRIER": ("线路运营商", "Carrier"),
    "DISPATCHER": ("调度先查原因", "Dispatcher"),
}
"""Who ends what many kiosks have lost at once; no fault of one kiosk is theirs."""
WHO_ENDS = {**REMEDIES, **OUTSIDERS}
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
    "closed": ("休息中", "Closed at this hour"),
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
    "message.unreadable": ("读不懂的消息，已跳过", "unreadable message, passed over"),
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
    "checked": ("检查", "checked"),
    "failed": ("没通过", "failed"),
    "subjects": ("哪些", "which"),
    "codes": ("代码", "codes"),
    "rung": ("做了什么", "tried"),
    "why": ("为什么", "why"),
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
