"""What each page last showed, for when the store is away: bounded, for whoever may see the same, never without its moment."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import urlencode

from fastapi import Request

from telemetry.fleet.accounts.person import Person

MOST_KEPT = 100
"""Pages remembered: the overview, the lists and the kiosks people look at, for a few scopes."""
OF_THE_FLEET = ("alarms", "incidents", "kiosks", "map", "round", "tickets", "wall")
"""First words of the pages that are kept, beside the overview; never one that shows a person's own things."""
_TASTE = frozenset({"lang", "theme", "format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a page was last filled with, and when that was true."""

    template: str
    context: Mapping[str, object]
    at: datetime


class KeptPages:
    """Remembers what was shown. Any thread may use it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()  # guards what is remembered

    def note(self, address: str, person: Person | None, template: str, context: Mapping[str, object]) -> None:
        """Remember what a page is filled with, if it is one of the fleet's; the page longest unused is forgotten."""
        at = context.get("now")
        if not address or person is None or not isinstance(at, datetime):
            return
        key = _key(address, person)
        with self._lock:
            self._kept[key] = Kept(template=template, context=context, at=at)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def find(self, address: str, person: Person | None) -> Kept | None:
        """Return what this page last showed to anybody with the same rights."""
        if not address or person is None:
            return None
        with self._lock:
            return self._kept.get(_key(address, person))


def address_of(request: Request) -> str:
    """Return which page is looked at, whole or as a fragment, in whatever language; empty for what is not kept."""
    if request.method != "GET" or request.query_params.get("format", "html") != "html":
        return ""
    path = request.url.path.removeprefix("/fragments")
    path = "/" if path == "/overview" else path
    if path != "/" and path.split("/")[1] not in OF_THE_FLEET:
        return ""
    asked = sorted((name, value) for name, value in request.query_params.multi_items() if value and name not in _TASTE)
    return f"{path}?{urlencode(asked)}"


def _key(address: str, person: Person) -> Hashable:
    return address, person.role, person.counties, person.areas
