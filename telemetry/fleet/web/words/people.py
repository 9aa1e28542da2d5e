"""Signing in, accounts, the audit, and who somebody is."""

from collections.abc import Mapping

ROLES: Mapping[str, tuple[str, str]] = {
    "viewer": ("查看", "viewer"),
    "maintainer": ("维护员", "maintainer"),
    "dispatcher": ("调度", "dispatcher"),
    "bureau": ("县局管理员", "bureau"),
    "auditor": ("审计员", "auditor"),
}

ACTS: Mapping[str, tuple[str, str]] = {
    "look": ("查看", "look"),
    "alarm.acknowledge": ("认领告警", "acknowledge an alarm"),
    "alarm.shelve": ("搁置告警", "shelve an alarm"),
    "alarm.unshelve": ("取消搁置", "take an alarm off the shelf"),
    "maintenance.plan": ("安排计划停机", "plan maintenance"),
    "maintenance.end": ("结束计划停机", "end maintenance"),
    "ticket.open": ("开工单", "open a ticket"),
    "ticket.acknowledge": ("接工单", "take a ticket"),
    "ticket.dispatch": ("派单", "dispatch a ticket"),
    "ticket.arrive": ("到场", "arrive"),
    "ticket.fix": ("修好", "fix"),
    "ticket.close": ("了结工单", "close a ticket"),
    "complaint.note": ("记投诉", "note a complaint"),
    "export": ("导出", "export"),
    "account.manage": ("管理账号", "manage accounts"),
    "audit.read": ("看审计", "read the audit"),
    "sign-in": ("登录", "sign in"),
    "sign-out": ("退出", "sign out"),
    "password.change": ("改口令", "change a password"),
    "session.end": ("结束登录", "end a session"),
}

RESULTS: Mapping[str, tuple[str, str]] = {
    "done": ("已做", "done"),
    "refused": ("被拒", "refused"),
    "lost": ("让先", "lost"),
}

WORDS: Mapping[str, tuple[str, str]] = {}
