"""In which browsers an account was signed in before: there its owner's mistakes are counted apart from strangers' guesses."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from telemetry.fleet.accounts.sessions import TOKEN_BYTES, digest
from telemetry.fleet.store.schema import browser

KEPT = 20
"""Browsers remembered for one account; the one longest unused is forgotten first."""


def new_token() -> str:
    """Return what a browser is known by."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def knows(connection: Connection, name: str, token: str) -> bool:
    """Whether this account was signed in before in the browser that sends this."""
    question = select(browser.c.account).where(browser.c.token_hash == digest(token), browser.c.account == name)
    return bool(token) and connection.execute(question).first() is not None


def remember(connection: Connection, name: str, token: str, *, now: datetime) -> None:
    """Write that the account was used in this browser now."""
    row = (browser.c.token_hash == digest(token)) & (browser.c.account == name)
    if connection.execute(update(browser).where(row).values(used_at=now)).rowcount == 0:
        connection.execute(insert(browser).values(token_hash=digest(token), account=name, used_at=now))
    latest = select(browser.c.token_hash).where(browser.c.account == name).order_by(browser.c.used_at.desc()).limit(KEPT)
    kept = connection.execute(latest).scalars().all()
    connection.execute(delete(browser).where(browser.c.account == name, browser.c.token_hash.not_in(kept)))


def forget(connection: Connection, name: str) -> None:
    """Forget every browser of an account, when somebody else may have had its password."""
    connection.execute(delete(browser).where(browser.c.account == name))
