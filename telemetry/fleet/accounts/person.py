"""Who somebody is to the fleet service, and what that lets them do. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    """Looks."""
    MAINTAINER = "maintainer"
    """Goes out and mends, in own areas."""
    DISPATCHER = "dispatcher"
    """Says who goes where, hushes what is planned."""
    BUREAU = "bureau"
    """Everything, accounts too."""
    AUDITOR = "auditor"
    """Looks at everything that was done, and does nothing."""


class Act(StrEnum):
    """What may be asked of the service; the word stands in the audit."""

    LOOK = "look"
    ACKNOWLEDGE = "alarm.acknowledge"
    SHELVE = "alarm.shelve"
    UNSHELVE = "alarm.unshelve"
    PLAN_MAINTENANCE = "maintenance.plan"
    END_MAINTENANCE = "maintenance.end"
    OPEN_TICKET = "ticket.open"
    TAKE_TICKET = "ticket.acknowledge"
    DISPATCH = "ticket.dispatch"
    ARRIVE = "ticket.arrive"
    FIX = "ticket.fix"
    CLOSE_TICKET = "ticket.close"
    NOTE_COMPLAINT = "complaint.note"
    EXPORT = "export"
    IMPORT_EQUIPMENT = "equipment.import"
    MANAGE_ACCOUNTS = "account.manage"
    READ_AUDIT = "audit.read"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    CHANGE_PASSWORD = "password.change"  # noqa: S105  # the word for the act
    END_SESSION = "session.end"
    ENROL = "kiosk.enrol"
    """Bring a serial into the list, make its code, approve or refuse who asks."""
    QUARANTINE = "kiosk.quarantine"
    """Shut a kiosk out, or let it in again after a person has looked."""
    RETIRE = "kiosk.retire"
    CHANGE_CONFIG = "config.change"
    """Write a layer, as a draft."""
    APPROVE_CONFIG = "config.approve"
    ADD_RELEASE = "release.add"
    ROLL_OUT = "release.roll_out"
    """Begin, pause, resume, cancel a rollout, or roll it back."""
    APPROVE_ROLLOUT = "rollout.approve"
    SEND_COMMAND = "command.send"
    APPROVE_COMMAND = "command.approve"
    TURN_KEYS = "key.turn"
    """Make, renew or withdraw a key of the service itself."""
    ANCHOR_AUDIT = "audit.anchor"
    BACK_UP = "store.backup"
    RESTORE = "store.restore"
    PRUNE = "store.prune"


_LOOKING = frozenset({Act.LOOK, Act.EXPORT, Act.SIGN_IN, Act.SIGN_OUT, Act.CHANGE_PASSWORD, Act.END_SESSION})
_MENDING = _LOOKING | {Act.ACKNOWLEDGE, Act.OPEN_TICKET, Act.TAKE_TICKET, Act.ARRIVE, Act.FIX, Act.NOTE_COMPLAINT}
_DISPATCHING = _MENDING | {
    Act.SHELVE, Act.UNSHELVE, Act.PLAN_MAINTENANCE, Act.END_MAINTENANCE, Act.DISPATCH, Act.CLOSE_TICKET,
}  # fmt: skip

_STEERING = frozenset({
    Act.ENROL, Act.QUARANTINE, Act.RETIRE, Act.CHANGE_CONFIG, Act.APPROVE_CONFIG, Act.ADD_RELEASE, Act.ROLL_OUT,
    Act.APPROVE_ROLLOUT, Act.SEND_COMMAND, Act.APPROVE_COMMAND, Act.TURN_KEYS,
})  # fmt: skip
"""Who may approve is asked beside: never whoever asked for it."""

_KEEPING = frozenset({Act.ANCHOR_AUDIT, Act.BACK_UP, Act.RESTORE, Act.PRUNE})
"""What is done to the store from the server's own shell."""

MAY = {
    Role.VIEWER: _LOOKING,
    Role.MAINTAINER: _MENDING,
    Role.DISPATCHER: _DISPATCHING | {Act.SEND_COMMAND},
    Role.BUREAU: _DISPATCHING | _STEERING | _KEEPING | {Act.MANAGE_ACCOUNTS, Act.READ_AUDIT, Act.IMPORT_EQUIPMENT},
    Role.AUDITOR: _LOOKING | {Act.READ_AUDIT},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in. Empty ``counties`` or ``areas``: all of them."""

    name: str
    full_name: str
    role: Role
    counties: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()

    def sees(self, county: str) -> bool:
        """Say whether a county's kiosks are any business of theirs."""
        return not self.counties or county in self.counties

    def covers(self, other: "Person") -> bool:
        """Say whether they see, and may act in, everything the other does: nobody gives away more than they have."""
        return _covers(self.counties, other.counties) and _covers(self.areas, other.areas)

    def may(self, act: Act, *, county: str = "", area: str = "") -> bool:
        """Say whether they may do this, to something of this county and area; empty means of none in particular."""
        if act not in MAY[self.role]:
            return False
        if county and not self.sees(county):
            return False
        return not area or not self.areas or area in self.areas


def _covers(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return not mine or (bool(theirs) and theirs <= mine)


COMMAND_LINE = Person(name="zhizhu-fleet", full_name="命令行", role=Role.BUREAU)
"""Whoever has a shell on the server; no account may have this name."""
