"""Whom a cookie or a bearer token lets in: asked of the store at every request, remembered only for when it is away."""

import contextlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.accounts import programs, sessions
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.accounts.sessions import Lasting, Session

MOST_REMEMBERED = 1_000
REMEMBERED_FOR = timedelta(minutes=15)
"""While the store is away, who was in so lately may go on looking: that is when people look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Somebody who is in, with what their forms must carry."""

    person: Person
    csrf: str
    token: str


class Admissions:
    """Asks the store who somebody is. Any thread may use it."""

    def __init__(self, engine: Engine, *, lasting: Lasting) -> None:
        self._engine = engine
        self._lasting = lasting
        self._seen: OrderedDict[str, tuple[datetime, Admission]] = OrderedDict()
        self._lock = Lock()  # guards what is remembered

    def of_session(self, token: str, *, is_use: bool, may_remember: bool, now: datetime) -> Admission | None:
        """Return whose session it is; None when it has ended.

        Args:
            token: The cookie.
            is_use: Somebody touched something, so idleness begins anew.
            may_remember: While the store is away, take the answer it gave before.
            now: Server's clock.

        Raises:
            SQLAlchemyError: The store is away, and nothing is remembered that would do.
        """
        key = sessions.digest(token)
        try:
            found = self._ask(token, is_use=is_use, now=now)
        except SQLAlchemyError:
            with self._lock:
                seen_at, admission = self._seen.get(key, (now, None))
            if not may_remember or admission is None or now - seen_at > REMEMBERED_FOR:
                raise
            return admission
        with self._lock:
            self._seen.pop(key, None)
            if found is None:
                return None
            admission = Admission(person=found.person, csrf=found.csrf, token=token)
            self._seen[key] = (now, admission)
            if len(self._seen) > MOST_REMEMBERED:
                self._seen.popitem(last=False)
        return admission

    def of_program(self, token: str) -> Person | None:
        """Return which program shows this token.

        Raises:
            SQLAlchemyError: The store is away.
        """
        with self._engine.connect() as connection:
            return programs.find(connection, token)

    def forget(self, token: str) -> None:
        """Forget a session that was ended."""
        with self._lock:
            self._seen.pop(sessions.digest(token), None)

    def _ask(self, token: str, *, is_use: bool, now: datetime) -> Session | None:
        with self._engine.connect() as connection:
            found = sessions.find(connection, token, lasting=self._lasting, now=now)
        if found is not None and is_use and sessions.is_due(found, now=now):
            # Who looks is not kept out because the store can only be read just now.
            with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
                sessions.touch(connection, token, now=now)
        return found
