"""Words of the page of enrolments."""

from collections.abc import Mapping

from provisioning.fleet import clone_book
from provisioning.fleet.registry.decision import Clone

STANDINGS: Mapping[str, tuple[str, str]] = {
    "listed": ("待启用", "not yet in"),
    "waiting": ("等待批准", "waits"),
    "active": ("已入网", "in"),
    "quarantined": ("已隔离", "shut out"),
    "retired": ("已退役", "retired"),
}
WHYS: Mapping[str, tuple[str, str]] = {
    "unnamed": ("清单里没有写它是哪台终端", "the list does not say which kiosk it is"),
    "again": ("这台机器以前入过网，可能换了硬盘", "it was in before; perhaps its disk was replaced"),
    "other_board": ("序列号相同，主板不同：换过主板，或者有人冒用", "the same serial on another board: a repair, or an impostor"),
    "other_machine": ("这台终端现在是另一台机器；批准后旧机器退役", "another machine is this kiosk; approving retires that one"),
    "quarantined": (
        "这台终端已隔离；批准就是认定这台机器",
        "the kiosk is shut out; approving says that this is the right machine",
    ),
    "came_back": (
        "证书已过期，旧密钥是对的。打电话到村里，确认终端在原处再批准",
        "its certificate ended, its old key is right. Call the village before you let it in: is the kiosk where it was?",
    ),
}
REASONS: Mapping[str, tuple[str, str]] = {
    Clone.OLD_CERTIFICATE.value: (
        "换新以后，旧证书又被用来申请：同一身份在两处",
        "an old certificate was shown after its renewal had been used: one identity in two places",
    ),
    Clone.OTHER_BOARD.value: (
        "另一块主板用它的证书申请换新：同一身份在两处",
        "another board asked for the next certificate: one identity in two places",
    ),
    Clone.TWO_RETURNS.value: (
        "同一张过期证书，两个密钥先后来申请：同一身份在两处",
        "two came back with one certificate that had ended: one identity in two places",
    ),
    clone_book.OTHER_BOARD: (
        "另一块主板在用这个身份：同一身份在两处",
        "another board shows this identity: one identity in two places",
    ),
    clone_book.LIVES: ("两台机器以同一身份在线", "two machines live as one"),
    "by hand": ("由命令行隔离", "by hand"),
}
"""Why a kiosk was shut out, where the service itself saw it; anything else is what a person wrote."""
REFUSALS: Mapping[str, tuple[str, str]] = {
    "retired": ("已退役，要先恢复。", "It is retired; let it in again first."),
    "no_code": ("没有可作废的启用码。", "There is no code that could still be used."),
    "unnamed": ("要先写明它是哪台终端。", "Say first which kiosk it becomes."),
    "decided": ("已经有人处理过了。", "Somebody else has decided already."),
    "not_in": ("它现在不在网内。", "It is not in."),
    "is_in": ("它已经在网内。", "It is in already."),
    "overtaken": (
        "它回来以后，这台终端又换了证书或已退役；请拒绝这条申请。",
        "Since it came back the kiosk got another certificate, or was given up; refuse this one.",
    ),
    "name_taken": ("这个终端编号已属于另一台机器，要先让那台退役。", "Another machine is that kiosk; retire it first."),
    "unknown_serial": ("清单里没有这个序列号。", "That serial number is not in the list."),
    "never_in": ("它从未入网。", "It was never in."),
    "name": ("终端编号由字母、数字和连字符组成，最多 32 个。", "A kiosk's name is letters, digits and hyphens, at most 32."),
}

