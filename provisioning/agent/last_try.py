"""How the last try to have this kiosk's certificate renewed went, kept for whoever stands in front of it. Blocking."""

from dataclasses import dataclass
from datetime import datetime

from kiosk.upkeep.kept_file import read_kept, write_kept
from provisioning.agent.identity import IdentityFolder
from provisioning.agent.refusal_words import said
from provisioning.wire.identity import subject_of

FILE = "renewal.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTry:
    """One that came to nothing. ``number`` is of the certificate that was to be renewed."""

    number: str
    reason: str
    since: datetime


def keep(folder: IdentityFolder, tried: LastTry) -> None:
    """Keep it in place of the one before. Raises OSError."""
    write_kept(folder.state / FILE, {"number": tried.number, "reason": tried.reason, "since": tried.since.isoformat()})


def kept(folder: IdentityFolder) -> LastTry | None:
    """Return it; None where there was none, or none that can be read. Raises OSError."""
    match read_kept(folder.state / FILE):
        case {"number": str(number), "reason": str(reason), "since": str(since)}:
            try:
                return LastTry(number=number, reason=reason, since=datetime.fromisoformat(since))
            except ValueError:
                return None
        case _:
            return None


def described(folder: IdentityFolder, *, now: datetime) -> str:
    """Return who this kiosk is, until when, and why it is not renewed, in lines for a technician.

    Raises:
        IdentityError: What lies there cannot be used; the message says why.
        OSError: The disk does not answer.
    """
    identity = folder.read()
    if identity is None:
        return "never let in: zhizhu-kiosk enrol"
    bearer, until = identity.bearer, f"{identity.bearer.valid_until.astimezone():%Y-%m-%d}"
    is_over = now >= bearer.valid_until
    lines = [
        f"let in as {subject_of(identity.kiosk)}",
        f"    certificate {bearer.number}, {'ended' if is_over else 'until'} {until}",
    ]
    tried = kept(folder)
    if tried is not None and tried.number == bearer.number:
        lines.append(f"not renewed since {tried.since.astimezone():%Y-%m-%d %H:%M}: {said(tried.reason)}")
    return "\n".join(lines)
