"""Who is asking: put on the request by whoever stands at the door, read by every page and every act."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from telemetry.fleet.accounts.person import Act, Person, Role

THIS_MACHINE = Person(name="local", full_name="本机", role=Role.BUREAU)
"""Whoever sits at the machine itself, where fleet.toml says that nobody needs to sign in; only on loopback."""


def present(request: Request) -> Person | None:
    """Return whom the door put on the request, or None on a page that is open to anybody."""
    person = getattr(request.state, "person", None)
    return person if isinstance(person, Person) else None


def address_of(request: Request) -> str:
    """Return where a request comes from, as far as the server can tell."""
    return request.client.host if request.client is not None else ""


def who(request: Request) -> Person:
    """Return who is asking (a FastAPI dependency).

    Raises:
        HTTPException: The door put nobody there: then nobody is let in.
    """
    person = present(request)
    if person is None:
        raise HTTPException(401, "sign in", headers={"WWW-Authenticate": "Bearer"})
    return person


Asking = Annotated[Person, Depends(who)]


def must(person: Person, act: Act, *, county: str = "", area: str = "") -> None:
    """Refuse with 403 unless they may do this.

    Raises:
        HTTPException: They may not; the page says who may.
    """
    if not person.may(act, county=county, area=area):
        raise HTTPException(403, act.value)
