"""How whoever guesses, or asks without end, is made to wait: by address, and in it by what the question is about."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import Request, Response

from provisioning.fleet.kiosk_door.answer import as_json
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result
from telemetry.fleet.accounts.patience import Patience
from telemetry.fleet.web.who import address_of


class Slowing:
    """The counts of some routes. Belongs to the loop; memory is bounded."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        """Begin with nothing counted; ``now`` is the server's clock."""
        self._patience = Patience(key=secrets.token_bytes(32))
        self._now = now

    def must_wait(self, request: Request, about: str) -> Response | None:
        """Return the answer for whoever has to wait; None for whoever may ask."""
        return _too_often(self._patience.wait(name=_place(request, about), address=address_of(request), now=self._now()))

    def must_wait_known(self, serial: str) -> Response | None:
        """Return the answer for a machine that has asked too often itself, wherever from; None where it may ask."""
        return _too_often(self._patience.wait(name="", address="", browser=serial, now=self._now()))

    def count(self, request: Request, about: str) -> None:
        """Count a question."""
        self._patience.mistaken(name=_place(request, about), address=address_of(request), now=self._now())

    def count_known(self, serial: str) -> None:
        """Count a question of a machine that has shown which one it is; it counts for nobody else."""
        self._patience.mistaken(name="", address="", browser=serial, now=self._now())


def _too_often(wait: timedelta) -> Response | None:
    if not wait:
        return None
    told = EnrolmentTold(result=Result.REFUSED, reason=Refusal.TOO_OFTEN, again_s=int(wait.total_seconds()) + 1)
    return as_json(told, 429, {"Retry-After": str(told.again_s)})


def _place(request: Request, about: str) -> str:
    return f"{address_of(request)} {about}"
