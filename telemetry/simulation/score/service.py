"""The fleet's API, as a program reads it: every alarm, incident and ticket it ever kept, a page at a time."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

TIMEOUT_S = 30.0
PAGE = 5_000

Row = dict[str, Any]


class ServiceError(Exception):
    """The service does not answer, or not as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the service says happened."""

    occurrences: tuple[Row, ...]
    alarms: tuple[Row, ...]
    incidents: tuple[Row, ...]
    tickets: tuple[Row, ...]


class Service:
    """Reads one service. Blocking."""

    def __init__(self, url: str, *, token: str = "") -> None:
        """Prepare.

        Args:
            url: ``http://host:port``.
            token: A program's bearer token; empty where nobody signs in.

        Raises:
            ServiceError: ``url`` is no such thing.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ServiceError(f"{url!r} is not http://host:port")
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def records(self) -> Records:
        """Read everything. Raises ServiceError."""
        return Records(
            occurrences=self._all("occurrences"),
            alarms=self._all("alarms"),
            incidents=self._all("incidents"),
            tickets=self._all("tickets"),
        )

    def _all(self, name: str) -> tuple[Row, ...]:
        rows: list[Row] = []
        while True:
            page = self._page(name, after=rows[-1]["id"] if rows else 0)
            rows.extend(page)
            if len(page) < PAGE:
                return tuple(rows)

    def _page(self, name: str, *, after: int) -> list[Row]:
        address = f"{self._url}/api/v1/records/{name}?{urlencode({'after': after, 'limit': PAGE})}"
        try:
            with urlopen(Request(address, headers=self._headers), timeout=TIMEOUT_S) as answer:  # noqa: S310  checked above
                found = json.load(answer)
        except HTTPError as error:
            hint = ": name a program's token with --token-file" if error.code == 401 else ""
            raise ServiceError(f"{address}: HTTP {error.code}{hint}") from error
        except (URLError, OSError) as error:
            raise ServiceError(f"{address}: {getattr(error, 'reason', error)}") from error
        except ValueError as error:
            raise ServiceError(f"{address}: no JSON") from error
        if not isinstance(found, list):
            raise ServiceError(f"{address}: no list")
        return found


def moment(row: Row, name: str) -> datetime | None:
    """Return a time of a row, None where there is none. Raises ServiceError when it is no time."""
    said = row.get(name)
    if said is None:
        return None
    try:
        return datetime.fromisoformat(said)
    except (TypeError, ValueError) as error:
        raise ServiceError(f"{name}: {said!r} is no time") from error
