"""Commands: the closed list of what the bureau may have one kiosk do at once, and whether one that came is to be done. Pure.

A command names whom it is for, when it ends to be meant, and a counter and a nonce that let it count once. It travels in a signed
envelope of the kind ``KIND`` and is strict: what is not on the list, or has a word too many, is refused whole.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

KIND = "application/vnd.zhizhu.command+json"
"""What a command is called in its envelope."""

LONGEST_LIFE = timedelta(days=7)
"""From issued to expired; who was away for longer is told anew, by somebody who still means it."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of a kiosk's clock the server's may be."""
KEPT_NONCES = 256
"""Nonces a kiosk remembers; the counter alone already lets nothing count twice."""

MAX_COUNTER = 2**63 - 1
LONGEST_TEXT = 48
"""Signs of a notice: three lines of letters that can be read from afar."""
LONGEST_NOTICE = timedelta(days=31)
MOST_LOG_BYTES = 8_388_608

_NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$"
_DEVICE = r"^[a-z0-9][a-z0-9_-]{0,63}$"


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the calendar") from error


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("one line of text that can be shown")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Device = Annotated[str, Field(pattern=_DEVICE)]
Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
NoticeText = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_printable)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class SelfTest(_Strict):
    """Test every device now, as at dawn."""

    do: Literal["self-test"] = "self-test"


class RestartCore(_Strict):
    """End the core in order; whoever supervises it starts it again."""

    do: Literal["restart-core"] = "restart-core"


class RestartDisplay(_Strict):
    """Start the display's process anew."""

    do: Literal["restart-display"] = "restart-display"


class RestartMachine(_Strict):
    """Start the whole machine anew."""

    do: Literal["restart-machine"] = "restart-machine"


class ReopenDevice(_Strict):
    """Close one device and open it again."""

    do: Literal["reopen-device"] = "reopen-device"
    device: Device


class PowerCycleDevice(_Strict):
    """Take the power off the port of one device for a moment, where the hub can."""

    do: Literal["power-cycle-device"] = "power-cycle-device"
    device: Device


class PurgePrintQueue(_Strict):
    """Cancel whatever waits at the printers."""

    do: Literal["purge-print-queue"] = "purge-print-queue"


class SendLogs(_Strict):
    """Send the log, without anything personal, as one bundle of at most so many bytes."""

    do: Literal["send-logs"] = "send-logs"
    most_bytes: Annotated[int, Field(ge=65_536, le=MOST_LOG_BYTES)] = 2_097_152


class ShowNotice(_Strict):
    """Show a notice on the first page until a moment; an earlier one goes."""

    do: Literal["show-notice"] = "show-notice"
    text: NoticeText
    until: Moment


class EnterMaintenance(_Strict):
    """Serve nobody until a moment, and say why."""

    do: Literal["enter-maintenance"] = "enter-maintenance"
    until: Moment
    why: Words


class LeaveMaintenance(_Strict):
    """Serve again."""

    do: Literal["leave-maintenance"] = "leave-maintenance"


class RotateKey(_Strict):
    """Make a new key for this kiosk's identity and have it certified."""

    do: Literal["rotate-key"] = "rotate-key"


Order = Annotated[
    SelfTest
    | RestartCore
    | RestartDisplay
    | RestartMachine
    | ReopenDevice
    | PowerCycleDevice
    | PurgePrintQueue
    | SendLogs
    | ShowNotice
    | EnterMaintenance
    | LeaveMaintenance
    | RotateKey,
    Field(discriminator="do"),
]

DISTURBING = (
    SelfTest, RestartCore, RestartDisplay, RestartMachine, ReopenDevice, PowerCycleDevice, PurgePrintQueue, EnterMaintenance,
)  # fmt: skip
"""What a villager at the kiosk would notice: waits until nobody is there."""


