"""Everything about people on the web: signing in, one's own account, everybody's accounts, the audit."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import Engine

from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.accounts.signing_in import SigningIn
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.web import account_pages, audit_pages, own_account, sign_in
from telemetry.fleet.web.admission import Admissions
from telemetry.fleet.web.desk import OfKiosk
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.render import Pages


def router(
    engine: Engine,
    pages: Pages,
    *,
    rules: Rules,
    lasting: Lasting,
    passwords: Passwords,
    admissions: Admissions,
    catalogue: FaultWords,
    metrics: Metrics,
    of_kiosk: OfKiosk | None,
    now: Callable[[], datetime],
) -> APIRouter:
    """Return their routes; who guesses a password, wherever, is counted in one place."""
    signing_in = SigningIn(engine, passwords, lasting=lasting, outcomes=metrics.sign_ins)
    routes = APIRouter(include_in_schema=False)
    routes.include_router(
        sign_in.router(engine, pages, rules=rules, kept=lasting.kept, signing_in=signing_in, admissions=admissions, now=now)
    )
    routes.include_router(
        own_account.router(
            engine,
            pages,
            rules=rules,
            lasting=lasting,
            passwords=passwords,
            signing_in=signing_in,
            admissions=admissions,
            now=now,
        )
    )
    routes.include_router(account_pages.router(engine, pages, passwords=passwords, now=now))
    routes.include_router(audit_pages.router(engine, pages, catalogue, of_kiosk=of_kiosk, now=now))
    return routes
