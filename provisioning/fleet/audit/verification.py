"""Verification: whether the audit is what was written, by its chain and by every anchor there is a copy of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, func, select

from provisioning.fleet.audit.anchors import Anchor, AnchorError, read
from provisioning.wire.signatures import Trusted
from telemetry.fleet.accounts import audit_chain
from telemetry.fleet.accounts.audit_chain import Ends, Finding, check
from telemetry.fleet.store.schema import audit

MOST_FINDINGS = 50
"""Of the chain: who has changed thousands of rows is named by the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found. ``anchored_until`` is the youngest place that a good anchor vouches for, 0 for none."""

    ends: Ends
    rows: int
    findings: tuple[Finding, ...]
    told: tuple[str, ...]
    anchors: int
    anchored_until: int

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and not self.told


def verify(connection: Connection, envelopes: Iterable[str], trusted: Trusted, *, now: datetime, kept_for: timedelta) -> Verdict:
    """Look along the whole chain, then hold every anchor against it.

    Args:
        connection: To the store.
        envelopes: Anchors, from the table and from files.
        trusted: Keys that are or were the service's.
        now: Server's clock.
        kept_for: How long rows are kept at least; younger ones that are gone were not pruned by us.
    """
    of = audit_chain.ends(connection)
    findings: list[Finding] = []
    for finding in check(audit_chain.rows(connection), of):
        findings.append(finding)
        if len(findings) >= MOST_FINDINGS:
            break
    anchors: list[Anchor] = []
    told: list[str] = []
    for number, envelope in enumerate(envelopes, start=1):
        try:
            anchors.append(read(envelope, trusted))
        except AnchorError as error:
            told.append(f"anchor {number}: {error}")
    hashes = _hashes(connection, anchors)
    good = [one for one in anchors if _stands(one, of, hashes)]
    told += _against(sorted(anchors, key=lambda one: (one.place, one.at)), of, hashes, now=now, kept_for=kept_for)
    return Verdict(
        ends=of,
        rows=connection.execute(select(func.count()).select_from(audit)).scalar_one(),
        findings=tuple(findings),
        told=tuple(told),
        anchors=len(anchors),
        anchored_until=max((one.place for one in good), default=0),
    )


def _hashes(connection: Connection, anchors: Iterable[Anchor]) -> Mapping[int, str]:
    places = sorted({one.place for one in anchors})
    hashes: dict[int, str] = {}
    for first in range(0, len(places), 500):
        some = select(audit.c.place, audit.c.hash).where(audit.c.place.in_(places[first : first + 500]))
        hashes |= {row.place: row.hash for row in connection.execute(some)}
    return hashes


def _stands(anchor: Anchor, of: Ends, hashes: Mapping[int, str]) -> bool:
    return hashes.get(anchor.place) == anchor.hash or (anchor.place, anchor.hash) == (of.pruned_place, of.pruned_hash)


def _against(anchors: list[Anchor], of: Ends, hashes: Mapping[int, str], *, now: datetime, kept_for: timedelta) -> list[str]:
    told = []
    last_good = 0
    for anchor in anchors:
        if anchor.place <= of.pruned_place:
            if now - anchor.at < kept_for:
                told.append(
                    f"places up to {anchor.place} are gone; the anchor of {_day(anchor)} says they are too young to be pruned"
                )
        elif _stands(anchor, of, hashes):
            last_good = anchor.place
        elif anchor.place > of.place:
            told.append(f"places {of.place + 1} to {anchor.place} are gone: the anchor of {_day(anchor)} was sealed over them")
        else:
            told.append(
                f"something between places {last_good + 1} and {anchor.place} was written anew after the anchor of {_day(anchor)}"
            )
    told += [
        f"two anchors of place {one.place} do not agree ({_day(one)}, {_day(other)}): the chain was written twice"
        for one, other in pairwise(anchors)
        if one.place == other.place and one.hash != other.hash
    ]
    return told


def _day(anchor: Anchor) -> str:
    return f"{anchor.at:%Y-%m-%d %H:%M:%SZ}"
