"""Signing in: one answer, in the same time, for every reason not to let somebody in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit, browsers, register, sessions
from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.accounts.patience import Patience
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.accounts.sessions import Lasting, Opened

log = structlog.get_logger()

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody typed, and where."""

    name: str
    password: str
    address: str
    browser: str
    """What the browser is known by; empty for one never seen."""
    is_kept: bool
    session: str = ""
    """A session this browser still has; it ends, whoever it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """They are in."""

    name: str
    opened: Opened
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """They are not. ``wait`` is zero when another guess may be made at once; unjudged: this one came too soon to be looked at."""

    wait: timedelta
    is_unjudged: bool = False


class SigningIn:
    """Lets people in, or not. Any thread may use it; each attempt takes tens of milliseconds on purpose."""

    def __init__(self, engine: Engine, passwords: Passwords, *, lasting: Lasting, outcomes: Counter) -> None:
        """Prepare; ``outcomes`` counts tries at the door by ``outcome``: admitted, refused, told_to_wait."""
        self._engine = engine
        self._passwords = passwords
        self._lasting = lasting
        self._patience = Patience(key=secrets.token_bytes(32))
        self._outcomes = outcomes
        for outcome in ("admitted", "refused", "told_to_wait"):
            outcomes.labels(outcome=outcome)  # so that the first of them is an increase, too
        self._lock = Lock()  # guards the patience: attempts come on many threads

    def attempt(self, tried: Attempt, *, now: datetime) -> Admitted | Refused:
        """Judge one attempt, and write it down.

        Raises:
            SQLAlchemyError: The store cannot be asked; nobody is let in.
        """
        judged = self._judge(tried, now=now)
        outcome = "admitted" if isinstance(judged, Admitted) else "told_to_wait" if judged.is_unjudged else "refused"
        self._outcomes.labels(outcome=outcome).inc()
        return judged

    def _judge(self, tried: Attempt, *, now: datetime) -> Admitted | Refused:
        with self._engine.connect() as connection:
            found = register.find(connection, tried.name)
            name = found.person.name if found is not None else tried.name
            stored = register.password_hash(connection, name)
            browser = tried.browser if browsers.knows(connection, name, tried.browser) else ""
        place = {"name": name.lower(), "browser": f"{name}\0{browser}" if browser else ""}
        with self._lock:
            wait = self._patience.wait(**place, address=tried.address, now=now)
            if not wait:
                # Counted before it is judged, so that many guesses sent at once are not all free.
                self._patience.mistaken(**place, address=tried.address, now=now)
        if wait:
            return Refused(wait=wait, is_unjudged=True)
        if not self._passwords.matches(tried.password, stored) or found is None:
            return self._refuse(tried, found, place, now=now)
        with self._lock:
            self._patience.right(**place, address=tried.address, now=now)
        return self._admit(tried, name, now=now)

    def confirm(self, name: str, password: str, *, session: str, now: datetime) -> Refused | None:
        """Make sure that whoever is in knows the password too; None when they do. Guesses are counted as at the door.

        Raises:
            SQLAlchemyError: The store cannot be asked.
        """
        place = {"name": name, "address": "", "browser": f"confirms\0{session}"}
        with self._lock:
            wait = self._patience.wait(**place, now=now)
            if not wait:
                self._patience.mistaken(**place, now=now)
        if wait:
            return Refused(wait=wait)
        with self._engine.connect() as connection:
            stored = register.password_hash(connection, name)
        if not self._passwords.matches(password, stored):
            return Refused(wait=timedelta(0))
        with self._lock:
            self._patience.right(**place, now=now)
        return None

    def _refuse(self, tried: Attempt, found: register.Account | None, place: dict[str, str], *, now: datetime) -> Refused:
        with self._lock:
            wait = self._patience.wait(**place, address=tried.address, now=now)
        with self._engine.begin() as connection:
            # What was typed for a name nobody has may be a password: it is not written down.
            audit.note(
                connection,
                found.person if found is not None else None,
                Act.SIGN_IN,
                now=now,
                result="refused",
                detail="" if found is not None else "no such name",
                address=tried.address,
            )
        log.info("sign-in refused", account=found.person.name if found is not None else None, address=tried.address)
        return Refused(wait=wait)

    def _admit(self, tried: Attempt, name: str, *, now: datetime) -> Admitted | Refused:
        browser = tried.browser or browsers.new_token()
        with self._engine.begin() as connection:
            account = register.find(connection, name)
            if account is None or account.is_closed:
                return Refused(wait=timedelta(0))  # closed while the password was compared
            if tried.session:
                sessions.end(connection, tried.session)
            opened = sessions.open_session(
                connection, name, is_kept=tried.is_kept, address=tried.address, lasting=self._lasting, now=now
            )
            browsers.remember(connection, name, browser, now=now)
            audit.note(connection, account.person, Act.SIGN_IN, now=now, address=tried.address)
        log.info("signed in", account=name, address=tried.address)
        return Admitted(name=name, opened=opened, browser=browser)