WORDS: Mapping[str, tuple[str, str]] = {
    "enrolment": ("入网登记", "Enrolment"),
    "enrolment_in": ("已入网", "In"),
    "enrolment_listed": ("待启用", "Not yet in"),
    "enrolment_waits": ("等待批准", "Waiting"),
    "enrolment_out": ("已隔离", "Shut out"),
    "enrolment_codes": ("可用启用码", "Codes out"),
    "enrolment_ca": ("证书机构有效至 {until}", "The fleet's CA lasts until {until}"),
    "enrolment_no_ca": (
        "还没有证书机构，终端无法入网。请在服务器上运行下面这行，然后重启服务。",
        "There is no CA yet, so no kiosk can come in. Run this line on the server, then start the service again.",
    ),
    "enrolment_queue": ("等待批准的机器", "Machines waiting for a person"),
    "enrolment_queue_sub": ("启用码或旧密钥正确，仍需有人认定", "their code, or their old key, was right; somebody has to look"),
    "enrolment_queue_none": (
        "没有机器在等。清单里写明终端编号的机器凭启用码直接入网。",
        "Nobody waits. A machine whose kiosk the list names comes in by its code alone.",
    ),
    "enrolment_asked": ("{ago}前首次申请", "asked {ago} ago"),
    "enrolment_heard": ("最近 {ago}前", "last heard {ago} ago"),
    "enrolment_away": ("离线 {days} 天后回来", "came back after {days} days away"),
    "enrolment_away_since": (
        "最后一次联系 {heard}，证书过期 {over} 天",
        "silent since {heard}, its certificate {over} days over",
    ),
    "enrolment_becomes": ("终端编号", "becomes kiosk"),
    "enrolment_board": ("主板 {board}", "board {board}"),
    "enrolment_board_unknown": ("主板未报", "board not told"),
    "enrolment_approve": ("批准入网", "Let in"),
    "enrolment_refuse": ("拒绝", "Refuse"),
    "enrolment_contested": (
        "{serial} 的启用码已用过，{ago}前又有另一台机器出示。请核实哪台是真的。",
        "The code of {serial} had been used when another machine showed it {ago} ago. Find out which one is right.",
    ),
    "enrolment_shut_out": ("已隔离的终端", "Kiosks shut out"),
    "enrolment_shut_out_sub": (
        "证书不再有效，经纪与更新都拒绝它",
        "their certificates open nothing, neither the broker nor the updates",
    ),
    "enrolment_readmit": ("恢复入网", "Let in again"),
    "enrolment_retire": ("退役", "Retire"),
    "enrolment_quarantine": ("隔离", "Shut out"),
    "enrolment_reason": ("原因", "Why"),
    "enrolment_machines": ("机器清单", "Machines"),
    "enrolment_serial": ("序列号", "Serial number"),
    "enrolment_kiosk": ("终端", "Kiosk"),
    "enrolment_unnamed": ("待定", "not named"),
    "enrolment_state": ("状态", "State"),
    "enrolment_certificate": ("证书", "Certificate"),
    "enrolment_until": ("剩 {left} 天", "{left} days left"),
    "enrolment_over": ("已过期 {days} 天", "ended {days} days ago"),
    "enrolment_used": ("最近使用", "Last used"),
    "enrolment_never_used": ("未用过", "never"),
    "enrolment_make": ("发启用码", "Make a code"),
    "enrolment_acts": ("处理", "Act"),
    "enrolment_has_code": ("启用码 {left} 后失效", "code for another {left}"),
    "enrolment_withdraw": ("作废", "Withdraw"),
    "enrolment_none": ("没有符合条件的机器。", "No machine is like that."),
    "enrolment_list_none": (
        "清单是空的。把供货商给的序列号导入：",
        "The list is empty. Import the serial numbers of the delivery:",
    ),
    "enrolment_shown": ("显示 {n} / {of}", "{n} of {of} shown"),
    "enrolment_ages": ("证书年龄", "Ages of certificates"),
    "enrolment_ages_sub": ("有效 90 天，满 60 天自动换新", "good for 90 days, renewed by itself after 60"),
    "enrolment_ages_none": ("还没有证书。", "No certificates yet."),
    "enrolment_ages_all": ("{n} 张证书，最老 {oldest} 天", "{n} certificates, the oldest {oldest} days"),
    "enrolment_ages_late": (
        "其中 {n} 张早该换新：终端离线，或换新失败",
        "{n} should have been renewed long ago: silent, or refused",
    ),
    "enrolment_day": ("天", "d"),
    "enrolment_renew_mark": ("换新", "renewed"),
    "enrolment_outstanding": ("可用的启用码", "Codes that may be used"),
    "enrolment_outstanding_none": ("没有未用的启用码。", "No code is out."),
    "enrolment_outstanding_sub": ("系统不保存启用码本身", "the code itself is nowhere kept"),
    "enrolment_code_made": ("{serial} 的启用码", "Code of {serial}"),
    "enrolment_code_once": (
        "只在这里显示这一次，离开本页就再也看不到。{hours} 小时内有效，只能用一次。",
        "Shown here this once: leave the page and nobody sees it again. Good once, for {hours} hours.",
    ),
    "enrolment_code_how": (
        "可直接打印本页作凭条。在机柜内运行 zhizhu-kiosk enrol，输入或扫描。",
        "Print this page as the slip. Inside the cabinet: zhizhu-kiosk enrol, then type or scan it.",
    ),
    "enrolment_said_approved": ("已批准 {about} 入网。", "{about} is let in."),
    "enrolment_said_refused": ("已拒绝 {about}。", "{about} is refused."),
    "enrolment_said_withdrawn": ("{about} 的启用码已作废。", "The code of {about} is worth nothing now."),
    "enrolment_said_quarantine": ("{about} 已隔离。", "{about} is shut out."),
    "enrolment_said_readmit": ("{about} 已恢复入网。", "{about} is let in again."),
    "enrolment_said_retire": ("{about} 已退役。", "{about} is retired."),
    "enrolment_foot": ("每一步都记入审计", "every act is in the audit"),
}