class Command(_Strict):
    """One order to one kiosk.

    Attributes:
        id: What its outcome is reported under.
        county: Whom it is for, with ``kiosk``; nobody else obeys it.
        counter: Of this kiosk's commands; greater than that of every command before.
        nonce: Said once.
        issued_at: When it was signed.
        expires_at: From when on it is not meant any more, at most a week later.
        order: What is to be done.
    """

    v: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    county: Annotated[str, Field(pattern=_NAME)]
    kiosk: Annotated[str, Field(pattern=_NAME)]
    counter: Annotated[int, Field(ge=1, le=MAX_COUNTER)]
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    issued_at: Moment
    expires_at: Moment
    order: Order

    @model_validator(mode="after")
    def _is_sensible(self) -> Self:
        if not timedelta(0) < self.expires_at - self.issued_at <= LONGEST_LIFE:
            raise ValueError(f"expires_at must be after issued_at, by at most {LONGEST_LIFE.days} days")
        lasts = self.order.until - self.issued_at if isinstance(self.order, ShowNotice | EnterMaintenance) else LONGEST_NOTICE
        if not timedelta(0) < lasts <= LONGEST_NOTICE:
            raise ValueError(f"until must be after issued_at, by at most {LONGEST_NOTICE.days} days")
        return self

    @property
    def is_disturbing(self) -> bool:
        """Whether it has to wait until nobody is at the kiosk."""
        return isinstance(self.order, DISTURBING)


class CommandError(Exception):
    """The bytes are no command; the message says where and why."""


def read(payload: bytes) -> Command:
    """Read the payload of an envelope.

    Raises:
        CommandError: It is no command of this list, or one word of it is out of bounds.
    """
    try:
        return Command.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "command"
        raise CommandError(f"{place[:100]}: {first['msg'][:200]}") from None


def write(command: Command) -> bytes:
    """Return the payload of an envelope."""
    return command.model_dump_json().encode()


class Outcome(StrEnum):
    """What became of a command, as the kiosk reports it."""

    WAITING = "waiting"
    """It has it, and waits for the villager to go; no end yet."""
    DONE = "done"
    REFUSED = "refused"
    """It is not to be done; nothing was changed."""
    FAILED = "failed"
    """It was tried."""
    EXPIRED = "expired"
    """Its time ran out before it could be begun."""
    UNKNOWN = "unknown"
    """The power went while it was being done; it is never done again by itself."""


ENDS = frozenset(Outcome) - {Outcome.WAITING}
REPORT = "command.reported"
"""The event an outcome travels as: ``id``, ``do``, ``counter``, ``outcome``, ``reason``, ``detail``."""


class Refusal(StrEnum):
    """Why a command is not to be done; the word is reported."""

    OTHER_COUNTY = "other_county"
    OTHER_KIOSK = "other_kiosk"
    REPLAYED = "replayed"
    """It, or one after it, has already counted."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """Issued in the future, says a clock that can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Which commands have counted at this kiosk.

    Attributes:
        counter: Greatest so far, 0 before the first.
        nonces: The last ones.
        after: What was known before is lost (a spoilt file): nothing issued before this moment counts any more.
    """

    counter: int = 0
    nonces: Collection[str] = ()
    after: datetime | None = None


def judge(
    command: Command, *, county: str, kiosk: str, counted: Counted, now: datetime, clock_is_trusted: bool
) -> Refusal | None:
    """Say why a command is not to be done here and now; None when it is.

    A clock nobody has confirmed may be behind (an empty battery): then the signed time is believed. It is never believed to be
    ahead: what looks expired is refused, and who asked is told what the kiosk's clock says.
    """
    if command.county != county:
        return Refusal.OTHER_COUNTY
    if command.kiosk != kiosk:
        return Refusal.OTHER_KIOSK
    if command.counter <= counted.counter or command.nonce in counted.nonces:
        return Refusal.REPLAYED
    if counted.after is not None and command.issued_at < counted.after:
        return Refusal.REPLAYED
    if now >= command.expires_at:
        return Refusal.EXPIRED
    if clock_is_trusted and command.issued_at > now + CLOCK_SKEW:
        return Refusal.NOT_YET
    return None


def left(command: Command, *, now: datetime) -> timedelta:
    """Return how long a command is still meant; a clock that is behind gives it no more than it was given when it was signed."""
    return command.expires_at - max(now, command.issued_at)
